using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>Which families of endpoints an alias leads to: those of its service addresses.</summary>
[Flags]
internal enum Families
{
    None = 0,
    IPv4 = 1,
    IPv6 = 2,
    Both = 3,
}

/// <summary>
/// Joins the ports of a Service to the ports of its slices as kube-proxy does: by name and protocol; the number comes from the slice, and <c>targetPort</c>
/// plays no part.
/// </summary>
internal static class PortJoin
{
    /// <summary>Where a port leads: ready endpoints; if there is none, those that terminate but still serve.</summary>
    public static Seq<Backend> Backends(ServicePortView port, ClusterFacts.SliceList slices, Families families)
    {
        var backends = Collect(port, slices, families, static e => e.IsReady);
        return backends.IsEmpty
            ? Collect(port, slices, families, static e => e.Serving == true && e.Terminating == true)
            : backends;
    }

    /// <summary>Whether the two are joined.</summary>
    public static bool Matches(ServicePortView port, SlicePortView slicePort) =>
        port.Protocol == slicePort.Protocol && port.Name == (slicePort.Name ?? "");

    /// <summary>Whether a Service with addresses of these families leads to this slice at all.</summary>
    public static bool Reaches(Families families, AddressType type) => type switch
    {
        AddressType.IPv4 => (families & Families.IPv4) != 0,
        AddressType.IPv6 => (families & Families.IPv6) != 0,
        AddressType.Fqdn => false,
    };

    public static Families FamilyOf(AddressFamily family) => family == AddressFamily.InterNetwork ? Families.IPv4 : Families.IPv6;

    private static Seq<Backend> Collect(ServicePortView port, ClusterFacts.SliceList slices, Families families, Func<EndpointView, bool> wanted)
    {
        Backend? only = null;
        List<Backend>? all = null;
        HashSet<Backend>? seen = null;
        foreach (var slice in slices)
        {
            if (!Reaches(families, slice.AddressType))
                continue;
            foreach (var slicePort in slice.Ports)
            {
                if (slicePort.Port is not { } number || !Matches(port, slicePort))
                    continue;
                foreach (var endpoint in slice.Endpoints)
                {
                    if (!wanted(endpoint) || endpoint.Addresses.IsEmpty)
                        continue;

                    // The API has room for more addresses of one endpoint, but only the first is ever used.
                    var backend = new Backend(endpoint.Addresses[0], null, number);
                    if (only is null)
                    {
                        only = backend;
                        continue;
                    }

                    all ??= [only];
                    seen ??= [only];
                    if (seen.Add(backend))
                        all.Add(backend);
                }
            }
        }

        return all is not null ? all.ToSeq() : only is not null ? [only] : [];
    }
}
