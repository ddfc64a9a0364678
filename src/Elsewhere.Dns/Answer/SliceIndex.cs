using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>The slices of each Service, found by the label that names it.</summary>
internal sealed class SliceIndex
{
    private readonly Seq<EndpointSliceView> slices;
    private readonly int[] next;
    private readonly Dictionary<ObjectKey, (int First, int Last)> byService;

    public SliceIndex(Seq<EndpointSliceView> slices)
    {
        this.slices = slices;
        next = new int[slices.Count];
        byService = new Dictionary<ObjectKey, (int, int)>(slices.Count);
        for (var i = 0; i < slices.Count; i++)
        {
            next[i] = -1;
            var service = new ObjectKey(slices[i].Key.Namespace, slices[i].ServiceName);
            if (byService.TryGetValue(service, out var range))
            {
                next[range.Last] = i;
                byService[service] = (range.First, i);
            }
            else
            {
                byService.Add(service, (i, i));
            }
        }
    }

    /// <summary>The first slice of a Service, or null.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="several">Whether there are more.</param>
    public EndpointSliceView? FirstOf(ObjectKey service, out bool several)
    {
        var found = byService.TryGetValue(service, out var range);
        several = range.First != range.Last;
        return found ? slices[range.First] : null;
    }

    /// <summary>In the order of the snapshot.</summary>
    public IEnumerable<EndpointSliceView> Of(ObjectKey service)
    {
        for (var i = byService.TryGetValue(service, out var range) ? range.First : -1; i >= 0; i = next[i])
            yield return slices[i];
    }
}
