using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>
/// Decides on an address right before it is dialled. The decision is on the resolved address, not on the name: a name may lead anywhere, and somewhere else a
/// second later (DNS rebinding).
/// </summary>
public static class DialGuard
{
    private const uint AzureWireServer = 0xa83f8110;
    private const uint AlibabaMetadata = 0x646464c8;
    private const uint CommonMetadata = 0xa9fea9fe;

    // fd00:ec2::254 (Amazon) and fd20:ce::254 (Google).
    private static readonly UInt128 AmazonMetadata6 = new(0xfd00_0ec2_0000_0000, 0x254);
    private static readonly UInt128 GoogleMetadata6 = new(0xfd20_00ce_0000_0000, 0x254);

    /// <summary>
    /// The verdict on one address. An IPv6 address that stands for an IPv4 address (IPv4-mapped, IPv4-compatible, IPv4-translated, NAT64, 6to4) has the verdict of
    /// that address too. Metadata, link-local, multicast, reserved and unspecified addresses are refused whatever the policy says.
    /// </summary>
    /// <param name="address">The address about to be dialled.</param>
    /// <param name="policy">What else is wanted.</param>
    public static DialVerdict Check(IPAddress address, DialPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(policy);
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return Check4(ToNumber4(address), policy);
        var number = ToNumber6(address);
        if (TryFindIPv4(number, out var embedded))
        {
            var verdict = Check4(embedded, policy);
            if (verdict != DialVerdict.Allowed || address.IsIPv4MappedToIPv6)
                return Listed(number, AddressFamily.InterNetworkV6, policy) == DialVerdict.Denied ? DialVerdict.Denied : verdict;
        }

        return Decide(Classify6(number), number, AddressFamily.InterNetworkV6, policy);
    }

    /// <summary>Whether an address is never dialled, whatever anybody allows.</summary>
    /// <param name="address">The address.</param>
    public static bool IsNever(IPAddress address) => Check(address, DialPolicy.OneMachine) != DialVerdict.Allowed;

    /// <summary>The IPv4 address that an IPv6 address stands for, and where its packets end up; null if it stands for none, or is an IPv4 address itself.</summary>
    internal static IPAddress? FindIPv4(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork || !TryFindIPv4(ToNumber6(address), out var embedded))
            return null;
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, embedded);
        return new IPAddress(octets);
    }

    /// <summary>The verdict as the end of a sentence that starts with the address; for findings and logs.</summary>
    public static string Explain(DialVerdict verdict) => verdict switch
    {
        DialVerdict.Allowed => "may be dialled",
        DialVerdict.Unspecified => "is the unspecified address, which no origin has",
        DialVerdict.Loopback => "is a loopback address, which is not allowed here",
        DialVerdict.LinkLocal => "is a link-local address, which is never dialled",
        DialVerdict.Metadata => "is a cloud's metadata service, which is never dialled",
        DialVerdict.Multicast => "is a multicast address, which no origin has",
        DialVerdict.Reserved => "is a reserved address, which no origin has",
        DialVerdict.Private => "is a private address, which is not allowed here",
        DialVerdict.Denied => "is in a denied range",
    };

    private static DialVerdict Check4(uint address, DialPolicy policy) => Decide(Classify4(address), address, AddressFamily.InterNetwork, policy);

    private static DialVerdict Decide(DialVerdict kind, UInt128 address, AddressFamily family, DialPolicy policy)
    {
        switch (kind)
        {
            case DialVerdict.Unspecified:
            case DialVerdict.LinkLocal:
            case DialVerdict.Metadata:
            case DialVerdict.Multicast:
            case DialVerdict.Reserved:
            case DialVerdict.Denied:
                return kind;
            case DialVerdict.Loopback:
                return Listed(address, family, policy) ?? (policy.LoopbackAllowed ? DialVerdict.Allowed : kind);
            case DialVerdict.Private:
                return Listed(address, family, policy) ?? (policy.PrivateAllowed ? DialVerdict.Allowed : kind);
            case DialVerdict.Allowed:
                return Listed(address, family, policy) ?? kind;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    private static DialVerdict? Listed(UInt128 address, AddressFamily family, DialPolicy policy)
    {
        var denied = LongestPrefix(policy.Deny, address, family);
        var allowed = LongestPrefix(policy.Allow, address, family);
        if (denied < 0 && allowed < 0)
            return null;
        return denied >= allowed ? DialVerdict.Denied : DialVerdict.Allowed;
    }

    private static int LongestPrefix(Seq<Cidr> ranges, UInt128 address, AddressFamily family)
    {
        var longest = -1;
        foreach (var range in ranges)
        {
            if (range.Family != family || range.PrefixLength <= longest)
                continue;
            var bits = family == AddressFamily.InterNetwork ? 32 : 128;
            var network = bits == 32 ? ToNumber4(range.Network) : ToNumber6(range.Network);
            if (range.PrefixLength == 0 || (address ^ network) >> (bits - range.PrefixLength) == 0)
                longest = range.PrefixLength;
        }

        return longest;
    }

    private static DialVerdict Classify4(uint address) => address switch
    {
        CommonMetadata or AzureWireServer or AlibabaMetadata => DialVerdict.Metadata,
        <= 0x00ffffff => DialVerdict.Unspecified,
        >= 0x7f000000 and <= 0x7fffffff => DialVerdict.Loopback,
        >= 0xa9fe0000 and <= 0xa9feffff => DialVerdict.LinkLocal,
        >= 0xe0000000 and <= 0xefffffff => DialVerdict.Multicast,
        >= 0xf0000000 => DialVerdict.Reserved,
        >= 0x0a000000 and <= 0x0affffff => DialVerdict.Private,
        >= 0xac100000 and <= 0xac1fffff => DialVerdict.Private,
        >= 0xc0a80000 and <= 0xc0a8ffff => DialVerdict.Private,
        >= 0x64400000 and <= 0x647fffff => DialVerdict.Private,
        _ => DialVerdict.Allowed,
    };

    private static DialVerdict Classify6(UInt128 address)
    {
        if (address == UInt128.Zero)
            return DialVerdict.Unspecified;
        if (address == UInt128.One)
            return DialVerdict.Loopback;
        if (address == AmazonMetadata6 || address == GoogleMetadata6)
            return DialVerdict.Metadata;
        var top = (ushort)(address >> 112);
        if (top >= 0xff00)
            return DialVerdict.Multicast;
        if ((top & 0xffc0) == 0xfe80)
            return DialVerdict.LinkLocal;
        return (top & 0xfe00) == 0xfc00 ? DialVerdict.Private : DialVerdict.Allowed;
    }

    private static bool TryFindIPv4(UInt128 address, out uint embedded)
    {
        embedded = (uint)address;
        var high = (ulong)(address >> 64);
        var middle = (uint)(address >> 32);
        if (high == 0)
        {
            // ::1 and :: are themselves, not the IPv4-compatible forms of 0.0.0.1 and 0.0.0.0.
            return middle is 0x0000ffff or 0xffff0000 || (middle == 0 && embedded > 1);
        }

        if ((high == 0x0064_ff9b_0000_0000 && middle == 0) || high >> 16 == 0x0064_ff9b_0001)
            return true;
        if (high >> 48 != 0x2002)
            return false;
        embedded = (uint)(high >> 16);
        return true;
    }

    private static uint ToNumber4(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[4];
        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt32BigEndian(octets);
    }

    private static UInt128 ToNumber6(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(octets);
    }
}
