using System.Diagnostics.CodeAnalysis;
using Kind = Elsewhere.Kubernetes.Read.Yaml.YamlTokenKind;

namespace Elsewhere.Kubernetes.Read.Yaml;

/// <summary>Tokens to trees: the grammar of YAML 1.1 with the complaints of the API server's reader, and the limits of <see cref="ReadLimits"/>.</summary>
internal sealed class YamlComposer
{
    private const string Core = "tag:yaml.org,2002:";

    private readonly YamlScanner scanner;
    private readonly int firstLine;
    private readonly Dictionary<string, Anchor> anchors = [];
    private readonly Dictionary<string, string> handles = [];
    private List<DuplicateKey> duplicates = [];
    private int nodes;
    private int viaAliases;
    private bool begun;

    public YamlComposer(string text, int firstLine)
    {
        this.firstLine = firstLine;
        scanner = new(text, firstLine);
    }

    /// <summary>The next document with content.</summary>
    /// <param name="root">Its tree.</param>
    /// <param name="line">The line of its first token.</param>
    /// <exception cref="YamlFaultException">It is no YAML, or beyond a limit.</exception>
    public bool TryNext([NotNullWhen(true)] out Node? root, out int line)
    {
        while (Begin())
        {
            line = scanner.Peek().Line + firstLine;
            var kind = scanner.Peek().Kind;
            anchors.Clear();
            nodes = viaAliases = 0;
            var empty = kind is Kind.DocumentStart or Kind.DocumentEnd or Kind.StreamEnd or Kind.VersionDirective or Kind.TagDirective;
            root = empty ? null : Compose(0, true, false);
            if (scanner.Peek().Kind == Kind.DocumentEnd)
                scanner.Take();
            if (root is not null)
                return true;
        }

        root = null;
        line = 0;
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

    // Takes what stands before a document; false at the end of the text.
    private bool Begin()
    {
        handles.Clear();
        while (begun && scanner.Peek().Kind == Kind.DocumentEnd)
            scanner.Take();
        var token = scanner.Peek();
        if (token.Kind == Kind.StreamEnd)
            return false;
        if (!begun && token.Kind is not (Kind.VersionDirective or Kind.TagDirective or Kind.DocumentStart))
        {
            begun = true;
            return token.Kind != Kind.DocumentEnd ? true : throw Fault("did not find expected node content", token.Line, 0);
        }

        begun = true;
        while (token.Kind is Kind.VersionDirective or Kind.TagDirective)
        {
            if (token.Kind == Kind.VersionDirective && token.Text != "1.1")
                throw Fault("found incompatible YAML document", token.Line, 0);
            if (token.Kind == Kind.TagDirective)
                handles[token.Handle] = token.Text;
            scanner.Take();
            token = scanner.Peek();
        }

        if (token.Kind != Kind.DocumentStart)
            throw Fault("did not find expected <document start>", token.Line, 0);
        scanner.Take();
        return true;
    }

    private Node Compose(int depth, bool block, bool indentless)
    {
        var token = scanner.Peek();
        if (token.Kind == Kind.Alias)
            return Follow(scanner.Take());
        nodes++;
        if (token.Kind is not (Kind.Anchor or Kind.Tag))
            return Content(token.Line, depth, null, block, indentless);

        var start = token.Line;
        string? anchor = null;
        string? tag = null;
        for (; (token.Kind == Kind.Anchor && anchor is null) || (token.Kind == Kind.Tag && tag is null); token = scanner.Peek())
        {
            if (token.Kind == Kind.Anchor)
                anchor = token.Text;
            else
                tag = TagOf(token);
            scanner.Take();
        }

        if (anchor is null)
            return Content(start, depth, tag, block, indentless);
        var before = nodes;
        anchors[anchor] = new Anchor(null, 0);
        var node = Content(start, depth, tag ?? "", block, indentless);
        anchors[anchor] = new Anchor(node, nodes - before + 1);
        return node;
    }

    // A tag that is empty says that only an anchor stood before; null, that nothing did.
    private Node Content(int start, int depth, string? tag, bool block, bool indentless)
    {
        var token = scanner.Peek();
        if (token.Kind == Kind.Scalar)
            return Scalar(scanner.Take(), start, tag ?? "");
        if (depth >= ReadLimits.Depth)
            throw new YamlFaultException(TextFault.TooDeep, $"exceeded max depth of {ReadLimits.Depth}", token.Line + firstLine, 0);
        if (indentless && token.Kind == Kind.BlockEntry)
            return IndentlessSequence(start, depth);
        if (token.Kind == Kind.FlowSequenceStart)
            return FlowSequence(start, depth);
        if (token.Kind == Kind.FlowMappingStart)
            return FlowMapping(start, depth);
        if (block && token.Kind == Kind.BlockSequenceStart)
            return BlockSequence(start, depth);
        if (block && token.Kind == Kind.BlockMappingStart)
            return BlockMapping(start, depth);
        if (tag is not null)
            return Resolve("", tag, start);
        throw Fault("did not find expected node content", token.Line, start);
    }

    private Node Scalar(YamlToken token, int start, string tag)
    {
        if (token.Plain && tag.Length == 0)
            return Resolve(token.Text, "", start);
        return tag.Length == 0 ? Node.String(token.Text, start + firstLine) : Resolve(token.Text, tag == "!" ? "" : tag, start);
    }

    private Node Resolve(string value, string tag, int start)
    {
        var node = YamlScalar.Resolve(value, tag, start + firstLine, out var why);
        return why is null ? node : throw new YamlFaultException(TextFault.Malformed, why, start + firstLine, 0);
    }

    private string TagOf(YamlToken token)
    {
        if (token.Handle.Length == 0)
            return token.Text;
        if (handles.TryGetValue(token.Handle, out var prefix))
            return prefix + token.Text;
        return token.Handle switch
        {
            "!" => "!" + token.Text,
            "!!" => Core + token.Text,
            _ => throw Fault("found undefined tag handle", token.Line, 0),
        };
    }

    private Node Follow(YamlToken alias)
    {
        var name = alias.Text;
        var line = alias.Line + firstLine;
        if (!anchors.TryGetValue(name, out var anchor))
            throw new YamlFaultException(TextFault.Malformed, $"unknown anchor '{name}' referenced", line, 0);
        if (anchor.Node is null)
            throw new YamlFaultException(TextFault.Malformed, $"anchor '{name}' value contains itself", line, 0);
        nodes += anchor.Nodes;
        viaAliases += anchor.Nodes;
        return viaAliases <= ReadLimits.AliasNodes
            ? anchor.Node
            : throw new YamlFaultException(TextFault.TooManyAliases, "document contains excessive aliasing", line, 0);
    }

    private Node BlockSequence(int start, int depth)
    {
        var list = Node.List(start + firstLine);
        var from = scanner.Take().Line;
        while (scanner.Peek().Kind == Kind.BlockEntry)
        {
            var entry = scanner.Take();
            list.Items.Add(scanner.Peek().Kind is Kind.BlockEntry or Kind.BlockEnd ? Node.Null(entry.Line + firstLine) : Compose(depth + 1, true, false));
        }

        if (scanner.Peek().Kind != Kind.BlockEnd)
            throw Fault("did not find expected '-' indicator", scanner.Peek().Line, from);
        scanner.Take();
        return list;
    }

    private Node IndentlessSequence(int start, int depth)
    {
        var list = Node.List(start + firstLine);
        while (scanner.Peek().Kind == Kind.BlockEntry)
        {
            var entry = scanner.Take();
            list.Items.Add(scanner.Peek().Kind is Kind.BlockEntry or Kind.Key or Kind.Value or Kind.BlockEnd
                ? Node.Null(entry.Line + firstLine)
                : Compose(depth + 1, true, false));
        }

        return list;
    }

    private Node BlockMapping(int start, int depth)
    {
        var map = new MapInProgress(this, start);
        var from = scanner.Take().Line;
        while (scanner.Peek().Kind == Kind.Key)
        {
            var mark = scanner.Take().Line;
            var merge = IsMerge(scanner.Peek());
            var key = scanner.Peek().Kind is Kind.Key or Kind.Value or Kind.BlockEnd ? Node.Null(mark + firstLine) : Compose(depth + 1, true, true);
            var value = Node.Null(mark + firstLine);
            if (scanner.Peek().Kind == Kind.Value)
            {
                scanner.Take();
                if (scanner.Peek().Kind is not (Kind.Key or Kind.Value or Kind.BlockEnd))
                    value = Compose(depth + 1, true, true);
            }

            map.Put(key, value, merge);
        }

        if (scanner.Peek().Kind != Kind.BlockEnd)
            throw Fault("did not find expected key", scanner.Peek().Line, from);
        scanner.Take();
        return map.Finish();
    }

    private Node FlowSequence(int start, int depth)
    {
        var list = Node.List(start + firstLine);
        var from = scanner.Take().Line;
        for (var first = true; scanner.Peek().Kind != Kind.FlowSequenceEnd; first = false)
        {
            if (!first)
            {
                if (scanner.Peek().Kind != Kind.FlowEntry)
                    throw Fault("did not find expected ',' or ']'", scanner.Peek().Line, from);
                scanner.Take();
            }

            if (scanner.Peek().Kind == Kind.Key)
                list.Items.Add(Pair(depth + 1));
            else if (scanner.Peek().Kind != Kind.FlowSequenceEnd)
                list.Items.Add(Compose(depth + 1, false, false));
        }

        scanner.Take();
        return list;
    }

    // [a: b] is a list of one map.
    private Node Pair(int depth)
    {
        var mark = scanner.Take().Line;
        var map = new MapInProgress(this, mark);
        nodes++;
        var merge = IsMerge(scanner.Peek());
        var key = scanner.Peek().Kind is Kind.Value or Kind.FlowEntry or Kind.FlowSequenceEnd ? Node.Null(mark + firstLine) : Compose(depth + 1, false, false);
        map.Put(key, FlowValue(Kind.FlowSequenceEnd, mark, depth), merge);
        return map.Finish();
    }

    private Node FlowMapping(int start, int depth)
    {
        var map = new MapInProgress(this, start);
        var from = scanner.Take().Line;
        for (var first = true; scanner.Peek().Kind != Kind.FlowMappingEnd; first = false)
        {
            if (!first)
            {
                if (scanner.Peek().Kind != Kind.FlowEntry)
                    throw Fault("did not find expected ',' or '}'", scanner.Peek().Line, from);
                scanner.Take();
            }

            var mark = scanner.Peek().Line;
            if (scanner.Peek().Kind == Kind.Key)
            {
                scanner.Take();
                var merge = IsMerge(scanner.Peek());
                var key = scanner.Peek().Kind is Kind.Value or Kind.FlowEntry or Kind.FlowMappingEnd
                    ? Node.Null(mark + firstLine)
                    : Compose(depth + 1, false, false);
                map.Put(key, FlowValue(Kind.FlowMappingEnd, mark, depth), merge);
            }
            else if (scanner.Peek().Kind != Kind.FlowMappingEnd)
            {
                var merge = IsMerge(scanner.Peek());
                map.Put(Compose(depth + 1, false, false), Node.Null(mark + firstLine), merge);
            }
        }

        scanner.Take();
        return map.Finish();
    }

    private Node FlowValue(Kind end, int mark, int depth)
    {
        if (scanner.Peek().Kind != Kind.Value)
            return Node.Null(mark + firstLine);
        scanner.Take();
        return scanner.Peek().Kind == Kind.FlowEntry || scanner.Peek().Kind == end ? Node.Null(mark + firstLine) : Compose(depth + 1, false, false);
    }

    private static bool IsMerge(YamlToken token) => token is { Kind: Kind.Scalar, Plain: true, Text: "<<" };

    // The server's reader shows a parser's lines counted from 0, and the context's where that gives 0.
    private YamlFaultException Fault(string problem, int line, int context) =>
        new(TextFault.Malformed, problem, line + firstLine, line > 0 ? line : context);

    private readonly record struct Anchor(Node? Node, int Nodes);

    /// <summary>A map while its entries come in: the last of equal keys wins, and the later ones are noted.</summary>
    private sealed class MapInProgress(YamlComposer composer, int start)
    {
        private const int LinearSearch = 12;
        private readonly Node map = Node.Map(start + composer.firstLine);
        private Dictionary<string, int>? index;

        public void Put(Node key, Node value, bool merge)
        {
            if (merge)
                Merge(value);
            else
                Put(KeyOf(key), value, key.Kind == NodeKind.String);
        }

        // As JSON writes maps: sorted. The order in which the server complains comes from there.
        public Node Finish()
        {
            map.Entries.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
            return map;
        }

        private static string KeyOf(Node key) => key.Kind switch
        {
            NodeKind.String or NodeKind.Number or NodeKind.Bool => key.Text,
            _ => throw new YamlFaultException(TextFault.Malformed, "a map's key must be a string, a number or a boolean", key.Line, 0),
        };

        // go-yaml takes merged keys in their place: a later key repeats them, and strict decoding says so.
        private void Merge(Node value)
        {
            if (value.Kind == NodeKind.List)
            {
                for (var i = value.Items.Count - 1; i >= 0; i--)
                    MergeMap(value.Items[i]);
            }
            else
            {
                MergeMap(value);
            }
        }

        private void MergeMap(Node value)
        {
            if (value.Kind != NodeKind.Map)
                throw new YamlFaultException(TextFault.Malformed, "map merge requires map or sequence of maps as the value", value.Line, 0);
            foreach (var (key, inner) in value.Entries)
                Put(key, inner, true);
        }

        private void Put(string key, Node value, bool quoted)
        {
            var entries = map.Entries;
            var at = Find(entries, key);
            if (at < 0)
            {
                index?.Add(key, entries.Count);
                entries.Add(new(key, value));
                return;
            }

            composer.duplicates.Add(new(value.Line, $"line {value.Line}: key {(quoted ? GoText.Quote(key) : key)} already set in map"));
            entries[at] = new(key, value);
        }

        private int Find(List<KeyValuePair<string, Node>> entries, string key)
        {
            if (entries.Count < LinearSearch)
            {
                for (var i = 0; i < entries.Count; i++)
                {
                    if (entries[i].Key == key)
                        return i;
                }

                return -1;
            }

            if (index is null)
            {
                index = [];
                for (var i = 0; i < entries.Count; i++)
                    index.Add(entries[i].Key, i);
            }

            return index.GetValueOrDefault(key, -1);
        }
    }
}
