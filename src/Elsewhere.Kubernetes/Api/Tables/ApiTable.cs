using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Tables;

/// <summary>What a row says of its object.</summary>
internal enum RowObject
{
    /// <summary>Its metadata.</summary>
    Metadata,

    /// <summary>Nothing.</summary>
    None,

    /// <summary>Everything.</summary>
    Object,
}

/// <summary>Objects as rows of a table, as <c>kubectl get</c> asks for them (<c>meta.k8s.io Table</c>).</summary>
internal static class ApiTable
{
    /// <summary>A table.</summary>
    /// <param name="kind">The kind of the objects.</param>
    /// <param name="objects">The objects.</param>
    /// <param name="metadata">The metadata of the list; for one object its resourceVersion alone, see <see cref="VersionOf"/>.</param>
    /// <param name="version">The version of <c>meta.k8s.io</c>: <c>v1</c> or <c>v1beta1</c>.</param>
    /// <param name="rows">What rows say of their objects.</param>
    /// <param name="now">The time, for ages.</param>
    /// <param name="columns">Whether the columns are told; in a watch only the first event does.</param>
    public static Node Make(ApiKind kind, IReadOnlyList<Node> objects, Node metadata, string version, RowObject rows, DateTimeOffset now, bool columns = true)
    {
        var shown = Columns.Of(kind);
        var table = Node.Map();
        table.Set("kind", Node.String("Table"));
        table.Set("apiVersion", Node.String("meta.k8s.io/" + version));
        table.Set("metadata", metadata);
        table.Set("columnDefinitions", columns ? ListOf(shown.Select(static c => c.ToNode())) : Node.Null());
        table.Set("rows", ListOf(objects.Select(o => Row(o, shown, version, rows, now))));
        return table;
    }

    /// <summary>The metadata of a table with one object.</summary>
    public static Node VersionOf(Node root)
    {
        var metadata = Node.Map();
        metadata.Set("resourceVersion", Node.String(root["metadata"]?.Str("resourceVersion") ?? ""));
        return metadata;
    }

    /// <summary>An object's metadata as an object of its own.</summary>
    public static Node Partial(Node root, string version)
    {
        var partial = Node.Map();
        partial.Set("kind", Node.String("PartialObjectMetadata"));
        partial.Set("apiVersion", Node.String("meta.k8s.io/" + version));
        partial.Set("metadata", root["metadata"] ?? Node.Map());
        return partial;
    }

    private static Node Row(Node root, IReadOnlyList<TableColumn> columns, string version, RowObject rows, DateTimeOffset now)
    {
        var row = Node.Map();
        row.Set("cells", ListOf(columns.Select(c => c.Cell(root, now))));
        row.Set("object", rows switch
        {
            RowObject.Metadata => Partial(root, version),
            RowObject.None => Node.Null(),
            RowObject.Object => root,
        });
        return row;
    }

    private static Node ListOf(IEnumerable<Node> items)
    {
        var list = Node.List();
        list.Items.AddRange(items);
        return list;
    }
}
