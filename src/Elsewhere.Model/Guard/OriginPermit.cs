using System.Net;

namespace Elsewhere.Model;

/// <summary>Whether an origin may be used, and at which addresses.</summary>
/// <param name="IsAllowed">Whether it may be used at all.</param>
/// <param name="Within">The ranges that it may be dialled in; empty for any. What <see cref="DialGuard"/> refuses is not dialled for all that.</param>
/// <param name="Policies">The policies that speak about the namespace, by name.</param>
public sealed record OriginPermit(bool IsAllowed, Seq<Cidr> Within, Seq<string> Policies)
{
    /// <summary>No policy speaks about it.</summary>
    public static OriginPermit Anything { get; } = new(true, [], []);

    /// <summary>Whether an address lies in one of the ranges; in no range at all, any does. An IPv4-mapped address counts as the IPv4 address that is dialled.</summary>
    /// <param name="within">The ranges.</param>
    /// <param name="address">The address about to be dialled.</param>
    public static bool Admits(Seq<Cidr> within, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (within.IsEmpty)
            return true;
        var dialled = IPText.Unmap(address);
        foreach (var range in within)
        {
            if (range.Contains(dialled))
                return true;
        }

        return false;
    }
}
