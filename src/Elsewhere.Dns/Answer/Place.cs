using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Where in the tree of names a name is.</summary>
internal enum PlaceKind
{
    /// <summary>In no zone of ours.</summary>
    Outside,

    /// <summary>The cluster zone itself.</summary>
    Apex,

    /// <summary><c>svc.ZONE</c> or <c>pod.ZONE</c>: exists, with nothing at it.</summary>
    Branch,

    /// <summary><c>dns-version.ZONE</c>.</summary>
    Version,

    /// <summary><c>ns.dns.ZONE</c>.</summary>
    NameServer,

    /// <summary>In the cluster zone, and not there.</summary>
    Missing,

    /// <summary>In the cluster zone, with a node.</summary>
    Found,

    /// <summary><c>a-b-c-d.NAMESPACE.pod.ZONE</c>, and it spells an address.</summary>
    PodName,

    /// <summary><c>in-addr.arpa</c> or <c>ip6.arpa</c> itself.</summary>
    ReverseApex,

    /// <summary><c>ns.dns</c> of a reverse zone: its SOA names it.</summary>
    ReverseNameServer,

    /// <summary>In a reverse zone, and not the address of anything.</summary>
    ReverseMissing,

    /// <summary>The reverse name of an address that is known.</summary>
    ReverseFound,
}

/// <summary>A question's name with its labels found and its case folded; lives on the stack.</summary>
internal ref struct FoldedName
{
    /// <summary>Room for the name and for the vector that folds its end.</summary>
    public const int BufferLength = DnsName.MaxWireLength + 33;

    private readonly Span<byte> offsets;

    /// <summary>Copies and folds; both buffers are the caller's, <see cref="BufferLength"/> and 128 octets long.</summary>
    public FoldedName(ReadOnlySpan<byte> wire, Span<byte> buffer, Span<byte> offsets)
    {
        wire.CopyTo(buffer);
        for (var i = 0; i < wire.Length; i += Vector128<byte>.Count)
        {
            // Length octets are below 64 and therefore never letters.
            var octets = Vector128.Create<byte>(buffer[i..]);
            var letters = Vector128.LessThan(octets - Vector128.Create((byte)'A'), Vector128.Create((byte)26));
            (octets | (letters & Vector128.Create((byte)0x20))).CopyTo(buffer[i..]);
        }

        this.Wire = buffer[..wire.Length];
        this.offsets = offsets;
        for (var at = 0; this.Wire[at] != 0; at += this.Wire[at] + 1)
            offsets[this.Labels++] = (byte)at;
    }

    public Span<byte> Wire { get; }

    public int Labels { get; }

    public readonly int OffsetOf(int label) => label == this.Labels ? this.Wire.Length - 1 : offsets[label];

    /// <summary>The label without its length octet.</summary>
    public readonly ReadOnlySpan<byte> Label(int label) => this.Wire.Slice(offsets[label] + 1, this.Wire[offsets[label]]);

    /// <summary>Labels from the first to before the last, length octets among them.</summary>
    public readonly ReadOnlySpan<byte> Range(int first, int last) => this.Wire[OffsetOf(first)..OffsetOf(last)];

    public readonly bool EndsWith(ReadOnlySpan<byte> zone, int zoneLabels) =>
        this.Labels >= zoneLabels && this.Wire[OffsetOf(this.Labels - zoneLabels)..].SequenceEqual(zone);
}

/// <summary>A name's place, and what is there.</summary>
internal struct Place
{
    public PlaceKind Kind;

    /// <summary>Where the zone's name begins in the question's name.</summary>
    public int ZoneAt;

    /// <summary>With <see cref="PlaceKind.Found"/> and <see cref="PlaceKind.ReverseFound"/>.</summary>
    public Node Node;
}

public sealed partial class DnsTable
{
    /// <summary>Kind octet of keys that are labels.</summary>
    internal const byte NameKey = 0;

    /// <summary>Kind octet of keys that are addresses.</summary>
    internal const byte AddressKey = 1;

    internal const int MaxKeyLength = DnsName.MaxWireLength + 1;

    /// <summary>A kind octet and an IPv6 address.</summary>
    internal const int MaxAddressKeyLength = 17;

    /// <summary>Finds the place of a name. Allocates nothing.</summary>
    internal Place Locate(scoped in FoldedName name)
    {
        if (name.EndsWith(ZoneFolded, this.ZoneLabels))
            return LocateInZone(name, name.Labels - this.ZoneLabels);
        var four = name.EndsWith("\u0007in-addr\u0004arpa\0"u8, 2);
        return four || name.EndsWith("\u0003ip6\u0004arpa\0"u8, 2) ? LocateReverse(name, name.Labels - 2, four) : default;
    }

    // CoreDNS' plugin/kubernetes: [endpoint | port.protocol].service.namespace.svc.zone, one underscore in front of port and protocol is
    // dropped if it is there, and what is empty then matches all.
    [SkipLocalsInit]
    private Place LocateInZone(scoped in FoldedName name, int labels)
    {
        var place = new Place { Kind = PlaceKind.Missing, ZoneAt = name.OffsetOf(labels) };
        if (labels == 0)
        {
            place.Kind = PlaceKind.Apex;
            return place;
        }

        var branch = name.Label(labels - 1);
        var services = branch.SequenceEqual("svc"u8);
        if (!services && !branch.SequenceEqual("pod"u8))
        {
            if (labels == 1 && branch.SequenceEqual("dns-version"u8))
                place.Kind = PlaceKind.Version;
            else if (labels == 2 && branch.SequenceEqual("dns"u8) && name.Label(0).SequenceEqual("ns"u8))
                place.Kind = PlaceKind.NameServer;
            return place;
        }

        if (labels == 1)
        {
            place.Kind = PlaceKind.Branch;
            return place;
        }

        if (!services)
        {
            LocatePod(name, labels, ref place);
            return place;
        }

        if (labels > 5)
            return place;
        Span<byte> key = stackalloc byte[MaxKeyLength];
        key[0] = NameKey;
        var length = 1;
        var rest = 0;
        if (labels == 5)
        {
            var port = WithoutUnderscore(name.Label(0));
            var protocol = WithoutUnderscore(name.Label(1));
            if (!port.IsEmpty || !protocol.IsEmpty)
            {
                AppendLabel(key, ref length, port);
                AppendLabel(key, ref length, protocol);
            }

            rest = 2;
        }

        var tail = name.Range(rest, labels - 1);
        tail.CopyTo(key[length..]);
        if (TryFind(key[..(length + tail.Length)], out place.Node))
            place.Kind = PlaceKind.Found;
        return place;
    }

    [SkipLocalsInit]
    private void LocatePod(scoped in FoldedName name, int labels, ref Place place)
    {
        if (!this.Parts.Options.PodNames)
            return;
        Span<byte> key = stackalloc byte[DnsName.MaxLabelLength + 2];
        key[0] = NameKey;
        var space = name.Range(labels - 2, labels - 1);
        space.CopyTo(key[1..]);
        if (!TryFind(key[..(space.Length + 1)], out place.Node))
            return;
        Span<byte> address = stackalloc byte[16];
        if (labels == 2)
            place.Kind = PlaceKind.Found;
        else if (labels <= 5 && PodAddress.Parse(name.Label(labels - 3), address) > 0)
            place.Kind = PlaceKind.PodName;
    }

    [SkipLocalsInit]
    private Place LocateReverse(scoped in FoldedName name, int labels, bool four)
    {
        var place = new Place { Kind = PlaceKind.ReverseMissing, ZoneAt = name.OffsetOf(labels) };
        if (labels == 0)
            place.Kind = PlaceKind.ReverseApex;
        else if (labels == 2 && name.Range(0, 2).SequenceEqual("\u0002ns\u0003dns"u8))
            place.Kind = PlaceKind.ReverseNameServer;
        Span<byte> key = stackalloc byte[MaxAddressKeyLength];
        key[0] = AddressKey;
        var length = four ? ReadFour(name, labels, key[1..]) : ReadSix(name, labels, key[1..]);
        if (length > 0 && TryFind(key[..(length + 1)], out place.Node))
            place.Kind = PlaceKind.ReverseFound;
        return place;
    }

    private static int ReadFour(scoped in FoldedName name, int labels, Span<byte> address)
    {
        if (labels != 4)
            return 0;
        for (var i = 0; i < 4; i++)
        {
            var label = name.Label(3 - i);
            if (label.Length > 3 || (label.Length > 1 && label[0] == '0'))
                return 0;
            var value = 0;
            foreach (var digit in label)
            {
                if (digit is < (byte)'0' or > (byte)'9')
                    return 0;
                value = (value * 10) + digit - '0';
            }

            if (value > 255)
                return 0;
            address[i] = (byte)value;
        }

        return 4;
    }

    private static int ReadSix(scoped in FoldedName name, int labels, Span<byte> address)
    {
        if (labels != 32)
            return 0;
        for (var i = 0; i < 32; i++)
        {
            var label = name.Label(31 - i);
            var value = label.Length == 1 ? HexValue(label[0]) : -1;
            if (value < 0)
                return 0;
            address[i / 2] = (byte)((address[i / 2] << 4) | value);
        }

        return 16;
    }

    private static int HexValue(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        _ => -1,
    };

    private static ReadOnlySpan<byte> WithoutUnderscore(ReadOnlySpan<byte> label) => label[0] == '_' ? label[1..] : label;

    private static void AppendLabel(Span<byte> key, ref int length, ReadOnlySpan<byte> label)
    {
        key[length++] = (byte)label.Length;
        label.CopyTo(key[length..]);
        length += label.Length;
    }
}
