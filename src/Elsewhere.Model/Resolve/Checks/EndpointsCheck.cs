using System.Globalization;
using System.Net;

namespace Elsewhere.Model;

/// <summary>Endpoints objects: whether they are mirrored, and what to write instead.</summary>
internal static class EndpointsCheck
{
    public static void Run(CheckContext context, List<Finding> findings)
    {
        var addresses = new OriginAddressCheck(context);
        foreach (var mirror in context.Facts.Mirrors)
        {
            if (mirror.Verdict == MirrorVerdict.Mirrored)
            {
                findings.AddRange(OfMirrored(context, mirror, addresses));
                continue;
            }

            var (about, place) = (Declaration.Of(mirror.Endpoints), mirror.Endpoints.Place);
            switch (mirror.Verdict)
            {
                case MirrorVerdict.Mirrored:
                    break;
                case MirrorVerdict.Skipped:
                    findings.Add(FindingCodes.EndpointsSkipMirror.On(
                        about,
                        "metadata.labels[endpointslice.kubernetes.io/skip-mirror]",
                        "the label keeps the Endpoints from being mirrored, and neither kube-proxy nor cluster DNS reads Endpoints themselves: they lead nowhere",
                        "Remove the label, or write an EndpointSlice.",
                        place));
                    break;
                case MirrorVerdict.LeaderElection:
                    findings.Add(FindingCodes.EndpointsLeaderElection.On(
                        about,
                        "metadata.annotations[control-plane.alpha.kubernetes.io/leader]",
                        "the annotation marks a lock of leader election; such Endpoints are never mirrored and lead nowhere",
                        "If these are endpoints, remove the annotation.",
                        place));
                    break;
                case MirrorVerdict.NoService:
                    findings.Add(FindingCodes.EndpointsWithoutService.On(
                        about,
                        "metadata.name",
                        $"there is no Service {mirror.Endpoints.Key}, so the Endpoints are not mirrored and lead nowhere",
                        $"Write a Service '{mirror.Endpoints.Key.Name}' without a selector in the namespace '{mirror.Endpoints.Key.Namespace}', or correct the name.",
                        place));
                    break;
                case MirrorVerdict.HasSelector:
                    findings.Add(FindingCodes.EndpointsOfSelector.On(
                        about,
                        "metadata.name",
                        $"the Service {mirror.Endpoints.Key} has a selector: the Endpoints of that name belong to a controller, and by hand they are not mirrored",
                        "Remove the Service's selector, or write an EndpointSlice.",
                        place));
                    break;
            }
        }
    }

    private static Finding[] OfMirrored(CheckContext context, Mirror mirror, OriginAddressCheck addresses)
    {
        var notes = mirror.Notes!;
        if (notes.Last?.Addresses.Is(context.AddressFacts) != true)
        {
            var said = new List<Finding>();
            OfMirrored(mirror, addresses, said);
            notes.Last = new EndpointsMemory(context.AddressFacts, [.. said]);
        }

        return notes.Last.Said;
    }

    private static void OfMirrored(Mirror mirror, OriginAddressCheck addresses, List<Finding> findings)
    {
        var endpoints = mirror.Endpoints;
        var about = mirror.Notes!.Deprecated.Object;
        var notes = mirror.Notes;
        if (notes.Slices.Length > 0)
            findings.Add(notes.Deprecated);
        if (notes.AddressesLeftOut > 0)
        {
            findings.Add(FindingCodes.EndpointsTooMany.On(
                about,
                "subsets",
                $"{notes.AddressesLeftOut} addresses are left out: of one set of ports at most {EndpointsMirror.MaxAddressesPerSubset} are mirrored",
                "Write EndpointSlices, each with at most 1000 endpoints; a Service may have any number of them.",
                endpoints.Place));
        }

        for (var s = 0; s < endpoints.Subsets.Count; s++)
        {
            var subset = endpoints.Subsets[s];
            for (var a = 0; a < subset.Addresses.Count; a++)
                addresses.Add(subset.Addresses[a].Address, (s, a), static at => Field(at.s, "addresses", at.a));
            for (var a = 0; a < subset.NotReadyAddresses.Count; a++)
                addresses.Add(subset.NotReadyAddresses[a].Address, (s, a), static at => Field(at.s, "notReadyAddresses", at.a));
            ReadyAndNot(endpoints, about, s, findings);
        }

        addresses.Report(endpoints, about, endpoints.Place, findings);
    }

    private static void ReadyAndNot(EndpointsView endpoints, ObjectRef about, int subset, List<Finding> findings)
    {
        var not = endpoints.Subsets[subset].NotReadyAddresses;
        if (not.IsEmpty)
            return;
        var ready = new HashSet<IPAddress>();
        foreach (var other in endpoints.Subsets)
        {
            if (other.Ports == endpoints.Subsets[subset].Ports)
                ready.UnionWith(other.Addresses.Select(a => a.Address));
        }

        for (var i = 0; i < not.Count; i++)
        {
            if (!ready.Contains(not[i].Address))
                continue;
            findings.Add(FindingCodes.EndpointReadyAndNotReady.On(
                about,
                Field(subset, "notReadyAddresses", i),
                $"{not[i].Address} is among addresses and among notReadyAddresses: it counts as not ready, so nothing is sent there",
                "Remove it from one of the two.",
                endpoints.Place));
            return;
        }
    }

    private static string Field(int subset, string list, int address) =>
        string.Create(CultureInfo.InvariantCulture, $"subsets[{subset}].{list}[{address}].ip");
}
