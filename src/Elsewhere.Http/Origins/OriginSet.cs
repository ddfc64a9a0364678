using System.Net;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>One address that requests of an alias port may be sent to.</summary>
/// <param name="Index">Which of the port's origins it belongs to.</param>
/// <param name="Origin">That origin.</param>
/// <param name="Address">What is known of the address.</param>
/// <param name="Weight">Its share within the priority; at least 1.</param>
public sealed record OriginMember(int Index, GatewayOrigin Origin, AddressState Address, int Weight)
{
    /// <summary>The bit that stands for it among those that a request has tried; beyond the 64th two members share one, which costs a preference only.</summary>
    internal ulong Bit { get; init; }
}

/// <summary>Why this address was picked, or why none was.</summary>
public enum OriginVerdict
{
    /// <summary>It works, as far as is known.</summary>
    Healthy,

    /// <summary>It works, and another one that was tried already would have come first.</summary>
    Another,

    /// <summary>
    /// None works, and one is tried anyway: a check that is wrong, or a failure that is over, must not take down what works; and if nothing does, the client is told
    /// by the real reason. So do Envoy (panic) and the clouds' balancers (fail open).
    /// </summary>
    Panic,

    /// <summary>There is no address: no name has resolved yet, or none of the addresses may be dialled.</summary>
    NoAddress,
}

/// <summary>Where a request goes.</summary>
/// <param name="Verdict">Why there.</param>
/// <param name="Member">Where; null for <see cref="OriginVerdict.NoAddress"/>.</param>
public readonly record struct OriginPick(OriginVerdict Verdict, OriginMember? Member);

/// <summary>
/// The addresses behind one alias port, by priority and weight. Immutable but for whose turn it is; picking takes no lock and allocates nothing. Shares are exact
/// among those that work: a turn of one that does not is passed on by the same rule.
/// </summary>
public sealed class OriginSet
{
    private readonly Group[] groups;
    private readonly int mostFailing;

    /// <summary>Takes the members in the order of the port's origins.</summary>
    /// <param name="members">Every address; may be empty.</param>
    /// <param name="options">How much of it may be ejected.</param>
    public OriginSet(ReadOnlySpan<OriginMember> members, OriginOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var all = new OriginMember[members.Length];
        for (var i = 0; i < all.Length; i++)
            all[i] = members[i] with { Bit = 1UL << (i % 64) };
        Members = Seq.Create<OriginMember>(all);
        groups = [.. all.GroupBy(static member => member.Origin.Priority).OrderBy(static group => group.Key).Select(static group => new Group([.. group]))];
        mostFailing = all.Length * options.MostEjectedPercent / 100;
    }

    /// <summary>Without an address.</summary>
    public static OriginSet Empty { get; } = new([], new OriginOptions());

    /// <summary>The picked address first, then the others of the same origin that work: as long as nothing is known of it, they are raced (RFC 8305).</summary>
    /// <param name="picked">One of the members.</param>
    public Seq<IPAddress> CandidatesOf(OriginMember picked)
    {
        ArgumentNullException.ThrowIfNull(picked);
        if (Members.Count == 1)
            return [picked.Address.Key.Address];
        var all = new List<IPAddress>(Members.Count) { picked.Address.Key.Address };
        foreach (var other in Members)
        {
            if (other.Index == picked.Index && other.Address != picked.Address && other.Address.IsUp)
                all.Add(other.Address.Key.Address);
        }

        return all.ToSeq();
    }

    /// <summary>Every address, in the order of the port's origins.</summary>
    public Seq<OriginMember> Members { get; }

    /// <summary>Picks the address for one try of a request.</summary>
    /// <param name="now">The clock's time.</param>
    /// <param name="tried">What this request has tried already; 0 at first. The pick is added.</param>
    public OriginPick Pick(long now, ref ulong tried)
    {
        if (groups.Length == 0)
            return new OriginPick(OriginVerdict.NoAddress, null);
        var first = groups[0].Next();
        if (first.Address.IsUp && (tried & first.Bit) == 0)
            return Take(OriginVerdict.Healthy, first, ref tried);
        return Search(first, now, ref tried);
    }

    private static OriginPick Take(OriginVerdict verdict, OriginMember member, ref ulong tried)
    {
        tried |= member.Bit;
        return new OriginPick(verdict, member);
    }

    private OriginPick Search(OriginMember first, long now, ref ulong tried)
    {
        // Answers that many give are everybody's fault.
        var believed = FailingOnly() <= mostFailing;
        OriginMember? again = null;
        foreach (var group in groups)
        {
            var candidate = group == groups[0] ? first : group.Next();
            for (var turn = 0; turn < group.Turns; turn++, candidate = group.Next())
            {
                if (!candidate.Address.IsUp && !(candidate.Address.IsOnlyFailing && !believed) && !candidate.Address.TryHalfOpen(now))
                    continue;
                if ((tried & candidate.Bit) == 0)
                    return Take(again is null && group == groups[0] ? OriginVerdict.Healthy : OriginVerdict.Another, candidate, ref tried);
                again ??= candidate;
            }
        }

        return again is not null ? Take(OriginVerdict.Another, again, ref tried) : Take(OriginVerdict.Panic, LeastBad(first, tried), ref tried);
    }

    // What can be connected to, before what cannot; what this request has not tried, before what it has.
    private OriginMember LeastBad(OriginMember first, ulong tried)
    {
        var best = first;
        foreach (var group in groups)
        {
            foreach (var member in group.Members)
            {
                if (Badness(member, tried) < Badness(best, tried))
                    best = member;
            }
        }

        return best;
    }

    private static int Badness(OriginMember member, ulong tried) =>
        (member.Address.Health.HasFlag(AddressHealth.Unreachable) ? 2 : 0) + ((tried & member.Bit) != 0 ? 1 : 0);

    private int FailingOnly()
    {
        var count = 0;
        foreach (var member in Members)
        {
            if (member.Address.IsOnlyFailing)
                count++;
        }

        return count;
    }

    private sealed class Group
    {
        private readonly ushort[] schedule;
        private uint turn = uint.MaxValue;

        public Group(OriginMember[] members)
        {
            Members = members;
            schedule = Shares.Schedule([.. members.Select(static member => member.Weight)]);
        }

        public OriginMember[] Members { get; }

        public int Turns => schedule.Length;

        public OriginMember Next() => schedule.Length == 1 ? Members[0] : Members[schedule[Interlocked.Increment(ref turn) % (uint)schedule.Length]];
    }
}
