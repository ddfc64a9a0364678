using System.Runtime.InteropServices;

namespace Elsewhere.Model;

/// <summary>
/// What makes one sequence another. Items are told apart by reference: after an edit nearly all are the same instances, and finding the few others costs one look
/// at each.
/// </summary>
/// <typeparam name="T">The item.</typeparam>
/// <param name="Gone">Items of the former sequence alone, in its order.</param>
/// <param name="Come">Items of the later sequence alone, in its order.</param>
public sealed record SeqChanges<T>(IReadOnlyList<T> Gone, IReadOnlyList<T> Come)
    where T : class;

/// <summary>Compares sequences.</summary>
public static class SeqChanges
{
    /// <summary>Compares two sequences that hold no instance twice.</summary>
    /// <typeparam name="T">The item.</typeparam>
    /// <param name="before">The former.</param>
    /// <param name="now">The later.</param>
    /// <returns>Null if items that both hold have changed places.</returns>
    public static SeqChanges<T>? Between<T>(ReadOnlySpan<T> before, ReadOnlySpan<T> now)
        where T : class
    {
        var shorter = Math.Min(before.Length, now.Length);
        int front = 0, back = 0;
        while (front < shorter && ReferenceEquals(before[front], now[front]))
            front++;
        while (back < shorter - front && ReferenceEquals(before[^(back + 1)], now[^(back + 1)]))
            back++;
        before = before[front..^back];
        now = now[front..^back];
        if (before.IsEmpty || now.IsEmpty)
            return new(before.ToArray(), now.ToArray());
        return before.Length == now.Length && InPlace(before, now) is { } replaced ? replaced : Anywhere(before, now);
    }

    // Mostly others stand in the places of those that are gone, and all that stay have kept theirs: nothing needs to be looked up then.
    private static SeqChanges<T>? InPlace<T>(ReadOnlySpan<T> before, ReadOnlySpan<T> now)
        where T : class
    {
        List<T> gone = [], come = [];
        for (var i = 0; i < before.Length; i++)
        {
            if (ReferenceEquals(before[i], now[i]))
                continue;
            gone.Add(before[i]);
            come.Add(now[i]);
        }

        return gone.Count > before.Length / 4 || Set<T>(CollectionsMarshal.AsSpan(gone)).Overlaps(come) ? null : new(gone, come);
    }

    private static SeqChanges<T>? Anywhere<T>(ReadOnlySpan<T> before, ReadOnlySpan<T> now)
        where T : class
    {
        HashSet<T> ofBefore = Set(before), ofNow = Set(now);
        var next = 0;
        foreach (var item in before)
        {
            if (!ofNow.Contains(item))
                continue;
            while (!ofBefore.Contains(now[next]))
                next++;
            if (!ReferenceEquals(now[next++], item))
                return null;
        }

        return new(Without(before, ofNow), Without(now, ofBefore));
    }

    private static HashSet<T> Set<T>(ReadOnlySpan<T> items)
        where T : class
    {
        var set = new HashSet<T>(items.Length, ReferenceEqualityComparer.Instance);
        foreach (var item in items)
            set.Add(item);
        return set;
    }

    private static List<T> Without<T>(ReadOnlySpan<T> items, HashSet<T> others)
    {
        var rest = new List<T>();
        foreach (var item in items)
        {
            if (!others.Contains(item))
                rest.Add(item);
        }

        return rest;
    }
}
