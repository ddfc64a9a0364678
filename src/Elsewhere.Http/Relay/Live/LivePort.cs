using System.Collections.Frozen;
using System.Net;

namespace Elsewhere.Http.Relay.Live;

/// <summary>One entry of the table with what is known of its targets; replaced as a whole when the entry changes.</summary>
internal sealed class LivePort
{
    private const int MostTries = 64;
    private readonly Group[] groups;
    private readonly FrozenSet<TargetState>? set;

    private LivePort(RelayEntry entry, RelayCounters counters, Group[] groups, TargetState[] all, TargetState[] lingering, Affinity? affinity)
    {
        (this.Entry, this.Counters, this.groups, this.All, this.Lingering, this.Affinity) = (entry, counters, groups, all, lingering, affinity);
        this.Tries = Math.Min(all.Length, MostTries);
        set = all.Length > 8 ? all.ToFrozenSet() : null;
    }

    public RelayEntry Entry { get; }

    public RelayCounters Counters { get; }

    /// <summary>What may be dialled.</summary>
    public TargetState[] All { get; }

    /// <summary>What is dialled no more, but may keep what it has.</summary>
    public TargetState[] Lingering { get; }

    public Affinity? Affinity { get; }

    /// <summary>How many targets one connection tries at most.</summary>
    public int Tries { get; }

    public static LivePort Create(RelayEntry entry, RelayCounters counters, Func<RelayTarget, TargetState> stateOf, Affinity? affinity)
    {
        var all = new TargetState[entry.Targets.Count];
        var groups = new List<Group>(1);
        for (var start = 0; start < all.Length;)
        {
            var end = start;
            while (end < all.Length && entry.Targets[end].Priority == entry.Targets[start].Priority)
            {
                all[end] = stateOf(entry.Targets[end]);
                end++;
            }

            var weights = new int[end - start];
            for (var i = start; i < end; i++)
                weights[i - start] = entry.Targets[i].Weight;
            groups.Add(new Group(start, end - start, Shares.Schedule(weights)));
            start = end;
        }

        return new LivePort(entry, counters, [.. groups], all, entry.Lingering.IsEmpty ? [] : [.. entry.Lingering.Select(stateOf)], affinity);
    }

    /// <summary>Whether what is open to a target may stay.</summary>
    public bool Leads(TargetState target) => Dials(target) || Array.IndexOf(Lingering, target) >= 0;

    private bool Dials(TargetState target) => set is null ? Array.IndexOf(All, target) >= 0 : set.Contains(target);

    /// <summary>
    /// The order in which one connection tries the targets: the one its client is bound to, then by priority whose turn it is and the ones
    /// after it, and those that failed just now at the very end, since any target that may work is better.
    /// </summary>
    /// <param name="client">Who connects; asked for only where clients are bound to targets.</param>
    /// <param name="turn">The listener's count of turns.</param>
    /// <param name="now">The clock.</param>
    /// <param name="order">Room for <see cref="Tries"/>.</param>
    /// <returns>How many there are.</returns>
    public int Order(IPAddress? client, ref uint turn, long now, Span<TargetState> order)
    {
        if (All.Length == 1)
        {
            order[0] = All[0];
            return 1;
        }

        var count = 0;
        if (client is not null && Affinity?.Find(client, now) is { } bound && Dials(bound) && !bound.IsPenalised(now))
            order[count++] = bound;
        var mine = Interlocked.Increment(ref turn) - 1;
        foreach (var group in groups)
        {
            var first = group.Schedule[mine % (uint)group.Schedule.Length];
            for (var i = 0; i < group.Count && count < Tries; i++)
            {
                var target = All[group.Start + ((first + i) % group.Count)];
                if ((count == 0 ? target.MayTry(now) : !target.IsPenalised(now)) && !order[..count].Contains(target))
                    order[count++] = target;
            }
        }

        if (count < Tries)
        {
            foreach (var target in All)
            {
                if (count < Tries && !order[..count].Contains(target))
                    order[count++] = target;
            }
        }

        return count;
    }

    private readonly record struct Group(int Start, int Count, ushort[] Schedule);
}
