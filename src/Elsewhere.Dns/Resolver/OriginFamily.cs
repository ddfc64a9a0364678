using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>How an attempt to resolve one family of a name ended.</summary>
internal enum FamilyOutcome
{
    /// <summary>With addresses.</summary>
    Addresses,

    /// <summary>NXDOMAIN.</summary>
    NoName,

    /// <summary>The name exists and has no such address.</summary>
    NoData,

    /// <summary>No server answered.</summary>
    NoAnswer,

    /// <summary>A server answered with an error.</summary>
    ServerError,

    /// <summary>The chain of CNAMEs loops, is too long, or breaks off.</summary>
    BrokenChain,
}

/// <summary>One answer, of one family.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Addresses">The addresses, if it ended so.</param>
/// <param name="Ttl">The least TTL of the whole chain, or how long the denial holds; null where there is none.</param>
internal readonly record struct FamilyAnswer(FamilyOutcome Outcome, Seq<IPAddress> Addresses, TimeSpan? Ttl)
{
    public bool IsDenial => Outcome is FamilyOutcome.NoName or FamilyOutcome.NoData;
}

/// <summary>An address that the last answer did not have.</summary>
/// <param name="Address">The address.</param>
/// <param name="Until">When it is forgotten, unless an answer has it again.</param>
internal sealed record Lingering(IPAddress Address, DateTimeOffset Until);

/// <summary>
/// What is kept of one family of a name. Pure: each answer makes the next value.
/// </summary>
/// <param name="Current">The last good answer, sorted.</param>
/// <param name="Past">What earlier answers had.</param>
/// <param name="Ttl">Of the last good answer.</param>
/// <param name="Outcome">How the last attempt ended; null before the first.</param>
/// <param name="DeniedSince">Since when servers deny; null if they do not.</param>
internal sealed record OriginFamily(Seq<IPAddress> Current, Seq<Lingering> Past, TimeSpan Ttl, FamilyOutcome? Outcome, DateTimeOffset? DeniedSince)
{
    public static OriginFamily Empty { get; } = new([], [], TimeSpan.Zero, Outcome: null, DeniedSince: null);

    /// <summary>Until when held addresses stay although they are denied; null if nothing is held against a denial.</summary>
    public DateTimeOffset? HeldUntil(OriginTrackerOptions options) =>
        DeniedSince is { } since && !Current.IsEmpty ? since + options.DenialHold : null;

    public OriginFamily Next(FamilyAnswer answer, DateTimeOffset now, OriginTrackerOptions options)
    {
        switch (answer.Outcome)
        {
            case FamilyOutcome.Addresses:
                var current = answer.Addresses.Distinct().OrderBy(address => address, AddressOrder.Instance).ToSeq();
                var ttl = answer.Ttl ?? options.MinTtl;
                return new OriginFamily(current, NextPast(current, ttl, now, options), ttl, answer.Outcome, DeniedSince: null);
            case FamilyOutcome.NoName or FamilyOutcome.NoData:
                var since = DeniedSince ?? now;
                return now - since < options.DenialHold && !Current.IsEmpty
                    ? this with { Outcome = answer.Outcome, DeniedSince = since }
                    : Empty with { Outcome = answer.Outcome, DeniedSince = since };
            case FamilyOutcome.NoAnswer or FamilyOutcome.ServerError or FamilyOutcome.BrokenChain:
                return this with { Outcome = answer.Outcome };
            default:
                throw new ArgumentOutOfRangeException(nameof(answer));
        }
    }

    private Seq<Lingering> NextPast(Seq<IPAddress> current, TimeSpan ttl, DateTimeOffset now, OriginTrackerOptions options)
    {
        var linger = ttl > options.MinLinger ? ttl : options.MinLinger;
        var gone = Current.Where(address => !current.Contains(address)).Select(address => new Lingering(address, now + linger));
        return Past.Where(past => past.Until > now && !current.Contains(past.Address)).Concat(gone).OrderBy(past => past.Address, AddressOrder.Instance).ToSeq();
    }
}

/// <summary>IPv4 first, then by octets.</summary>
internal sealed class AddressOrder : IComparer<IPAddress>
{
    public static AddressOrder Instance { get; } = new();

    public int Compare(IPAddress? x, IPAddress? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        Span<byte> left = stackalloc byte[16], right = stackalloc byte[16];
        x.TryWriteBytes(left, out var leftLength);
        y.TryWriteBytes(right, out var rightLength);
        return leftLength != rightLength ? leftLength - rightLength : left[..leftLength].SequenceCompareTo(right[..rightLength]);
    }
}
