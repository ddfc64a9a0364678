using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>What speaks against an object being of its type, before it is applied, in the words of structured-merge-diff.</summary>
internal sealed class TypedCheck
{
    private readonly List<string> complaints = [];

    /// <summary>The complaints as one text; null if there are none.</summary>
    public static string? Explain(Node value, StructType type)
    {
        var check = new TypedCheck();
        check.Check(value, type, "");
        return check.complaints.Count switch
        {
            0 => null,
            1 => check.complaints[0],
            _ => "errors:\n  " + string.Join("\n  ", check.complaints),
        };
    }

    private void Check(Node value, FieldType type, string path)
    {
        if (value.Kind == NodeKind.Null)
            return;
        var scalar = value.Kind is not (NodeKind.Map or NodeKind.List);
        switch (type)
        {
            case StructType s:
                if (Is(value, NodeKind.Map, "map", path))
                    Fields(value, s, path);
                break;
            case MapType m:
                if (Is(value, NodeKind.Map, "map", path))
                {
                    foreach (var (key, item) in value.Entries)
                        Check(item, m.Value, $"{path}.{key}");
                }

                break;
            case ListType l:
                if (Is(value, NodeKind.List, "list", path))
                    Items(value, l, path);
                break;
            case IntType when value.Kind != NodeKind.Number:
                Add(path, $"expected numeric (int or float), got {GoType(value)}");
                break;
            case StringType or BytesType or TimeType when value.Kind != NodeKind.String:
                Add(path, $"expected string, got &value.valueUnstructured{{Value:{(scalar ? value.Text : GoValue.Text(value))}}}");
                break;
            case BoolType when value.Kind != NodeKind.Bool:
                Add(path, $"expected boolean, got &{{{GoValue.Text(value)}}}");
                break;
            case IntOrStringType when !scalar:
                Add(path, $"expected any scalar, got &{{{GoValue.Text(value)}}}");
                break;
        }
    }

    private void Fields(Node value, StructType type, string path)
    {
        foreach (var (key, item) in value.Entries)
        {
            var at = type.IndexOf(key);
            if (at >= 0)
                Check(item, type.Fields[at].Type, $"{path}.{key}");
            else
                Add($"{path}.{key}", "field not declared in schema");
        }
    }

    private void Items(Node value, ListType type, string path)
    {
        var seen = new HashSet<FieldElement>();
        for (var i = 0; i < value.Items.Count; i++)
        {
            var below = $"{path}[{i}]";
            if (type.Kind != ListKind.Atomic)
            {
                if (FieldElement.Of(type, value.Items[i], out var complaint) is not { } step)
                {
                    Add(path, $"element {i}: {complaint}");
                    return;
                }

                if (!seen.Add(step))
                    Add(path, $"duplicate entries for key {step}");
                below = path + step;
            }

            Check(value.Items[i], type.Item, below);
        }
    }

    private bool Is(Node value, NodeKind kind, string name, string path)
    {
        if (value.Kind == kind)
            return true;
        Add(path, $"expected {name}, got &{{{GoValue.Text(value)}}}");
        return false;
    }

    private void Add(string path, string complaint) => complaints.Add(path.Length == 0 ? complaint : $"{path}: {complaint}");

    private static string GoType(Node node) => node.Kind switch
    {
        NodeKind.Null => "<nil>",
        NodeKind.Bool => "bool",
        NodeKind.Number => "int64",
        NodeKind.String => "string",
        NodeKind.List => "[]interface {}",
        NodeKind.Map => "map[string]interface {}",
    };
}
