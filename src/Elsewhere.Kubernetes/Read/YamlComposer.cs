using System.Diagnostics.CodeAnalysis;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Elsewhere.Kubernetes.Read;

/// <summary>A document that is refused although the parser would go on. Never leaves <see cref="YamlReader"/>.</summary>
[SuppressMessage("Design", "CA1032", Justification = "made and caught in one place")]
[SuppressMessage("Design", "CA1064", Justification = "made and caught in one place")]
internal sealed class YamlFaultException(TextFault fault, string message, int line) : Exception(message)
{
    public TextFault Fault { get; } = fault;

    public int Line { get; } = line;
}

/// <summary>YAML events to trees, with the limits of <see cref="ReadLimits"/>.</summary>
internal sealed class YamlComposer
{
    private readonly Parser parser;
    private readonly int firstLine;
    private readonly Dictionary<string, Anchor> anchors = [];
    private List<DuplicateKey> duplicates = [];
    private int nodes;
    private int viaAliases;

    public YamlComposer(string text, int firstLine)
    {
        parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
        this.firstLine = firstLine;
    }

    /// <summary>The next document with content.</summary>
    /// <param name="root">Its tree.</param>
    /// <param name="line">The line of its first token.</param>
    /// <exception cref="YamlException">It is no YAML.</exception>
    /// <exception cref="YamlFaultException">It is beyond a limit.</exception>
    public bool TryNext([NotNullWhen(true)] out Node? root, out int line)
    {
        root = null;
        line = 0;
        while (parser.MoveNext())
        {
            if (parser.Current is not DocumentStart)
                continue;
            parser.MoveNext();
            anchors.Clear();
            nodes = viaAliases = 0;
            var empty = parser.Current is Scalar { IsPlainImplicit: true, Value.Length: 0, Style: ScalarStyle.Plain };
            line = LineOf(parser.Current!);
            var found = Compose(0);
            if (empty)
                continue;
            root = found;
            return true;
        }

        return false;
    }

    /// <summary>The repeated keys of the document that <see cref="TryNext"/> gave, in go-yaml's words.</summary>
    public IReadOnlyList<DuplicateKey> TakeDuplicates()
    {
        if (duplicates.Count == 0)
            return [];
        var taken = duplicates;
        duplicates = [];
        return taken;
    }

    private int LineOf(ParsingEvent e) => (int)e.Start.Line + firstLine - 1;

    // Enters with the node's first event as the current one, leaves with its last event as the current one.
    private Node Compose(int depth)
    {
        var e = parser.Current!;
        if (depth > ReadLimits.Depth)
            throw new YamlFaultException(TextFault.TooDeep, $"exceeded max depth of {ReadLimits.Depth}", LineOf(e));
        if (e is AnchorAlias alias)
            return Follow(alias);

        nodes++;
        var anchor = e is NodeEvent { Anchor.IsEmpty: false } named ? named.Anchor.Value : null;
        var before = nodes;
        if (anchor is not null)
            anchors[anchor] = new Anchor(null, 0);
        var node = e switch
        {
            Scalar scalar => Scalar(scalar),
            SequenceStart => Sequence(LineOf(e), depth),
            _ => Mapping(LineOf(e), depth),
        };
        if (anchor is not null)
            anchors[anchor] = new Anchor(node, nodes - before + 1);
        return node;
    }

    private Node Follow(AnchorAlias alias)
    {
        var name = alias.Value.Value;
        if (!anchors.TryGetValue(name, out var anchor))
            throw new YamlFaultException(TextFault.Malformed, $"unknown anchor '{name}' referenced", LineOf(alias));
        if (anchor.Node is null)
            throw new YamlFaultException(TextFault.Malformed, $"anchor '{name}' value contains itself", LineOf(alias));
        nodes += anchor.Nodes;
        viaAliases += anchor.Nodes;
        if (viaAliases > ReadLimits.AliasNodes)
            throw new YamlFaultException(TextFault.TooManyAliases, "document contains excessive aliasing", LineOf(alias));
        return anchor.Node;
    }

    private Node Scalar(Scalar scalar)
    {
        var line = LineOf(scalar);
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (scalar.Style != ScalarStyle.Plain && (tag.Length == 0 || tag == "!"))
            return Node.String(scalar.Value, line);
        var node = YamlScalar.Resolve(scalar.Value, tag, line, out var why);
        return why is null ? node : throw new YamlFaultException(TextFault.Malformed, why, why.StartsWith("json", StringComparison.Ordinal) ? 0 : line);
    }

    private Node Sequence(int line, int depth)
    {
        var list = Node.List(line);
        var items = list.Items;
        while (parser.MoveNext() && parser.Current is not SequenceEnd)
            items.Add(Compose(depth + 1));
        return list;
    }

    private Node Mapping(int line, int depth)
    {
        var map = Node.Map(line);
        var entries = map.Entries;
        var index = (Dictionary<string, int>?)null;
        while (parser.MoveNext() && parser.Current is not MappingEnd)
        {
            var merge = parser.Current is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var key = Compose(depth + 1);
            parser.MoveNext();
            var value = Compose(depth + 1);
            if (merge)
                Merge(entries, value, ref index);
            else
                Put(entries, KeyOf(key), value, key.Kind == NodeKind.String, ref index);
        }

        entries.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return map;
    }

    private static string KeyOf(Node key) => key.Kind switch
    {
        NodeKind.String or NodeKind.Number or NodeKind.Bool => key.Text,
        _ => throw new YamlFaultException(TextFault.Malformed, "a map's key must be a string, a number or a boolean", key.Line),
    };

    // go-yaml takes merged keys in their place: a later key repeats them, and strict decoding says so.
    private void Merge(List<KeyValuePair<string, Node>> entries, Node value, ref Dictionary<string, int>? index)
    {
        if (value.Kind == NodeKind.List)
        {
            for (var i = value.Items.Count - 1; i >= 0; i--)
                MergeMap(entries, value.Items[i], ref index);
        }
        else
        {
            MergeMap(entries, value, ref index);
        }
    }

    private void MergeMap(List<KeyValuePair<string, Node>> entries, Node value, ref Dictionary<string, int>? index)
    {
        if (value.Kind != NodeKind.Map)
            throw new YamlFaultException(TextFault.Malformed, "map merge requires map or sequence of maps as the value", value.Line);
        foreach (var (key, inner) in value.Entries)
            Put(entries, key, inner, true, ref index);
    }

    private void Put(List<KeyValuePair<string, Node>> entries, string key, Node value, bool quoted, ref Dictionary<string, int>? index)
    {
        var at = -1;
        if (entries.Count < 12)
        {
            for (var i = 0; i < entries.Count && at < 0; i++)
                at = entries[i].Key == key ? i : -1;
        }
        else
        {
            index ??= IndexOf(entries);
            at = index.GetValueOrDefault(key, -1);
        }

        if (at < 0)
        {
            index?.Add(key, entries.Count);
            entries.Add(new(key, value));
            return;
        }

        duplicates.Add(new(value.Line, $"line {value.Line}: key {(quoted ? GoText.Quote(key) : key)} already set in map"));
        entries[at] = new(key, value);
    }

    private static Dictionary<string, int> IndexOf(List<KeyValuePair<string, Node>> entries)
    {
        var index = new Dictionary<string, int>();
        for (var i = 0; i < entries.Count; i++)
            index.Add(entries[i].Key, i);
        return index;
    }

    private readonly record struct Anchor(Node? Node, int Nodes);
}
