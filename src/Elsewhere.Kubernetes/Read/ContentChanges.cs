using System.Diagnostics.CodeAnalysis;

namespace Elsewhere.Kubernetes.Read;

/// <summary>What makes one list of contents another, if the order of those that stay is the same. Contents are told apart by reference.</summary>
/// <param name="Gone">Those of the former list alone.</param>
/// <param name="Come">Those of the later list alone.</param>
internal sealed record ContentChanges(IReadOnlyList<ManifestContent> Gone, IReadOnlyList<ManifestContent> Come)
{
    /// <summary>Compares two lists; false if those that stay have changed places, so that others may win.</summary>
    public static bool TryFind(ManifestContent[] before, ManifestContent[] next, [NotNullWhen(true)] out ContentChanges? changes)
    {
        var shorter = Math.Min(before.Length, next.Length);
        int front = 0, back = 0;
        while (front < shorter && ReferenceEquals(before[front], next[front]))
            front++;
        while (back < shorter - front && ReferenceEquals(before[^(back + 1)], next[^(back + 1)]))
            back++;
        var (old, now) = (before[front..^back], next[front..^back]);
        var (ofOld, ofNow) = (Set(old), Set(now));
        var stay = old.Where(ofNow.Contains).SequenceEqual(now.Where(ofOld.Contains), ReferenceEqualityComparer.Instance);
        changes = stay ? new([.. old.Where(content => !ofNow.Contains(content))], [.. now.Where(content => !ofOld.Contains(content))]) : null;
        return stay;
    }

    private static HashSet<ManifestContent> Set(ManifestContent[] contents) => new(contents, ReferenceEqualityComparer.Instance);
}
