using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>A list that hands out its items as a span.</summary>
internal sealed class Pool<T>
{
    private T[] items = new T[64];

    public int Count { get; private set; }

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

/// <summary>The storage behind a table: few large arrays, so that a rebuild leaves few objects behind.</summary>
internal sealed class TableParts
{
    public TableParts(DnsTableOptions options, DnsName zone)
    {
        this.Options = options;
        this.Zone = zone;
        this.Sections.Add(new Section { Chain = -1 });
    }

    public DnsTableOptions Options { get; }

    public DnsName Zone { get; }

    /// <summary>Keys and sections.</summary>
    public Pool<byte> Octets { get; } = new();

    public Pool<Node> Nodes { get; } = new();

    /// <summary>The first one is nothing.</summary>
    public Pool<Section> Sections { get; } = new();

    public Pool<Fixup> Fixups { get; } = new();

    /// <summary>Where each record of a section ends; only for sections that may have to be truncated.</summary>
    public Pool<ushort> Ends { get; } = new();

    /// <summary>The targets, in order, of aliases that lead out of the zone.</summary>
    public Pool<DnsName[]> Chains { get; } = new();

    /// <summary>What CNAMEs point to.</summary>
    public Pool<DnsName> Targets { get; } = new();

    /// <summary>NS records of the zone with their addresses, or 0.</summary>
    public int ApexNS { get; set; }

    /// <summary>Addresses of <c>ns.dns.ZONE</c>, or 0.</summary>
    public int NameServerA { get; set; }

    /// <summary>The same for IPv6.</summary>
    public int NameServerAaaa { get; set; }

    /// <summary>The <c>dns-version</c> record.</summary>
    public int Version { get; set; }

    public int AddNode(ReadOnlySpan<byte> key, Node node)
    {
        node.KeyAt = this.Octets.Add(key);
        node.KeyLength = key.Length;
        return this.Nodes.Add(node);
    }

    /// <summary>Open addressing with linear probing, at most half full. The first node of a key wins.</summary>
    public (int[] Slots, uint[] Hashes) Index()
    {
        var size = 16;
        while (size < this.Nodes.Count * 2)
            size *= 2;
        var slots = new int[size];
        var hashes = new uint[size];
        for (var n = 0; n < this.Nodes.Count; n++)
        {
            ref readonly var node = ref this.Nodes.Span[n];
            var hash = DnsTable.Hash(this.Octets.Span.Slice(node.KeyAt, node.KeyLength));
            var i = (int)hash & (size - 1);
            while (slots[i] != 0)
                i = (i + 1) & (size - 1);
            slots[i] = n + 1;
            hashes[i] = hash;
        }

        return (slots, hashes);
    }
}
