using System.Buffers;
using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Api.Tables;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Decoder = Elsewhere.Kubernetes.Validation.Decoder;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Objects as one client wants them.</summary>
/// <param name="resource">The resource of the request's path.</param>
/// <param name="form">What the client takes.</param>
/// <param name="rows">What the rows of a table carry.</param>
/// <param name="time">The clock of ages.</param>
internal sealed class Presenter(ApiResource resource, AcceptForm form, RowObject rows, TimeProvider time)
{
    private readonly int prefix = Encoding.UTF8.GetByteCount($"{{\"kind\":\"{resource.Kind.Kind}\",\"apiVersion\":\"{resource.Kind.ApiVersion}\",");
    private bool columnsShown;

    /// <summary>The form that was agreed on.</summary>
    public AcceptForm Form => form;

    /// <summary>The tree of an object in the form that the path names.</summary>
    public Node Tree(StoredObject item) => resource.Kind == ApiKind.EventsEvent ? EventForms.ToEvents(item.Parse()) : item.Parse();

    /// <summary>One object.</summary>
    public byte[] One(StoredObject item)
    {
        if (form.As == ShownAs.Object && resource.Kind != ApiKind.EventsEvent && form.Media == MediaForm.Json)
            return item.Json;
        var tree = Tree(item);
        if (form.Media == MediaForm.Protobuf)
            return Message(tree);
        return Bytes(form.As switch
        {
            ShownAs.Table => Table([tree], ApiTable.VersionOf(tree)),
            ShownAs.Metadata => Metadata(tree),
            ShownAs.Object => tree,
        });
    }

    /// <summary>A list.</summary>
    public void List(IBufferWriter<byte> output, IReadOnlyList<StoredObject> items, Node metadata)
    {
        if (form.Media == MediaForm.Protobuf)
        {
            output.Write(ProtobufEncoder.EncodeList(MessageKind, MessageKind.Kind + "List", items.Select(Tree), metadata));
            return;
        }

        if (form.As != ShownAs.Object || form.Media != MediaForm.Json)
        {
            output.Write(Bytes(ListTree(items, metadata)));
            return;
        }

        // Objects defined by a CustomResourceDefinition name their kind in lists too.
        var skip = ApiIsCustom ? 0 : prefix;
        output.Write(Encoding.UTF8.GetBytes($"{{\"kind\":\"{resource.ListKind}\",\"apiVersion\":\"{resource.Kind.ApiVersion}\",\"metadata\":{metadata},\"items\":["));
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            var json = resource.Kind == ApiKind.EventsEvent ? Encoding.UTF8.GetBytes(Tree(items[i]).ToString()) : items[i].Json;
            if (skip > 0)
                output.Write("{"u8);
            output.Write(json.AsSpan(skip));
        }

        output.Write("]}"u8);
    }

    /// <summary>One line of a watch, or one message of it in protobuf.</summary>
    public void Event(IBufferWriter<byte> output, string type, StoredObject item)
    {
        if (form.Media == MediaForm.Protobuf)
        {
            output.Write(ProtobufEncoder.EncodeEvent(type, Message(Tree(item))));
            return;
        }

        output.Write(Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":"));
        if (form.As == ShownAs.Object && resource.Kind != ApiKind.EventsEvent)
        {
            output.Write(item.Json);
        }
        else
        {
            var tree = Tree(item);
            output.Write(Encoding.UTF8.GetBytes((form.As switch
            {
                ShownAs.Table => TableEvent(tree),
                ShownAs.Metadata => Metadata(tree),
                ShownAs.Object => tree,
            }).ToString()));
        }

        output.Write("}\n"u8);
    }

    /// <summary>A line of a watch that says how far it has come.</summary>
    public void Bookmark(IBufferWriter<byte> output, ulong version, bool endOfInitialEvents)
    {
        var metadata = Node.Map();
        metadata.Set("resourceVersion", Node.String(version.ToString(CultureInfo.InvariantCulture)));
        if (endOfInitialEvents)
        {
            var annotations = Node.Map();
            annotations.Set("k8s.io/initial-events-end", Node.String("true"));
            metadata.Set("annotations", annotations);
        }

        var root = Node.Map();
        root.Set("kind", Node.String(resource.Kind.Kind));
        root.Set("apiVersion", Node.String(resource.Kind.ApiVersion));
        root.Set("metadata", metadata);
        if (form.Media == MediaForm.Protobuf)
        {
            output.Write(ProtobufEncoder.EncodeEvent("BOOKMARK", Message(root)));
            return;
        }

        var shown = form.As switch
        {
            ShownAs.Table => TableEvent(root),
            ShownAs.Metadata => Metadata(root),
            ShownAs.Object => ApiIsCustom ? root : Decoder.Decode(root, resource.Kind.Schema).Object!,
        };
        output.Write(Encoding.UTF8.GetBytes($"{{\"type\":\"BOOKMARK\",\"object\":{shown}}}\n"));
    }

    /// <summary>The last line of a watch, which says what failed.</summary>
    public void Failure(IBufferWriter<byte> output, Node status) => output.Write(form.Media == MediaForm.Protobuf
        ? ProtobufEncoder.EncodeEvent("ERROR", ProtobufEncoder.EncodeStatus(status))
        : Encoding.UTF8.GetBytes($"{{\"type\":\"ERROR\",\"object\":{status}}}\n"));

    private ApiKind MessageKind => form.As == ShownAs.Metadata ? ApiKind.PartialObjectMetadata(form.MetaVersion) : resource.Kind;

    private byte[] Message(Node tree) => ProtobufEncoder.Encode(MessageKind, tree);

    private bool ApiIsCustom => !Patch.ApiPatch.IsBuiltIn(resource.Kind);

    private Node ListTree(IReadOnlyList<StoredObject> items, Node metadata)
    {
        if (form.As == ShownAs.Table)
            return Table([.. items.Select(Tree)], metadata);
        var list = Node.Map();
        list.Set("kind", Node.String(form.As == ShownAs.Metadata ? "PartialObjectMetadataList" : resource.ListKind));
        list.Set("apiVersion", Node.String(form.As == ShownAs.Metadata ? $"meta.k8s.io/{form.MetaVersion}" : resource.Kind.ApiVersion));
        list.Set("metadata", metadata);
        var shown = Node.List();
        shown.Items.AddRange(items.Select(item => form.As == ShownAs.Metadata ? Metadata(Tree(item)) : Tree(item)));
        list.Set("items", shown);
        return list;
    }

    private Node Metadata(Node tree) => ApiTable.Partial(tree, form.MetaVersion);

    private Node TableEvent(Node tree)
    {
        // The columns once are enough for a client that draws one table.
        var columns = !columnsShown;
        columnsShown = true;
        return Table([tree], ApiTable.VersionOf(tree), columns);
    }

    private Node Table(IReadOnlyList<Node> trees, Node metadata, bool columns = true) =>
        ApiTable.Make(resource.Kind, trees, metadata, form.MetaVersion, rows, time.GetUtcNow(), columns);

    private byte[] Bytes(Node tree) => Encoding.UTF8.GetBytes(form.Media == MediaForm.Yaml ? YamlText.Of(tree) : tree.ToString());
}
