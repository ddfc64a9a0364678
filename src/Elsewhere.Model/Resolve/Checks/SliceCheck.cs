using System.Globalization;
using System.Net;

namespace Elsewhere.Model;

/// <summary>Hand-written EndpointSlices.</summary>
internal static class SliceCheck
{
    private static readonly string[] Controllers = ["endpointslice-controller.k8s.io", EndpointsMirror.ManagedBy];

    /// <summary>What there is to say of each written slice.</summary>
    /// <param name="context">What was resolved.</param>
    /// <param name="last">What was said of each before; null if that is not known.</param>
    /// <param name="findings">It comes here.</param>
    /// <returns>It as well.</returns>
    public static Finding[][] Run(CheckContext context, Finding[][]? last, List<Finding> findings)
    {
        HashSet<ObjectKey> mirrored = context.Facts.WrittenSlices.Length == 0
            ? []
            : [.. context.Facts.Mirrors.Where(static mirror => mirror.Notes is { Slices.Length: > 0 }).Select(static mirror => mirror.Endpoints.Key)];
        var addresses = new OriginAddressCheck(context);
        var hint = 0;
        var all = new Finding[context.Facts.WrittenSlices.Length][];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = last is not null && context.Facts.Changes!.Written.Places[i] is >= 0 and var place
                ? last[place]
                : Of(context, context.Facts.WrittenSlices[i], mirrored, addresses, ref hint);
            if (all[i].Length > 0)
                findings.AddRange(all[i]);
        }

        return all;
    }

    private static Finding[] Of(CheckContext context, EndpointSliceView slice, HashSet<ObjectKey> mirrored, OriginAddressCheck addresses, ref int hint)
    {
        // What a controller made for a Service with a selector may be in a file that was read from a cluster.
        if (slice.Endpoints.IsEmpty && slice.ManagedBy == Controllers[0])
            return [];
        var owner = context.Facts.IndexOf(new ObjectKey(slice.Key.Namespace, slice.ServiceName), ref hint);
        var service = owner < 0 ? null : context.Facts.Declarations[owner].Service;
        if (service is not null && slice.ServiceName.Length > 0)
            return OfService(context, slice, service, owner, mirrored, addresses);
        var said = new List<Finding>();
        new SliceJudge(context, slice, owner, said).Run(isMirrored: false, addresses);
        return [.. said];
    }

    private static Finding[] OfService(
        CheckContext context, EndpointSliceView slice, ServiceView service, int owner, HashSet<ObjectKey> mirrored, OriginAddressCheck addresses)
    {
        var notes = ObjectMemo.Of(slice);
        var (families, isMirrored) = (context.Addresses.FamiliesOf(owner), mirrored.Count > 0 && mirrored.Contains(service.Key));
        if (notes.Last is { } last && ReferenceEquals(last.Service, service) && last.Families == families && last.Mirrored == isMirrored && last.Addresses.Is(context.AddressFacts))
            return last.Said;
        var said = new List<Finding>();
        new SliceJudge(context, slice, owner, said).Run(isMirrored, addresses);
        notes.Last = new SliceMemory(service, families, isMirrored, context.AddressFacts, [.. said]);
        return notes.Last.Said;
    }

    /// <summary>What there is to say of endpoints that are listed twice.</summary>
    /// <param name="context">What was resolved.</param>
    /// <param name="last">What was said of each declaration before; null if that is not known.</param>
    /// <param name="findings">It comes here.</param>
    /// <returns>It as well.</returns>
    public static Finding?[] Twice(CheckContext context, Finding?[]? last, List<Finding> findings)
    {
        var all = last is null ? new Finding?[context.Facts.Declarations.Length] : [.. last];
        if (last is null)
        {
            for (var i = 0; i < all.Length; i++)
                all[i] = Twice(context, i);
        }
        else
        {
            foreach (var i in context.Facts.Changes!.Touched)
                all[i] = Twice(context, i);
        }

        foreach (var finding in all)
        {
            if (finding is not null)
                findings.Add(finding);
        }

        return all;
    }

    private static Finding? Twice(CheckContext context, int declared)
    {
        var slices = context.Facts.SlicesOf(declared);
        if (Total(slices) < 2)
            return null;
        var declaration = context.Facts.Declarations[declared];
        var seen = new HashSet<(IPAddress, SlicePortView?)>();
        foreach (var slice in slices)
        {
            if (FirstAgain(slice, seen) is { } again)
            {
                return FindingCodes.EndpointTwice.On(
                    declaration.Object,
                    "",
                    $"{again} is listed twice among the endpoints of {declaration.Key}, the second time in the EndpointSlice '{slice.Key.Name}'; it counts once",
                    "Remove one of the two.",
                    slice.Place);
            }
        }

        return null;
    }

    private static int Total(ClusterFacts.SliceList slices)
    {
        var total = 0;
        foreach (var slice in slices)
            total += slice.Endpoints.Count;
        return total;
    }

    private static IPAddress? FirstAgain(EndpointSliceView slice, HashSet<(IPAddress, SlicePortView?)> seen)
    {
        IPAddress? again = null;
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.Addresses.IsEmpty)
                continue;
            if (slice.Ports.IsEmpty && !seen.Add((endpoint.Addresses[0], null)))
                again ??= endpoint.Addresses[0];
            foreach (var port in slice.Ports)
            {
                if (!seen.Add((endpoint.Addresses[0], port)))
                    again ??= endpoint.Addresses[0];
            }
        }

        return again;
    }

    private readonly struct SliceJudge(CheckContext context, EndpointSliceView slice, int owner, List<Finding> findings)
    {
        public void Run(bool isMirrored, OriginAddressCheck check)
        {
            Belonging(isMirrored);
            if (Controllers.Contains(slice.ManagedBy))
            {
                Add(
                    FindingCodes.SliceManagedByController,
                    "metadata.labels[endpointslice.kubernetes.io/managed-by]",
                    $"the label says that {slice.ManagedBy} manages the slice: in a cluster that controller deletes what it did not make",
                    "Write a value of your own, such as endpointslice.kubernetes.io/managed-by: by-hand");
            }

            if (slice.AddressType == AddressType.Fqdn)
            {
                var name = slice.Endpoints.SelectMany(e => e.Names).FirstOrDefault()?.ToHostString() ?? "NAME";
                Add(
                    FindingCodes.SliceFqdn,
                    "addressType",
                    "kube-proxy ignores slices of names (addressType FQDN, deprecated), so nothing connects to them",
                    $"List the origin's addresses; or take an Alias with the origin tcp://{name}:{(slice.Ports.IsEmpty ? 443 : slice.Ports[0].Port ?? 443)}, whose name is resolved again "
                    + "and again; or a Service of type ExternalName.");
            }

            for (var i = 0; i < slice.Ports.Count; i++)
            {
                if (slice.Ports[i].Port is null)
                {
                    Add(
                        FindingCodes.SlicePortWithoutNumber,
                        string.Create(CultureInfo.InvariantCulture, $"ports[{i}].port"),
                        $"the port '{slice.Ports[i].Name}' has no number: to the API that means all ports, to kube-proxy none",
                        "Write the port that the origin listens on.");
                }
            }

            Addresses(check);
        }

        private void Belonging(bool isMirrored)
        {
            if (slice.ServiceName.Length == 0)
            {
                Add(
                    FindingCodes.SliceWithoutServiceLabel,
                    "metadata.labels",
                    "the slice has no label kubernetes.io/service-name, so it belongs to no Service and nothing reads it",
                    $"Add the label kubernetes.io/service-name: {Guess()}");
                return;
            }

            var key = new ObjectKey(slice.Key.Namespace, slice.ServiceName);
            if (owner < 0 || context.Facts.Declarations[owner].Service is not { } service)
            {
                var isAlias = owner >= 0;
                Add(
                    FindingCodes.SliceWithoutService,
                    "metadata.labels[kubernetes.io/service-name]",
                    isAlias
                        ? $"{key} is an Alias resource, whose origins stand in it: slices are not joined to it"
                        : $"there is no Service '{key.Name}' in the namespace '{key.Namespace}', so the slice leads nowhere",
                    isAlias ? "List the addresses under the Alias's origins, and delete the slice." : "Write the Service, or correct the label.");
                return;
            }

            if (isMirrored)
            {
                Add(
                    FindingCodes.EndpointsBesideSlices,
                    "metadata.labels[kubernetes.io/service-name]",
                    $"{key} also has an Endpoints object, which is mirrored into further slices: its endpoints and those of this slice are all used",
                    "Delete the Endpoints, so that the endpoints stand in one place.");
            }

            if (service.Type != ServiceType.ExternalName && !service.Headless && slice.AddressType != AddressType.Fqdn
                && !PortJoin.Reaches(context.Addresses.FamiliesOf(owner), slice.AddressType))
            {
                Add(
                    FindingCodes.SliceFamilyUnreachable,
                    "addressType",
                    $"{key} has no {slice.AddressType} address, and a Service leads only to endpoints of its own families",
                    $"Write ipFamilyPolicy: PreferDualStack in the Service and run with a range of {slice.AddressType} addresses too (--service-cidr 127.96.0.0/16,fd00:10:96::/112), "
                    + "or take an Alias, which leads from either family to either.");
            }
        }

        private void Addresses(OriginAddressCheck check)
        {
            var several = -1;
            for (var e = 0; e < slice.Endpoints.Count; e++)
            {
                var addresses = slice.Endpoints[e].Addresses;
                if (several < 0 && addresses.Count > 1)
                    several = e;
                for (var a = 0; a < addresses.Count; a++)
                    check.Add(addresses[a], (e, a), static at => string.Create(CultureInfo.InvariantCulture, $"endpoints[{at.e}].addresses[{at.a}]"));
            }

            if (check.Any)
                check.Report(slice, Declaration.Of(slice), slice.Place, findings);
            if (several >= 0)
            {
                var addresses = slice.Endpoints[several].Addresses;
                Add(
                    FindingCodes.EndpointSecondAddress,
                    string.Create(CultureInfo.InvariantCulture, $"endpoints[{several}].addresses"),
                    $"of {string.Join(", ", addresses)} only {addresses[0]} is connected to: the addresses of one endpoint are one and the same endpoint",
                    "Make every address an endpoint of its own.");
            }
        }

        // A slice is mostly named after its Service, with something behind.
        private string Guess()
        {
            var name = slice.Key.Name;
            while (true)
            {
                if (context.Facts.ServiceOf(new ObjectKey(slice.Key.Namespace, name)) is not null)
                    return name;
                var cut = name.LastIndexOf('-');
                if (cut <= 0)
                    return "SERVICE";
                name = name[..cut];
            }
        }

        private void Add(FindingCode code, string field, string message, string remedy) =>
            findings.Add(code.On(Declaration.Of(slice), field, message, remedy, slice.Place));
    }
}
