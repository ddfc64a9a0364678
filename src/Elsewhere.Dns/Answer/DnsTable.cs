using System.Buffers.Binary;
using System.Numerics;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What there is at a name.</summary>
internal enum NodeKind : byte
{
    /// <summary>A namespace: it exists, with nothing at it.</summary>
    Namespace,

    /// <summary>A Service, a port of it, or an endpoint.</summary>
    Service,

    /// <summary>A CNAME.</summary>
    Alias,

    /// <summary>An address, by its reverse name.</summary>
    Address,
}

/// <summary>One name of the table. The numbers of sections are 0 where there is nothing of that type.</summary>
internal struct Node
{
    public int KeyAt;
    public int KeyLength;
    public int A;
    public int Aaaa;
    public int Srv;
    public int Cname;
    public int Ptr;

    /// <summary>Where the CNAME points: one more than the index among the targets, 0 for none.</summary>
    public int Target;

    public NodeKind Kind;
}

/// <summary>
/// Records in wire format, ready to be copied behind a question. Names inside point with <see cref="Fixup"/>s, since where the section lands
/// depends on the length of the question. The last records may be a ring: of one size, at one owner, so that they can be rotated.
/// </summary>
internal struct Section
{
    public int At;
    public int Length;
    public int FixupsAt;
    public int FixupCount;
    public int EndsAt;
    public ushort Answers;
    public ushort Additionals;
    public ushort RingCount;
    public ushort RingSize;

    /// <summary>Which chain ends outside of the zone and wants to be completed; -1 for none.</summary>
    public int Chain;

    /// <summary>Not even a message over TCP holds all records.</summary>
    public bool Cut;
}

/// <summary>A compression pointer: from the section's start if not negative, back from the end of the question's name if negative.</summary>
internal readonly record struct Fixup(ushort Position, short Value);

/// <summary>
/// Everything that the server is authoritative for, immutable: an open-addressing table from name to records that are already in wire format.
/// Built as a whole from a snapshot, published by replacing the reference.
/// </summary>
public sealed partial class DnsTable
{
    // Keys of the table come from users of the cluster; they cannot know which of them collide.
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly Slot[] slots;
    private Node[] nodes;
    private byte[] octets;
    private int goesOn;

    private DnsTable(DnsName zone, AliasSnapshot? snapshot, TableParts parts)
    {
        this.Zone = zone;
        this.Snapshot = snapshot;
        ZoneFolded = Fold(zone.Wire);
        this.ZoneLabels = zone.LabelCount;
        this.Parts = parts;
        parts.Index ??= NameIndex.Of(parts);
        (this.NameCount, slots) = (parts.Index.Count, parts.Index.Slots);
        (nodes, octets) = (parts.Nodes.Items, parts.Octets.Items);
    }

    /// <summary>The cluster's zone.</summary>
    public DnsName Zone { get; }

    /// <summary>Whether a snapshot is behind it. Before that nothing is known, and nothing is denied: every name of the zone is SERVFAIL.</summary>
    public bool Synced => this.Snapshot is not null;

    /// <summary>How many names there are, reverse names among them.</summary>
    public int NameCount { get; }

    /// <summary>What is in it; null before the first one.</summary>
    internal AliasSnapshot? Snapshot { get; }

    internal byte[] ZoneFolded { get; }

    internal int ZoneLabels { get; }

    internal TableParts Parts { get; }

    /// <summary>The table before the first snapshot is there.</summary>
    /// <param name="zone">The cluster's zone.</param>
    public static DnsTable NotSynced(DnsName zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return new DnsTable(zone, snapshot: null, new TableParts(DnsTableOptions.Default, zone, size: 0));
    }

    /// <summary>Builds the table of a snapshot. Pure; 10,000 aliases take some milliseconds, and a fraction of one if few of them differ from those of the table before.</summary>
    /// <param name="snapshot">The aliases, their endpoints and the namespaces.</param>
    /// <param name="options">TTLs and the server's own addresses.</param>
    /// <param name="previous">A table that was built before, or null: what it holds of aliases that are the same instances is not written again.
    /// It never changes what is answered, by neither of the two.</param>
    public static DnsTable Build(AliasSnapshot snapshot, DnsTableOptions options, DnsTable? previous = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(options);
        var same = previous is { Synced: true } && previous.Zone == snapshot.ClusterDomain && previous.Parts.Options with { Serial = options.Serial } == options;
        var first = 0;
        var updated = same ? TableUpdate.Apply(previous!, snapshot, options, out first) : null;
        var table = new DnsTable(snapshot.ClusterDomain, snapshot, updated ?? TableBuilder.Build(snapshot, options));
        AliasChains.Complete(table, updated is null ? 0 : first);

        // Completing may have moved them to larger arrays.
        (table.nodes, table.octets) = (table.Parts.Nodes.Items, table.Parts.Octets.Items);
        return table;
    }

    /// <summary>Whether a table may be made behind this one, in the same storage: one only.</summary>
    internal bool TryGoOn() => Interlocked.Exchange(ref goesOn, 1) == 0;

    /// <summary>Finds a key: a kind octet, then folded labels or an address.</summary>
    internal bool TryFind(ReadOnlySpan<byte> key, out Node node)
    {
        var hash = Hash(key);
        var mask = slots.Length - 1;
        for (var i = (int)hash & mask; slots[i].Node != 0; i = (i + 1) & mask)
        {
            if (slots[i].Hash != hash)
                continue;
            ref readonly var found = ref nodes[slots[i].Node - 1];
            if (octets.AsSpan(found.KeyAt, found.KeyLength).SequenceEqual(key))
            {
                node = found;
                return true;
            }
        }

        node = default;
        return false;
    }

    internal static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ ((ulong)key.Length * 0x9e3779b97f4a7c15);
        for (; key.Length >= 8; key = key[8..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key));
        ulong rest = 0;
        foreach (var octet in key)
            rest = (rest << 8) | octet;
        hash = Mix(hash ^ rest);
        return (uint)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, 0xd6e8feb86659fd93, out var low);
        return BitOperations.RotateLeft(high, 23) ^ low;
    }

    private static byte[] Fold(ReadOnlySpan<byte> wire)
    {
        var folded = wire.ToArray();
        for (var i = 0; i < folded.Length; i++)
            folded[i] = DnsName.Fold(folded[i]);
        return folded;
    }
}
