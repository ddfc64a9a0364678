using System.Globalization;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>Whether and why an Endpoints object becomes slices.</summary>
internal enum MirrorVerdict
{
    /// <summary>It does.</summary>
    Mirrored,

    /// <summary>It has the label <c>endpointslice.kubernetes.io/skip-mirror: "true"</c>.</summary>
    Skipped,

    /// <summary>It is a lock of leader election, not a list of endpoints.</summary>
    LeaderElection,

    /// <summary>There is no Service of that name.</summary>
    NoService,

    /// <summary>The Service has a selector: its endpoints are a controller's.</summary>
    HasSelector,
}

/// <summary>An Endpoints object and the slices that it makes.</summary>
/// <param name="Endpoints">The object.</param>
/// <param name="Verdict">Whether it makes any.</param>
/// <param name="Notes">The slices: one per address family and set of ports; null unless it is mirrored.</param>
internal readonly record struct Mirror(EndpointsView Endpoints, MirrorVerdict Verdict, EndpointsNotes? Notes)
{
    public ReadOnlySpan<EndpointSliceView> Slices => Notes is null ? default : Notes.Slices;
}

/// <summary>
/// Makes EndpointSlices of an Endpoints object as the API server (which repacks the subsets) and the EndpointSliceMirroring controller together do:
/// addresses are grouped by the set of ports they have, then by family.
/// </summary>
internal static class EndpointsMirror
{
    /// <summary>The controller's value of the label <c>endpointslice.kubernetes.io/managed-by</c>.</summary>
    public const string ManagedBy = "endpointslicemirroring-controller.k8s.io";

    /// <summary>What is over this in one repacked subset is left out (the controller's default of <c>--mirroring-max-endpoints-per-subset</c>).</summary>
    public const int MaxAddressesPerSubset = 1000;

    private const int MaxNameLength = 63;
    private const int SuffixLength = 5;

    // The letters of the API server's name generator: no vowels, so that no words come out.
    private const string SuffixLetters = "bcdfghjklmnpqrstvwxz2456789";

    public static Mirror Of(EndpointsView endpoints, ServiceView? service)
    {
        var verdict = endpoints switch
        {
            { SkipMirror: true } => MirrorVerdict.Skipped,
            { LeaderElection: true } => MirrorVerdict.LeaderElection,
            _ when service is null => MirrorVerdict.NoService,
            _ when service.HasSelector => MirrorVerdict.HasSelector,
            _ => MirrorVerdict.Mirrored,
        };
        return new Mirror(endpoints, verdict, verdict == MirrorVerdict.Mirrored ? ObjectMemo.Of(endpoints) : null);
    }

    /// <summary>The slices that the object makes, whatever its Service is.</summary>
    public static EndpointSliceView[] Slices(EndpointsView endpoints, out int leftOut)
    {
        var slices = new List<EndpointSliceView>(1);
        leftOut = 0;
        foreach (var subset in EndpointsRepack.Repack(endpoints.Subsets))
        {
            leftOut += Math.Max(0, subset.Endpoints.Count - MaxAddressesPerSubset);
            AddSlice(slices, endpoints, subset, AddressFamily.InterNetwork);
            AddSlice(slices, endpoints, subset, AddressFamily.InterNetworkV6);
        }

        return [.. slices];
    }

    private static void AddSlice(List<EndpointSliceView> slices, EndpointsView endpoints, RepackedSubset subset, AddressFamily family)
    {
        var members = new List<EndpointView>(subset.Endpoints.Count);
        foreach (var endpoint in subset.Endpoints.AsSpan()[..Math.Min(subset.Endpoints.Count, MaxAddressesPerSubset)])
        {
            if (endpoint.Addresses[0].AddressFamily == family)
                members.Add(endpoint);
        }

        if (members.Count == 0)
            return;
        var type = family == AddressFamily.InterNetwork ? AddressType.IPv4 : AddressType.IPv6;
        var name = NameOf(endpoints.Key, type, subset.Ports, slices);
        slices.Add(new EndpointSliceView(
            new ObjectKey(endpoints.Key.Namespace, name), endpoints.Key.Name, ManagedBy, type, members.ToSeq(), subset.Ports, endpoints.Place));
    }

    // The controller draws the suffix by lot; here it follows from the content, so that equal input makes equal slices.
    private static string NameOf(ObjectKey key, AddressType type, Seq<SlicePortView> ports, List<EndpointSliceView> others)
    {
        var hash = StableHash.Add(StableHash.Of(key), type == AddressType.IPv4 ? "4" : "6");
        Span<char> digits = stackalloc char[12];
        foreach (var port in ports)
        {
            hash = StableHash.Add(hash, port.Name);
            port.Port.GetValueOrDefault().TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
            hash = StableHash.Add(hash, digits[..written]);
            hash = StableHash.Add(hash, port.Protocol switch { Protocol.Tcp => "t", Protocol.Udp => "u", Protocol.Sctp => "s" });
        }

        while (true)
        {
            hash = StableHash.Mix(hash + 1);
            var name = string.Create(Math.Min(key.Name.Length + 1 + SuffixLength, MaxNameLength), (key.Name, hash), static (text, from) =>
            {
                var rest = from.hash;
                for (var i = text.Length - SuffixLength; i < text.Length; i++, rest /= (uint)SuffixLetters.Length)
                    text[i] = SuffixLetters[(int)(rest % (uint)SuffixLetters.Length)];
                var prefix = text[..^SuffixLength];
                from.Name.AsSpan(0, Math.Min(from.Name.Length, prefix.Length)).CopyTo(prefix);
                if (prefix.Length > from.Name.Length)
                    prefix[^1] = '-';
            });
            if (!others.Exists(s => s.Key.Name == name))
                return name;
        }
    }
}
