using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>A list that hands out its items as a span.</summary>
internal sealed class Pool<T>(int expected)
{
    private T[] items = new T[Math.Max(expected, 16)];

    public int Count { get; private set; }

    /// <summary>The storage itself, until more is added; longer than <see cref="Count"/>.</summary>
    public T[] Items => items;

    public Span<T> Span => items.AsSpan(0, this.Count);

    public int Add(T item)
    {
        Reserve(1);
        items[this.Count++] = item;
        return this.Count - 1;
    }

    public int Add(ReadOnlySpan<T> more)
    {
        Reserve(more.Length);
        more.CopyTo(items.AsSpan(this.Count));
        this.Count += more.Length;
        return this.Count - more.Length;
    }

    private void Reserve(int more)
    {
        if (this.Count + more > items.Length)
            Array.Resize(ref items, Math.Max(items.Length * 2, this.Count + more));
    }
}

/// <summary>One place of the table: a hash and one more than the number of its node, 0 for none.</summary>
internal readonly record struct Slot(uint Hash, int Node);

/// <summary>The storage behind a table: few large arrays, so that a rebuild leaves few objects behind.</summary>
internal sealed class TableParts
{
    /// <param name="options">TTLs and so on.</param>
    /// <param name="zone">The cluster's zone.</param>
    /// <param name="size">How many aliases and slices there are: what most of them need is taken at once.</param>
    /// <param name="previous">The parts of the table before, which the next one will hardly differ from in size; or null.</param>
    public TableParts(DnsTableOptions options, DnsName zone, int size, TableParts? previous = null)
    {
        this.Options = options;
        this.Zone = zone;
        this.Octets = new Pool<byte>(ExpectedOf(previous?.Octets.Count) ?? size * 320);
        this.Nodes = new Pool<Node>(ExpectedOf(previous?.Nodes.Count) ?? size * 5);
        this.Sections = new Pool<Section>(ExpectedOf(previous?.Sections.Count) ?? size * 3);
        this.Fixups = new Pool<Fixup>(ExpectedOf(previous?.Fixups.Count) ?? size);
        this.Ends = new Pool<ushort>(ExpectedOf(previous?.Ends.Count) ?? size * 4);
        this.Chains = new Pool<DnsName[]>(previous?.Chains.Count ?? 0);
        this.Targets = new Pool<DnsName>(previous?.Targets.Count ?? 0);
        this.Blocks = new Pool<AliasBlock>(previous?.Blocks.Count ?? size / 2);
        this.Sections.Add(new Section { Chain = -1 });
    }

    public DnsTableOptions Options { get; }

    public DnsName Zone { get; }

    /// <summary>Keys and sections.</summary>
    public Pool<byte> Octets { get; }

    public Pool<Node> Nodes { get; }

    /// <summary>The first one is nothing.</summary>
    public Pool<Section> Sections { get; }

    public Pool<Fixup> Fixups { get; }

    /// <summary>Where each record of a section ends; only for sections that may have to be truncated.</summary>
    public Pool<ushort> Ends { get; }

    /// <summary>The targets, in order, of aliases that lead out of the zone.</summary>
    public Pool<DnsName[]> Chains { get; }

    /// <summary>What CNAMEs point to.</summary>
    public Pool<DnsName> Targets { get; }

    /// <summary>Where each alias begins, in the order of keys.</summary>
    public Pool<AliasBlock> Blocks { get; }

    /// <summary>Where the last alias ends.</summary>
    public PartsMark BlocksEnd { get; set; }

    /// <summary>NS records of the zone with their addresses, or 0.</summary>
    public int ApexNS { get; set; }

    /// <summary>Addresses of <c>ns.dns.ZONE</c>, or 0.</summary>
    public int NameServerA { get; set; }

    /// <summary>The same for IPv6.</summary>
    public int NameServerAaaa { get; set; }

    /// <summary>The <c>dns-version</c> record.</summary>
    public int Version { get; set; }

    public PartsMark Mark() =>
        new(this.Nodes.Count, this.Sections.Count, this.Octets.Count, this.Fixups.Count, this.Ends.Count, this.Targets.Count);

    public int AddNode(ReadOnlySpan<byte> key, Node node)
    {
        node.KeyAt = this.Octets.Add(key);
        node.KeyLength = key.Length;
        return this.Nodes.Add(node);
    }

    /// <summary>Open addressing with linear probing, at most half full. The first node of a key wins.</summary>
    public Slot[] Index()
    {
        var size = 16;
        while (size < this.Nodes.Count * 2)
            size *= 2;
        var slots = new Slot[size];
        for (var n = 0; n < this.Nodes.Count; n++)
        {
            ref readonly var node = ref this.Nodes.Span[n];
            var hash = DnsTable.Hash(this.Octets.Span.Slice(node.KeyAt, node.KeyLength));
            var i = (int)hash & (size - 1);
            while (slots[i].Node != 0)
                i = (i + 1) & (size - 1);
            slots[i] = new Slot(hash, n + 1);
        }

        return slots;
    }

    // A little more than last time; nothing is asked for where that was nothing.
    private static int? ExpectedOf(int? before) => before > 0 ? before + (before / 64) + 256 : null;
}
