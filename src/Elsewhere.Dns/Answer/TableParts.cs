using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>A list that hands out its items as a span.</summary>
internal sealed class Pool<T>
{
    private T[] items;

    public Pool(int expected) => items = new T[Math.Max(expected, 16)];

    /// <summary>Goes on behind what another one holds, in the same storage: only one may do that, and nobody may add to the other one any more.</summary>
    public Pool(Pool<T> before) => (items, this.Count) = (before.items, before.Count);

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

/// <summary>
/// The storage behind a table: few large arrays, so that a table leaves few objects behind. A table that follows another one goes on in the same arrays: what the
/// former reads of them never changes.
/// </summary>
internal sealed class TableParts
{
    /// <param name="options">TTLs and so on.</param>
    /// <param name="zone">The cluster's zone.</param>
    /// <param name="size">How many aliases and slices there are: what most of them need is taken at once.</param>
    public TableParts(DnsTableOptions options, DnsName zone, int size)
    {
        this.Options = options;
        this.Zone = zone;
        this.Octets = new Pool<byte>(size * 320);
        this.Nodes = new Pool<Node>(size * 5);
        this.Sections = new Pool<Section>(size * 3);
        this.Fixups = new Pool<Fixup>(size);
        this.Ends = new Pool<ushort>(size * 4);
        this.Chains = new Pool<DnsName[]>(0);
        this.Targets = new Pool<DnsName>(0);
        this.Sections.Add(new Section { Chain = -1 });
    }

    /// <summary>Goes on behind the parts of a former table, which still reads its own.</summary>
    /// <param name="options">They differ in the serial number at most.</param>
    /// <param name="before">The former parts.</param>
    public TableParts(DnsTableOptions options, TableParts before)
    {
        this.Options = options;
        this.Zone = before.Zone;
        this.Octets = new Pool<byte>(before.Octets);
        this.Nodes = new Pool<Node>(before.Nodes);
        this.Sections = new Pool<Section>(before.Sections);
        this.Fixups = new Pool<Fixup>(before.Fixups);
        this.Ends = new Pool<ushort>(before.Ends);
        this.Chains = new Pool<DnsName[]>(before.Chains);
        this.Targets = new Pool<DnsName>(before.Targets);
        this.Index = before.Index!.Copy();
        this.Version = before.Version;
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

    /// <summary>Finds the nodes; null while a whole table is being written.</summary>
    public NameIndex? Index { get; set; }

    /// <summary>The zone's name servers with their addresses.</summary>
    public List<NameServer> Servers { get; set; } = [];

    /// <summary>NS records of the zone with their addresses, or 0.</summary>
    public int ApexNS { get; set; }

    /// <summary>Addresses of <c>ns.dns.ZONE</c>, or 0.</summary>
    public int NameServerA { get; set; }

    /// <summary>The same for IPv6.</summary>
    public int NameServerAaaa { get; set; }

    /// <summary>The <c>dns-version</c> record.</summary>
    public int Version { get; set; }

    public ReadOnlySpan<byte> KeyOf(int node)
    {
        ref readonly var of = ref this.Nodes.Span[node];
        return this.Octets.Span.Slice(of.KeyAt, of.KeyLength);
    }

    public void AddNode(ReadOnlySpan<byte> key, Node node)
    {
        node.KeyAt = this.Octets.Add(key);
        node.KeyLength = key.Length;
        var number = this.Nodes.Add(node);
        this.Index?.Add(this, number);
    }
}
