using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>What decoding gave.</summary>
/// <param name="Object">The object in its schema's order, unknown fields and nulls gone; null together with an error.</param>
/// <param name="Error">A value of the wrong type, in the words of Go's decoder; null if there is none.</param>
/// <param name="ErrorPath">The field of that error.</param>
/// <param name="Unknown">Paths of unknown fields, in the order of the sorted keys.</param>
internal sealed record Decoded(Node? Object, string? Error, string ErrorPath, IReadOnlyList<string> Unknown);

/// <summary>
/// Decodes a tree as the API server decodes JSON: case counts, null is absence, unknown fields are reported, and the first value of a
/// wrong type is the error, unless a value that parses itself (a time, a port number or name) fails: that ends decoding at once.
/// </summary>
internal sealed class Decoder
{
    private readonly List<string> fields = [];
    private readonly List<(string Name, int Index)> path = [];
    private readonly List<string> unknown = [];
    private string structName = "";
    private string? saved;
    private string savedPath = "";
    private bool aborted;

    private Decoder()
    {
    }

    /// <summary>Decodes an object.</summary>
    public static Decoded Decode(Node tree, StructType type)
    {
        var decoder = new Decoder();
        var node = decoder.Struct(tree, type);
        return new(decoder.saved is null ? node : null, decoder.saved, decoder.savedPath, decoder.unknown);
    }

    private Node? Value(Node node, FieldType type)
    {
        if (node.Kind == NodeKind.Null)
            return null;
        switch (type)
        {
            case StructType s:
                return node.Kind == NodeKind.Map ? Struct(node, s) : Wrong(node, type);
            case ListType l:
                return node.Kind == NodeKind.List ? List(node, l) : Wrong(node, type);
            case MapType m:
                return node.Kind == NodeKind.Map ? Map(node, m) : Wrong(node, type);
            case StringType:
                return node.Kind == NodeKind.String ? node : Wrong(node, type);
            case BoolType:
                return node.Kind == NodeKind.Bool ? node : Wrong(node, type);
            case IntType i:
                return Fits(node, i.Bits) ? node : Wrong(node, type);
            case IntOrStringType:
                return node.Kind == NodeKind.String || Fits(node, 32) ? node : Abort(Wrong(node, type));
            case TimeType t:
                return Time(node, t.Micro);
            case BytesType:
                return node.Kind == NodeKind.String ? Bytes(node) : Wrong(node, type);
            case RawType:
                return node;
            default:
                throw new InvalidOperationException($"no decoder for {type}");
        }
    }

    private Node Struct(Node node, StructType type)
    {
        var outer = structName;
        structName = type.Name;
        var values = new Node?[type.Fields.Count];
        foreach (var (name, value) in node.Entries)
        {
            var at = type.IndexOf(name);
            path.Add((name, -1));
            if (at < 0)
            {
                unknown.Add(PathText());
            }
            else
            {
                fields.Add(name);
                values[at] = Value(value, type.Fields[at].Type);
                if (aborted)
                    return node;
                fields.RemoveAt(fields.Count - 1);
            }

            path.RemoveAt(path.Count - 1);
        }

        structName = outer;
        return Assemble(type, values, node.Line);
    }

    private static Node Assemble(StructType type, Node?[] values, int line)
    {
        var made = Node.Map(line, type.Fields.Count);
        for (var i = 0; i < values.Length; i++)
        {
            var field = type.Fields[i];
            var value = values[i];
            if (value is null ? field.Always || (field.Type is StructType && !field.Pointer) : field.Always || field.Pointer || !IsZero(value, field.Type))
                made.Entries.Add(new(field.Name, value ?? Zero(field.Type)));
        }

        return made;
    }

    private Node List(Node node, ListType type)
    {
        var made = Node.List(node.Line, node.Items.Count);
        for (var i = 0; i < node.Items.Count; i++)
        {
            path.Add(("", i));
            made.Items.Add(Value(node.Items[i], type.Item) ?? Zero(type.Item));
            if (aborted)
                break;
            path.RemoveAt(path.Count - 1);
        }

        return made;
    }

    private Node Map(Node node, MapType type)
    {
        var made = Node.Map(node.Line, node.Entries.Count);
        foreach (var (key, item) in node.Entries)
        {
            path.Add((key, -1));
            made.Entries.Add(new(key, Value(item, type.Value) ?? Zero(type.Value)));
            if (aborted)
                break;
            path.RemoveAt(path.Count - 1);
        }

        return made;
    }

    /// <summary>The zero value as the server writes it.</summary>
    public static Node Zero(FieldType type) => type switch
    {
        StructType s => Assemble(s, new Node?[s.Fields.Count], 0),
        StringType or BytesType => Node.String(""),
        BoolType => Node.Bool(false),
        IntType or IntOrStringType => Node.Number(0),
        _ => Node.Null(),
    };

    private static bool IsZero(Node value, FieldType type) => type switch
    {
        StructType => false,
        StringType => value.Text.Length == 0,
        BoolType => value.Text == "false",
        IntType => value.Text == "0",
        ListType => value.Items.Count == 0,
        MapType => value.Entries.Count == 0,
        _ => false,
    };

    private static bool Fits(Node node, int bits) =>
        node.Kind == NodeKind.Number
        && long.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        && (bits == 64 || value is >= int.MinValue and <= int.MaxValue);

    private Node? Bytes(Node node)
    {
        if (GoBase64.FirstFault(node.Text) is >= 0 and var at)
            Save(string.Create(CultureInfo.InvariantCulture, $"illegal base64 data at input byte {at}"));
        return node.Text.AsSpan().ContainsAny('\r', '\n') ? Node.String(node.Text.ReplaceLineEndings(""), node.Line) : node;
    }

    private Node? Time(Node node, bool micro)
    {
        if (node.Kind != NodeKind.String)
            return Abort(Wrong(node, new StringType(), overwrite: true));
        if (GoTime.Explain(node.Text, micro) is not { } why)
            return node;
        Save(why, overwrite: true);
        return Abort(null);
    }

    private Node? Wrong(Node node, FieldType type, bool overwrite = false)
    {
        var kind = node.Kind switch
        {
            NodeKind.Bool => "bool",
            NodeKind.Number => type is IntType or IntOrStringType ? $"number {node.Text}" : "number",
            NodeKind.String => "string",
            NodeKind.List => "array",
            _ => "object",
        };
        Save($"json: cannot unmarshal {kind} into Go struct field {structName}.{string.Join('.', fields)} of type {type.GoName}", overwrite || type is IntOrStringType);
        return null;
    }

    private void Save(string error, bool overwrite = false)
    {
        if (saved is not null && !overwrite)
            return;
        saved = error;
        savedPath = PathText();
    }

    private Node? Abort(Node? nothing)
    {
        aborted = true;
        return nothing;
    }

    private string PathText()
    {
        var text = new StringBuilder();
        foreach (var (name, index) in path)
        {
            if (index >= 0)
                text.Append('[').Append(index).Append(']');
            else
                text.Append(text.Length > 0 ? "." : "").Append(name);
        }

        return text.ToString();
    }
}
