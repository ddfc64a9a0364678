using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>What one publication changed, as a person would say it.</summary>
/// <param name="Added">Aliases that are new.</param>
/// <param name="Changed">Aliases that lead elsewhere now.</param>
/// <param name="Removed">Aliases that are gone.</param>
internal sealed record SnapshotChanges(Seq<Alias> Added, Seq<Alias> Changed, Seq<Alias> Removed)
{
    /// <summary>Whether no alias is concerned.</summary>
    internal bool IsEmpty => Added.IsEmpty && Changed.IsEmpty && Removed.IsEmpty;

    /// <summary>What a change did to the aliases.</summary>
    internal static SnapshotChanges Of(EngineChange change) => change.Before is null ? new([], [], []) : Between(change.Before, change.Now);

    /// <summary>Compares two snapshots; both are sorted by key. Where an alias is written does not matter.</summary>
    internal static SnapshotChanges Between(AliasSnapshot before, AliasSnapshot now)
    {
        List<Alias> added = [], changed = [], removed = [];
        int i = 0, j = 0;
        while (i < before.Aliases.Count || j < now.Aliases.Count)
        {
            var order = i == before.Aliases.Count ? 1 : j == now.Aliases.Count ? -1 : before.Aliases[i].Key.CompareTo(now.Aliases[j].Key);
            if (order < 0)
                removed.Add(before.Aliases[i++]);
            else if (order > 0)
                added.Add(now.Aliases[j++]);
            else if (!LeadsAlike(before.Aliases[i++], now.Aliases[j++]))
                changed.Add(now.Aliases[j - 1]);
        }

        return new SnapshotChanges(added.ToSeq(), changed.ToSeq(), removed.ToSeq());
    }

    /// <summary>The findings that the second list has and the first has not; the line where it stands does not matter.</summary>
    internal static IReadOnlyList<Finding> NewAmong(IReadOnlyList<Finding> before, IReadOnlyList<Finding> now)
    {
        // Of thousands nearly all are the same instances in the same order: only the few others are compared by what they say.
        var shorter = Math.Min(before.Count, now.Count);
        int front = 0, back = 0;
        while (front < shorter && ReferenceEquals(before[front], now[front]))
            front++;
        while (back < shorter - front && ReferenceEquals(before[before.Count - 1 - back], now[now.Count - 1 - back]))
            back++;
        var (old, next) = (Between(before, front, back), Between(now, front, back));
        HashSet<Finding> ofOld = new(old, ReferenceEqualityComparer.Instance), ofNext = new(next, ReferenceEqualityComparer.Instance);
        var others = next.FindAll(finding => !ofOld.Contains(finding));
        if (others.Count == 0)
            return [];
        var known = old.Where(finding => !ofNext.Contains(finding)).Select(static finding => finding with { Place = null }).ToHashSet();
        return others.FindAll(finding => !known.Contains(finding with { Place = null }));
    }

    private static List<Finding> Between(IReadOnlyList<Finding> all, int front, int back)
    {
        var some = new List<Finding>(all.Count - front - back);
        for (var i = front; i < all.Count - back; i++)
            some.Add(all[i]);
        return some;
    }

    private static bool LeadsAlike(Alias before, Alias now) =>
        ReferenceEquals(before, now) || before with { Place = null } == now with { Place = null };
}
