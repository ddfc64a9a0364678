using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>What one publication changed, as a person would say it.</summary>
/// <param name="Added">Aliases that are new.</param>
/// <param name="Changed">Aliases that lead elsewhere now.</param>
/// <param name="Removed">Aliases that are gone.</param>
internal sealed record SnapshotChanges(Seq<Alias> Added, Seq<Alias> Changed, Seq<Alias> Removed)
{
    private const int Few = 64;

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
        // Of thousands nearly all are the same instances as before: only the few others are compared by what they say.
        var same = new HashSet<Finding>(before, ReferenceEqualityComparer.Instance);
        List<Finding> others = [.. now.Where(finding => !same.Contains(finding))];
        if (others.Count > Few)
        {
            var known = before.Select(static finding => finding with { Place = null }).ToHashSet();
            return [.. others.Where(finding => !known.Contains(finding with { Place = null }))];
        }

        return [.. others.Where(finding => !before.Any(old => old.Code == finding.Code && old.Message == finding.Message && old with { Place = null } == finding with { Place = null }))];
    }

    private static bool LeadsAlike(Alias before, Alias now) =>
        ReferenceEquals(before, now) || before with { Place = null } == now with { Place = null };
}
