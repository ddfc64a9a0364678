using System.Globalization;
using System.Text;

namespace Elsewhere.Kubernetes.Read;

/// <summary>What a JSON value is.</summary>
internal enum NodeKind
{
    Null,
    Bool,
    Number,
    String,
    List,
    Map,
}

/// <summary>
/// A JSON value that knows the line it was written on. Mutable while it is built and defaulted; whoever hands one on does not touch it again.
/// </summary>
internal sealed class Node
{
    private static readonly List<Node> NoItems = [];
    private static readonly List<KeyValuePair<string, Node>> NoEntries = [];
    private readonly List<Node>? items;
    private readonly List<KeyValuePair<string, Node>>? entries;

    private Node(NodeKind kind, string text, List<Node>? items, List<KeyValuePair<string, Node>>? entries, int line)
    {
        Kind = kind;
        Text = text;
        this.items = items;
        this.entries = entries;
        Line = line;
    }

    /// <summary>What it is.</summary>
    public NodeKind Kind { get; }

    /// <summary>The string; the number as JSON writes it; <c>true</c> or <c>false</c>; else empty.</summary>
    public string Text { get; }

    /// <summary>The line it starts on, from 1; 0 where it was not written but made.</summary>
    public int Line { get; }

    /// <summary>The items of a list; empty for everything else.</summary>
    public List<Node> Items => items ?? NoItems;

    /// <summary>The entries of a map in order; empty for everything else.</summary>
    public List<KeyValuePair<string, Node>> Entries => entries ?? NoEntries;

    public static Node Null(int line = 0) => new(NodeKind.Null, "", null, null, line);

    public static Node String(string text, int line = 0) => new(NodeKind.String, text, null, null, line);

    public static Node Number(string json, int line = 0) => new(NodeKind.Number, json, null, null, line);

    public static Node Number(long value) => new(NodeKind.Number, value.ToString(CultureInfo.InvariantCulture), null, null, 0);

    public static Node Bool(bool value, int line = 0) => new(NodeKind.Bool, value ? "true" : "false", null, null, line);

    public static Node List(int line = 0, int capacity = 0) => new(NodeKind.List, "", new(capacity), null, line);

    public static Node List(IEnumerable<string> strings)
    {
        var list = List();
        foreach (var text in strings)
            list.Items.Add(String(text));
        return list;
    }

    public static Node Map(int line = 0, int capacity = 0) => new(NodeKind.Map, "", null, new(capacity), line);

    /// <summary>The value of a key, or null if there is none (or this is no map).</summary>
    public Node? this[string key]
    {
        get
        {
            if (entries is null)
                return null;
            foreach (var (name, value) in entries)
            {
                if (name == key)
                    return value;
            }

            return null;
        }
    }

    public bool Has(string key) => this[key] is not null;

    /// <summary>The text of a key's value; empty if absent: Go's zero value.</summary>
    public string Str(string key) => this[key]?.Text ?? "";

    /// <summary>The text of a key's value; null if absent: Go's nil pointer.</summary>
    public string? StrOrNull(string key) => this[key]?.Text;

    /// <summary>A number that the decoder let pass as an integer; 0 if absent.</summary>
    public long Int(string key) => this[key] is { Kind: NodeKind.Number } n && long.TryParse(n.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) ? v : 0;

    public bool IsTrue(string key) => this[key] is { Kind: NodeKind.Bool, Text: "true" };

    public bool? BoolOrNull(string key) => this[key] is { Kind: NodeKind.Bool } n ? n.Text == "true" : null;

    /// <summary>The items of a key's list; empty if absent.</summary>
    public List<Node> ListOf(string key) => this[key]?.Items ?? NoItems;

    /// <summary>The strings of a key's list; empty if absent.</summary>
    public List<string> Strings(string key)
    {
        var strings = new List<string>();
        foreach (var item in ListOf(key))
            strings.Add(item.Text);
        return strings;
    }

    /// <summary>Replaces a value in its place, or adds it at the end.</summary>
    public void Set(string key, Node value)
    {
        var at = entries!.FindIndex(e => e.Key == key);
        if (at >= 0)
            entries[at] = new(key, value);
        else
            entries.Add(new(key, value));
    }

    public void Remove(string key) => entries?.RemoveAll(e => e.Key == key);

    /// <summary>A copy that shares nothing that can change.</summary>
    public Node Copy()
    {
        var copy = new Node(Kind, Text, items is null ? null : new(items.Count), entries is null ? null : new(entries.Count), Line);
        foreach (var item in Items)
            copy.items!.Add(item.Copy());
        foreach (var (key, value) in Entries)
            copy.entries!.Add(new(key, value.Copy()));
        return copy;
    }

    /// <summary>Equal as JSON values: the order of a map's keys does not count.</summary>
    public static bool Same(Node? a, Node? b)
    {
        if (a is null || b is null)
            return a is null && b is null;
        if (a.Kind != b.Kind || a.Text != b.Text || a.Items.Count != b.Items.Count || a.Entries.Count != b.Entries.Count)
            return false;
        for (var i = 0; i < a.Items.Count; i++)
        {
            if (!Same(a.Items[i], b.Items[i]))
                return false;
        }

        foreach (var (key, value) in a.Entries)
        {
            if (b[key] is not { } other || !Same(value, other))
                return false;
        }

        return true;
    }

    /// <summary>Compact JSON as Go's encoder writes it: <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c> escaped.</summary>
    public override string ToString()
    {
        var json = new StringBuilder();
        Write(json);
        return json.ToString();
    }

    /// <summary>Appends a JSON string literal in Go's spelling.</summary>
    public static void WriteString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => json.Append(c),
            };
        }

        json.Append('"');
    }

    private void Write(StringBuilder json)
    {
        switch (Kind)
        {
            case NodeKind.Null:
                json.Append("null");
                break;
            case NodeKind.Bool or NodeKind.Number:
                json.Append(Text);
                break;
            case NodeKind.String:
                WriteString(json, Text);
                break;
            case NodeKind.List:
                json.Append('[');
                for (var i = 0; i < Items.Count; i++)
                {
                    if (i > 0)
                        json.Append(',');
                    Items[i].Write(json);
                }

                json.Append(']');
                break;
            case NodeKind.Map:
                json.Append('{');
                for (var i = 0; i < Entries.Count; i++)
                {
                    if (i > 0)
                        json.Append(',');
                    WriteString(json, Entries[i].Key);
                    json.Append(':');
                    Entries[i].Value.Write(json);
                }

                json.Append('}');
                break;
        }
    }
}
