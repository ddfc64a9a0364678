using System.Globalization;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Both families of a name, and what follows from them: the state that is published, and when to ask again. Pure.</summary>
/// <param name="A">IPv4.</param>
/// <param name="Aaaa">IPv6.</param>
/// <param name="State">What is published.</param>
/// <param name="Failures">Attempts in a row in which no family got an answer.</param>
/// <param name="Again">When to ask again, counted from the attempt.</param>
internal sealed record OriginRecord(OriginFamily A, OriginFamily Aaaa, OriginState State, int Failures, TimeSpan Again)
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostJitter = TimeSpan.FromSeconds(0.75);

    public static OriginRecord New(DnsName name) =>
        new(OriginFamily.Empty, OriginFamily.Empty, new OriginState(name, [], TimeSpan.Zero, ResolvedAt: null, Problem: null), 0, TimeSpan.Zero);

    /// <summary>The record after one more attempt.</summary>
    /// <param name="a">What came for IPv4.</param>
    /// <param name="aaaa">What came for IPv6.</param>
    /// <param name="now">The time.</param>
    /// <param name="jitter">0 to 1, so that names with one TTL do not stay in step.</param>
    /// <param name="options">TTL limits and holds.</param>
    public OriginRecord Next(FamilyAnswer a, FamilyAnswer aaaa, DateTimeOffset now, double jitter, OriginTrackerOptions options)
    {
        OriginFamily nextA = A.Next(a, now, options), nextAaaa = Aaaa.Next(aaaa, now, options);
        var good = a.Outcome == FamilyOutcome.Addresses || aaaa.Outcome == FamilyOutcome.Addresses;
        var denied = !good && a.IsDenial && aaaa.IsDenial;
        var failures = good || denied ? 0 : Failures + 1;
        var ttl = good ? Clamp(Least(a, aaaa), options.MinTtl, options.MaxTtl) : State.Ttl;
        var again = good ? ttl : denied ? Clamp(Least(a, aaaa), options.MinTtl, LongestRetry) : Retry(failures);
        foreach (var held in new[] { nextA.HeldUntil(options), nextAaaa.HeldUntil(options) })
        {
            if (held is { } until && until > now && until - now < again)
                again = until - now;
        }

        var state = new OriginState(
            State.Name,
            [.. nextA.Current, .. nextAaaa.Current],
            ttl,
            good ? now : State.ResolvedAt,
            Problem(nextA, nextAaaa, good, options),
            [.. nextA.Past.Select(past => past.Address), .. nextAaaa.Past.Select(past => past.Address)]);
        var spread = again * 0.05 < MostJitter ? again * 0.05 : MostJitter;
        return new OriginRecord(nextA, nextAaaa, state, failures, again + (spread * jitter));
    }

    /// <summary>Whether readers would see a difference; the time of the answer alone is none.</summary>
    public static bool Differs(OriginState left, OriginState right) =>
        left.Addresses != right.Addresses || left.Lingering != right.Lingering || left.Problem != right.Problem || left.ResolvedAt is null != right.ResolvedAt is null;

    private static TimeSpan Least(FamilyAnswer a, FamilyAnswer aaaa)
    {
        var relevant = new[] { a, aaaa };
        var good = relevant.Where(answer => answer.Outcome == FamilyOutcome.Addresses).ToArray();
        return (good.Length > 0 ? good : relevant).Min(answer => answer.Ttl ?? TimeSpan.Zero);
    }

    private static TimeSpan Retry(int failures)
    {
        var pause = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures - 1, 10)));
        return pause < LongestRetry ? pause : LongestRetry;
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value < least ? least : value > most ? most : value;

    // A family that never had an address and fails while the other one answers is no problem of the origin.
    private static string? Problem(OriginFamily a, OriginFamily aaaa, bool good, OriginTrackerOptions options)
    {
        if (good)
        {
            var hurt = new[] { a, aaaa }.FirstOrDefault(family => family.Outcome != FamilyOutcome.Addresses && !family.Current.IsEmpty);
            return hurt is null ? null : $"{(hurt == a ? "IPv4" : "IPv6")}: {Explain(hurt, options)}";
        }

        var worse = a.Outcome is FamilyOutcome.NoName or FamilyOutcome.NoData && aaaa.Outcome is not (FamilyOutcome.NoName or FamilyOutcome.NoData) ? aaaa : a;
        var held = !a.Current.IsEmpty ? a : aaaa;
        return Explain(worse with { Current = held.Current, DeniedSince = held.DeniedSince ?? worse.DeniedSince }, options);
    }

    private static string Explain(OriginFamily family, OriginTrackerOptions options)
    {
        var what = family.Outcome switch
        {
            FamilyOutcome.NoName => "the name does not exist (NXDOMAIN)",
            FamilyOutcome.NoData => "the name has no address",
            FamilyOutcome.NoAnswer => "no DNS server answers",
            FamilyOutcome.ServerError => "the DNS servers answer with an error (SERVFAIL)",
            FamilyOutcome.BrokenChain => "its chain of CNAMEs loops or does not end",
            FamilyOutcome.Addresses or null => throw new InvalidOperationException("a family that resolved has no problem to explain"),
        };
        if (family.Current.IsEmpty)
            return what;
        return family.Outcome is FamilyOutcome.NoName or FamilyOutcome.NoData && family.HeldUntil(options) is { } until
            ? string.Create(CultureInfo.InvariantCulture, $"{what}; its last addresses are kept until {until.UtcDateTime:HH:mm:ss} UTC")
            : $"{what}; its last addresses are kept";
    }
}
