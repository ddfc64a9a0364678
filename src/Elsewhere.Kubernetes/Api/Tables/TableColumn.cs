using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Tables;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its head.</param>
/// <param name="Description">What it shows.</param>
/// <param name="Cell">What an object has there, at a time.</param>
/// <param name="Priority">0 is always shown, 1 with <c>-o wide</c>.</param>
/// <param name="Type">The type of its cells.</param>
/// <param name="Format">How they are written; <c>name</c> marks the name.</param>
/// <param name="JsonPath">Where the value is in an object, for a CustomResourceDefinition; empty for built-in kinds.</param>
internal sealed record TableColumn(
    string Name,
    string Description,
    Func<Node, DateTimeOffset, Node> Cell,
    int Priority = 0,
    string Type = "string",
    string Format = "",
    string JsonPath = "")
{
    /// <summary>Every table's first column.</summary>
    public static TableColumn ObjectName { get; } = new("Name", "The name, which is unique among the objects of its kind in its namespace.",
        static (root, _) => Node.String(root["metadata"]?.Str("name") ?? ""), Format: "name");

    /// <summary>Almost every table's last column.</summary>
    public static TableColumn Age { get; } = new("Age", "How long ago it was created.",
        static (root, now) => Node.String(HumanDuration.Since(root["metadata"]?.StrOrNull("creationTimestamp"), now)));

    /// <summary>A column of plain text.</summary>
    public static TableColumn Text(string name, string description, Func<Node, string> cell, int priority = 0) =>
        new(name, description, (root, _) => Node.String(cell(root)), priority);

    /// <summary>A column of a custom resource: a value found by its path, null where there is none.</summary>
    public static TableColumn Custom(string name, string description, string jsonPath, int priority = 0, string type = "string") =>
        new(name, description, (root, now) => Value(root, jsonPath, type, now), priority, type, "", jsonPath);

    /// <summary>The definition as the API writes it.</summary>
    public Node ToNode()
    {
        var node = Node.Map();
        node.Set("name", Node.String(Name));
        node.Set("type", Node.String(Type));
        node.Set("format", Node.String(Format));
        node.Set("description", Node.String(Description));
        node.Set("priority", Node.Number(Priority));
        return node;
    }

    private static Node Value(Node root, string jsonPath, string type, DateTimeOffset now)
    {
        if (CellPath.Find(root, jsonPath) is not { } found)
            return Node.Null();
        return type == "date" ? Node.String(HumanDuration.Since(found.Text, now))
            : Node.String(found.Kind is NodeKind.Map or NodeKind.List ? found.ToString() : found.Text);
    }
}

/// <summary>The few forms of JSONPath that printer columns use: <c>.a.b</c>, <c>[0]</c>, <c>[?(@.type=="Ready")]</c>.</summary>
internal static class CellPath
{
    /// <summary>The first value at a path, or null.</summary>
    public static Node? Find(Node root, string path)
    {
        Node? at = root;
        var rest = path.AsSpan();
        while (at is not null && !rest.IsEmpty)
        {
            var end = rest[0] == '[' ? rest.IndexOf(']') + 1 : rest[1..].IndexOfAny('.', '[') + 1;
            var step = end == 0 ? rest : rest[..end];
            rest = rest[step.Length..];
            at = step[0] == '.' ? at[step[1..].ToString()] : Item(at, step[1..^1]);
        }

        return at;
    }

    private static Node? Item(Node list, ReadOnlySpan<char> step)
    {
        if (int.TryParse(step, out var index))
            return index >= 0 && index < list.Items.Count ? list.Items[index] : null;
        var condition = step["?(@.".Length..^1];
        var equals = condition.IndexOf("==");
        var (key, value) = (condition[..equals].ToString(), condition[(equals + 2)..].Trim('"').ToString());
        return list.Items.Find(i => i.Str(key) == value);
    }
}
