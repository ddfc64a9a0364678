using System.Globalization;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>What a step of a path names; the order is the one in which sets are written.</summary>
internal enum FieldElementKind
{
    /// <summary>A field of a structure or a key of a map.</summary>
    Field,

    /// <summary>An item of a list by its keys.</summary>
    Key,

    /// <summary>An item of a set by its value.</summary>
    Value,

    /// <summary>An item by its place. We never write one; others may have.</summary>
    Index,
}

/// <summary>One step of the path to a field (structured-merge-diff <c>fieldpath.PathElement</c>).</summary>
internal sealed class FieldElement : IComparable<FieldElement>, IEquatable<FieldElement>
{
    private readonly Node value;

    private FieldElement(FieldElementKind kind, string name, Node value)
    {
        Kind = kind;
        Name = name;
        this.value = value;
    }

    public FieldElementKind Kind { get; }

    /// <summary>The name of a field; else empty.</summary>
    public string Name { get; }

    /// <summary>A field by its name.</summary>
    public static FieldElement Field(string name) => new(FieldElementKind.Field, name, Node.Null());

    /// <summary>An item by its value.</summary>
    public static FieldElement Value(Node value) => new(FieldElementKind.Value, "", value);

    /// <summary>An item by the keys that it has.</summary>
    public static FieldElement Key(IEnumerable<KeyValuePair<string, Node>> keys)
    {
        var map = Node.Map();
        map.Entries.AddRange(keys.OrderBy(static k => k.Key, StringComparer.Ordinal));
        return new(FieldElementKind.Key, "", map);
    }

    /// <summary>The step that leads to an item of a list that is no atomic one; null with a complaint if there is none.</summary>
    /// <param name="list">The list's type.</param>
    /// <param name="item">The item.</param>
    /// <param name="complaint">What is wrong with the item.</param>
    public static FieldElement? Of(ListType list, Node item, out string complaint)
    {
        complaint = "";
        if (list.Kind == ListKind.Set)
        {
            complaint = item.Kind switch
            {
                NodeKind.Map => "associative list without keys has an element that's a map type",
                NodeKind.List => "not supported: associative list with lists as elements",
                NodeKind.Null => "associative list without keys has an element that's an explicit null",
                _ => "",
            };
            return complaint.Length == 0 ? Value(item) : null;
        }

        if (item.Kind != NodeKind.Map)
        {
            complaint = item.Kind == NodeKind.Null ? "associative list with keys may not have a null element" : "associative list with keys may not have non-map elements";
            return null;
        }

        var type = (StructType)list.Item;
        var keys = new List<KeyValuePair<string, Node>>(list.Keys.Length);
        foreach (var key in list.Keys)
        {
            if (item[key] is { } own)
                keys.Add(new(key, own));
            else if (type.Fields[type.IndexOf(key)].Default is { } implied)
                keys.Add(new(key, Node.String(implied)));
        }

        if (keys.Count > 0)
            return Key(keys);
        complaint = $"associative list with keys has an element that omits all key fields [{string.Join(' ', list.Keys.Select(GoText.Quote))}] (and doesn't have default values for any key fields)";
        return null;
    }

    /// <summary>Reads the form <c>f:name</c>, <c>k:{"port":80}</c>, <c>v:"x"</c>, <c>i:0</c>; null for what is none of these.</summary>
    public static FieldElement? Parse(string text)
    {
        var rest = text.Length >= 2 ? text[2..] : "";
        switch (text.Length >= 2 ? text[..2] : "")
        {
            case "f:":
                return Field(rest);
            case "v:":
                return JsonText.Read(rest).Root is { } one ? Value(one) : null;
            case "k:":
                return JsonText.Read(rest).Root is { Kind: NodeKind.Map } keys ? Key(keys.Entries) : null;
            case "i:":
                return int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at) ? new(FieldElementKind.Index, "", Node.Number(at)) : null;
            default:
                return null;
        }
    }

    /// <summary>The form in which a set is written.</summary>
    public string Written => Kind switch
    {
        FieldElementKind.Field => "f:" + Name,
        FieldElementKind.Key => "k:" + value,
        FieldElementKind.Value => "v:" + value,
        FieldElementKind.Index => "i:" + value,
    };

    /// <summary>The form for people: <c>.name</c>, <c>[port=80,protocol="TCP"]</c>, <c>[="x"]</c>.</summary>
    public override string ToString() => Kind switch
    {
        FieldElementKind.Field => "." + Name,
        FieldElementKind.Key => $"[{string.Join(',', value.Entries.Select(static e => $"{e.Key}={Text(e.Value)}"))}]",
        FieldElementKind.Value => $"[={Text(value)}]",
        FieldElementKind.Index => $"[{value.Text}]",
    };

    /// <inheritdoc/>
    public int CompareTo(FieldElement? other)
    {
        if (other is null)
            return 1;
        if (Kind != other.Kind)
            return Kind - other.Kind;
        return Kind == FieldElementKind.Field ? string.CompareOrdinal(Name, other.Name) : Compare(value, other.value);
    }

    /// <inheritdoc/>
    public bool Equals(FieldElement? other) => other is not null && Kind == other.Kind && Name == other.Name && Node.Same(value, other.value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldElement);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Name, value.Kind == NodeKind.Map ? value.Entries.Count : value.Text.GetHashCode(StringComparison.Ordinal));

    private static string Text(Node node) => node.Kind == NodeKind.String ? GoText.Quote(node.Text) : node.ToString();

    private static int Rank(NodeKind kind) => kind switch
    {
        NodeKind.Number => 0,
        NodeKind.String => 1,
        NodeKind.Bool => 2,
        NodeKind.List => 3,
        NodeKind.Map => 4,
        NodeKind.Null => 5,
    };

    // The order of structured-merge-diff's values: by kind, then as one expects.
    private static int Compare(Node a, Node b)
    {
        if (a.Kind != b.Kind)
            return Rank(a.Kind) - Rank(b.Kind);
        if (a.Kind == NodeKind.Number && double.TryParse(a.Text, CultureInfo.InvariantCulture, out var x) && double.TryParse(b.Text, CultureInfo.InvariantCulture, out var y) && x != y)
            return x.CompareTo(y);
        for (var i = 0; i < Math.Min(a.Entries.Count, b.Entries.Count); i++)
        {
            if (string.CompareOrdinal(a.Entries[i].Key, b.Entries[i].Key) is not 0 and var names)
                return names;
            if (Compare(a.Entries[i].Value, b.Entries[i].Value) is not 0 and var values)
                return values;
        }

        for (var i = 0; i < Math.Min(a.Items.Count, b.Items.Count); i++)
        {
            if (Compare(a.Items[i], b.Items[i]) is not 0 and var items)
                return items;
        }

        var longer = a.Entries.Count + a.Items.Count - b.Entries.Count - b.Items.Count;
        return longer != 0 ? longer : string.CompareOrdinal(a.Text, b.Text);
    }
}
