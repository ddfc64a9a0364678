using System.Net;

namespace Elsewhere.Model;

/// <summary>Whether an origin may be used, and at which addresses.</summary>
/// <param name="IsAllowed">Whether it may be used at all.</param>
/// <param name="Within">The ranges that it may be dialled in; empty for any. What <see cref="DialGuard"/> refuses is not dialled for all that.</param>
/// <param name="Policies">The policies that speak about the namespace, by name.</param>
/// <param name="Broken">Those of them that do not count as they were meant, and therefore allow nothing.</param>
public sealed record OriginPermit(bool IsAllowed, Seq<Cidr> Within, Seq<string> Policies, Seq<string> Broken = default)
{
    /// <summary>The end of a sentence that starts with an address in none of the ranges; for findings and answers.</summary>
    public const string Outside = "is in no range that an AliasPolicy allows here";

    /// <summary>No policy speaks about it.</summary>
    public static OriginPermit Anything { get; } = new(true, [], []);

    /// <summary>
    /// Whether an address lies in one of the ranges; in no range at all, any does. An IPv4-mapped address counts as the IPv4 address that is dialled. Any other IPv6
    /// address that leads to an IPv4 address (NAT64, 6to4 ...) must be allowed as both: by <c>::/0</c> alone it would lead around the IPv4 ranges.
    /// </summary>
    /// <param name="within">The ranges.</param>
    /// <param name="address">The address about to be dialled.</param>
    public static bool Admits(Seq<Cidr> within, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (within.IsEmpty)
            return true;
        var dialled = IPText.Unmap(address);
        return LiesIn(within, dialled) && (DialGuard.FindIPv4(dialled) is not { } behind || LiesIn(within, behind));
    }

    private static bool LiesIn(Seq<Cidr> within, IPAddress address)
    {
        foreach (var range in within)
        {
            if (range.Contains(address))
                return true;
        }

        return false;
    }
}
