using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>The slices of each Service, found by the label that names it, in the order of the snapshot.</summary>
internal sealed class SlicesByService
{
    private static readonly List<EndpointSliceView> None = [];

    private readonly Dictionary<ObjectKey, List<EndpointSliceView>> slices;

    /// <param name="all">Every slice.</param>
    public SlicesByService(Seq<EndpointSliceView> all)
    {
        slices = new(all.Count);
        foreach (var slice in all)
            Add(slice);
    }

    /// <param name="all">Every slice.</param>
    /// <param name="only">The Services that will be asked for.</param>
    public SlicesByService(Seq<EndpointSliceView> all, HashSet<ObjectKey> only)
    {
        slices = new(only.Count);
        var namespaces = only.Select(static key => key.Namespace).ToHashSet(StringComparer.Ordinal);
        var (last, wanted) = ("", false);
        foreach (var slice in all)
        {
            // Sorted by key: neighbours mostly share their namespace, and mostly nothing in it is asked for.
            if (!ReferenceEquals(slice.Key.Namespace, last))
                (last, wanted) = (slice.Key.Namespace, namespaces.Contains(slice.Key.Namespace));
            if (wanted && only.Contains(new ObjectKey(slice.Key.Namespace, slice.ServiceName)))
                Add(slice);
        }
    }

    /// <summary>The slices of one Service.</summary>
    public IReadOnlyList<EndpointSliceView> Of(ObjectKey service) => slices.GetValueOrDefault(service, None);

    private void Add(EndpointSliceView slice)
    {
        var service = new ObjectKey(slice.Key.Namespace, slice.ServiceName);
        if (slices.TryGetValue(service, out var list))
            list.Add(slice);
        else
            slices.Add(service, new(1) { slice });
    }
}
