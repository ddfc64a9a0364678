using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>
/// Contents become one view. They come in the order of their precedence: of objects of one kind, namespace and name the first one wins, and each other one is
/// a finding. What a merge has in common with the one before it is kept: the outcome is what a merge of nothing but these contents gives, and the part of it
/// that did not change is the same instance. Used by one thread.
/// </summary>
internal sealed class ViewMerge
{
    private readonly Dictionary<(string Kind, ObjectKey Key), ManifestObject> winners = [];
    private readonly HashSet<(string Kind, ObjectKey Key)> contested = [];
    private readonly Dictionary<ManifestContent, List<Finding>> duplicates = new(ReferenceEqualityComparer.Instance);
    private ManifestContent[] merged = [];
    private long mergedObjects;
    private ClusterView view = ClusterView.Empty;

    /// <summary>The view of the contents; those that a former call knew are recognised by their reference.</summary>
    /// <param name="contents">The contents.</param>
    /// <param name="first">Objects that go before those of all contents; null for none.</param>
    public ClusterView Merge(IReadOnlyList<ManifestContent> contents, ObjectChanges? first = null)
    {
        ManifestContent[] next = [.. contents];
        if (mergedObjects == (first?.Before ?? 0) && SeqChanges.Between<ManifestContent>(merged, next) is { } changes
            && TryExchange(
                [.. changes.Gone.SelectMany(static content => content.Objects), .. first?.Gone ?? []],
                [.. first?.Come ?? [], .. changes.Come.SelectMany(static content => content.Objects)],
                out var gone,
                out var come))
            view = Patched(view, gone, come);
        else
            view = Patched(ClusterView.Empty, [], Rebuild(next, first?.All ?? []));
        merged = next;
        mergedObjects = first?.Now ?? 0;
        var findings = Findings();
        if (findings != view.Findings)
            view = view with { Findings = findings };
        return view;
    }

    // Two objects of one key concern a content beyond those that changed: the order of all decides then.
    private bool TryExchange(List<ManifestObject> leaving, List<ManifestObject> coming, out List<object> gone, out List<object> come)
    {
        (gone, come) = ([], []);
        foreach (var found in leaving)
        {
            if (contested.Contains((found.Kind, found.Key)))
                return false;
            winners.Remove((found.Kind, found.Key));
            if (found.View is not null)
                gone.Add(found.View);
        }

        foreach (var found in coming)
        {
            if (!winners.TryAdd((found.Kind, found.Key), found))
                return false;
            if (found.View is not null)
                come.Add(found.View);
        }

        return true;
    }

    private List<object> Rebuild(ManifestContent[] contents, IReadOnlyCollection<ManifestObject> first)
    {
        winners.Clear();
        contested.Clear();
        duplicates.Clear();
        var views = new List<object>();
        foreach (var found in first)
        {
            winners.Add((found.Kind, found.Key), found);
            if (found.View is not null)
                views.Add(found.View);
        }

        foreach (var content in contents)
        {
            List<Finding>? lost = null;
            foreach (var found in content.Objects)
            {
                if (!winners.TryAdd((found.Kind, found.Key), found))
                {
                    contested.Add((found.Kind, found.Key));
                    (lost ??= []).Add(KubernetesFindings.Duplicate(found, winners[(found.Kind, found.Key)].Place));
                    if (Contradicts(found.View, winners[(found.Kind, found.Key)].View) is { } policy)
                        views.Add(policy);
                }
                else if (found.View is not null)
                {
                    views.Add(found.View);
                }
            }

            if (lost is not null)
                duplicates[content] = lost;
        }

        return views;
    }

    // Of two policies of one name the first counts; what the other one was to forbid is forbidden all the same.
    private static AliasPolicyView? Contradicts(object? lost, object? winner) =>
        lost is AliasPolicyView policy && winner is AliasPolicyView other && policy with { Place = null } != other with { Place = null }
            ? policy with { Allow = [], Problem = policy.Problem ?? "another one of that name is declared before it" }
            : null;

    private Seq<Finding> Findings()
    {
        var findings = new List<Finding>();
        foreach (var content in merged)
        {
            findings.AddRange(content.Findings);
            if (duplicates.TryGetValue(content, out var lost))
                findings.AddRange(lost);
        }

        return findings.ToSeq();
    }

    private static ClusterView Patched(ClusterView before, List<object> gone, List<object> come) => new(
        Patched(before.Namespaces, gone, come, static (a, b) => string.CompareOrdinal(a.Name, b.Name)),
        Patched(before.Services, gone, come, static (a, b) => a.Key.CompareTo(b.Key)),
        Patched(before.Endpoints, gone, come, static (a, b) => a.Key.CompareTo(b.Key)),
        Patched(before.EndpointSlices, gone, come, static (a, b) => a.Key.CompareTo(b.Key)),
        Patched(before.Aliases, gone, come, static (a, b) => a.Key.CompareTo(b.Key)),
        before.Findings,
        Patched(before.Secrets, gone, come, static (a, b) => a.Key.CompareTo(b.Key)),
        Patched(before.ConfigMaps, gone, come, static (a, b) => a.Key.CompareTo(b.Key)),
        Patched(before.AliasPolicies, gone, come, static (a, b) => string.CompareOrdinal(a.Name, b.Name)));

    private static Seq<T> Patched<T>(Seq<T> before, List<object> gone, List<object> come, Comparison<T> order)
        where T : class
    {
        var leaving = new HashSet<object>(gone.OfType<T>(), ReferenceEqualityComparer.Instance);
        List<T> coming = [.. come.OfType<T>().Where(view => !leaving.Remove(view))];
        if (leaving.Count + coming.Count == 0)
            return before;
        coming.Sort(order);
        // What stays is copied in pieces: few of many leave or come.
        var old = before.AsSpan();
        var holes = new List<int>(leaving.Count);
        foreach (T view in leaving)
            holes.Add(Place(old, view, order));
        holes.Sort();
        var result = new T[before.Count - leaving.Count + coming.Count];
        int at = 0, from = 0, hole = 0;
        foreach (var view in coming)
        {
            var place = Place(old, view, order);
            while (hole < holes.Count && holes[hole] < place)
                CopyTo(holes[hole++], old, 1);
            CopyTo(place, old, 0);
            result[at++] = view;
        }

        while (hole < holes.Count)
            CopyTo(holes[hole++], old, 1);
        CopyTo(old.Length, old, 0);
        return [.. result];

        void CopyTo(int end, ReadOnlySpan<T> source, int skipped)
        {
            source[from..end].CopyTo(result.AsSpan(at));
            at += end - from;
            from = end + skipped;
        }
    }

    // The index of the first that is not before a view: of that itself, if it is among them.
    private static int Place<T>(ReadOnlySpan<T> sorted, T view, Comparison<T> order)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (order(sorted[middle], view) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
