using System.Globalization;

namespace Elsewhere.Model;

/// <summary>Why a port of a Service leads nowhere, or not where its manifest seems to say.</summary>
internal static class PortCheck
{
    public static void Run(CheckContext context, ServiceView service, Alias alias, int index, List<Finding> findings)
    {
        var slices = context.Facts.SlicesOf(index);
        var families = service.Headless ? Families.Both : context.Addresses.FamiliesOf(index);
        var counts = Count(slices, families);
        if (counts.Endpoints == 0 && counts.Elsewhere == 0)
        {
            if (!service.HasSelector)
                findings.Add(NoEndpoints(service, alias));
            return;
        }

        if (counts.Endpoints > 0 && counts.Ready == 0)
        {
            findings.Add(FindingCodes.EndpointsNotReady.On(
                alias.Declared,
                "",
                $"{(counts.Endpoints == 1 ? $"the endpoint of {service.Key} is not" : $"none of the {counts.Endpoints} endpoints of {service.Key} is")} ready: "
                + (alias.Ports.Any(p => !p.Backends.IsEmpty) ? "connections go to what is about to end, as long as it serves" : Silence(service)),
                "Set conditions.ready: true in the EndpointSlice (in Endpoints: move the address from notReadyAddresses to addresses).",
                service.Place));
        }

        var told = false;
        for (var i = 0; i < service.Ports.Count; i++)
            told |= RunPort(service, alias, i, slices, families, counts, findings);
        if (!told && !service.Headless)
            Unused(service, alias, slices, findings);
    }

    private static bool RunPort(
        ServiceView service, Alias alias, int index, ClusterFacts.SliceList slices, Families families, Counts counts, List<Finding> findings)
    {
        var port = service.Ports[index];
        var backends = alias.Ports[index].Backends;
        if (service.Headless)
        {
            if (!backends.IsEmpty && !backends.Any(b => b.Port == port.Port))
            {
                findings.Add(FindingCodes.HeadlessPortNotMapped.On(
                    alias.Declared,
                    ServiceCheck.Field(index, "port"),
                    $"clients of a headless Service dial the endpoint itself: port {port.Port} stays {port.Port}, but the endpoints listen on {backends[0].Port}",
                    $"Let clients dial port {backends[0].Port}, or remove clusterIP: None, so that the port is mapped.",
                    service.Place));
            }

            return false;
        }

        if (!backends.IsEmpty)
        {
            DeadTargetPort(service, alias, index, backends, findings);
            return false;
        }

        if (counts.Ready == 0 || Joined(port, slices, families))
            return false;
        findings.Add(Mismatch(service, alias, index, slices));
        return true;
    }

    private static Finding NoEndpoints(ServiceView service, Alias alias)
    {
        var name = service.Ports.IsEmpty ? "" : service.Ports[0].Name;
        var port = name.Length > 0 ? $", with the port that the origin listens on, named {Quote(name)} as in the Service" : ", with the port that the origin listens on";
        return FindingCodes.NoEndpoints.On(
            alias.Declared,
            "",
            $"{service.Key} has no endpoints: {Silence(service)}",
            $"Write an EndpointSlice labelled kubernetes.io/service-name: {service.Key.Name}{port}.",
            service.Place);
    }

    private static string Silence(ServiceView service) =>
        service.Headless ? "cluster DNS answers NXDOMAIN" : "the name resolves, and every connection is refused";

    private static void DeadTargetPort(ServiceView service, Alias alias, int index, Seq<Backend> backends, List<Finding> findings)
    {
        var port = service.Ports[index];

        // Where targetPort was left out it equals the port; that says nothing about the endpoint.
        if (service.HasSelector || port.TargetPort == Number(port.Port))
            return;
        foreach (var backend in backends)
        {
            if (Number(backend.Port) == port.TargetPort)
                return;
        }

        findings.Add(FindingCodes.TargetPortIgnored.On(
            alias.Declared,
            ServiceCheck.Field(index, "targetPort"),
            $"targetPort {port.TargetPort} has no effect: the Service has no selector, so port {port.Port} leads to the endpoint's own port {backends[0].Port}",
            $"Write targetPort: {backends[0].Port}, or put the right port into the endpoints.",
            service.Place));
    }

    private static Finding Mismatch(ServiceView service, Alias alias, int index, ClusterFacts.SliceList slices)
    {
        var port = service.Ports[index];
        SlicePortView? sameName = null, sameProtocol = null;
        foreach (var slice in slices)
        {
            foreach (var candidate in slice.Ports)
            {
                if (sameName is null && (candidate.Name ?? "") == port.Name && candidate.Protocol != port.Protocol)
                    sameName = candidate;
                if (sameProtocol is null && candidate.Protocol == port.Protocol && !service.Ports.Any(p => PortJoin.Matches(p, candidate)))
                    sameProtocol = candidate;
            }
        }

        if (sameName is not null && (sameProtocol is null || port.Name.Length > 0))
        {
            return FindingCodes.PortProtocolMismatch.On(
                alias.Declared,
                ServiceCheck.Field(index, "protocol"),
                $"port {port.Port} is {Text(port.Protocol)}, the endpoints' port{(port.Name.Length > 0 ? $" {Quote(port.Name)}" : "")} is {Text(sameName.Protocol)}: the two are not joined, and every "
                + "connection is refused without an error anywhere",
                "Write the same protocol on both sides.",
                service.Place);
        }

        var other = sameProtocol is null
            ? $"the endpoints have no {Text(port.Protocol)} port named {Quote(port.Name)}"
            : $"the endpoints' port {(sameProtocol.Name is { Length: > 0 } name ? $"is named {Quote(name)}" : "has no name")}";
        return FindingCodes.PortNameMismatch.On(
            alias.Declared,
            ServiceCheck.Field(index, "name"),
            $"port {port.Port} {(port.Name.Length > 0 ? $"is named {Quote(port.Name)}" : "has no name")}, but {other}: ports are joined by name, so it leads nowhere, "
            + "and no error says so",
            Remedy(service, index, sameProtocol),
            service.Place);
    }

    private static string Remedy(ServiceView service, int index, SlicePortView? candidate)
    {
        var name = service.Ports[index].Name;
        if (candidate is null)
            return $"Add the port to the endpoints, with the name {Quote(name)}.";
        if (candidate.Name is not { Length: > 0 })
            return $"Write name: {name} in the endpoints' port too.";
        return name.Length == 0 && service.Ports.Count == 1
            ? $"Write name: {candidate.Name} in the Service's port, or remove the name from the endpoints' port."
            : $"Write the same name on both sides, for instance {candidate.Name}.";
    }

    private static bool Joined(ServicePortView port, ClusterFacts.SliceList slices, Families families)
    {
        foreach (var slice in slices)
        {
            if (!PortJoin.Reaches(families, slice.AddressType))
                continue;
            foreach (var candidate in slice.Ports)
            {
                if (PortJoin.Matches(port, candidate))
                    return true;
            }
        }

        return false;
    }

    private static void Unused(ServiceView service, Alias alias, ClusterFacts.SliceList slices, List<Finding> findings)
    {
        foreach (var slice in slices)
        {
            foreach (var port in slice.Ports)
            {
                if (slice.AddressType == AddressType.Fqdn || service.Ports.Any(p => PortJoin.Matches(p, port)))
                    continue;
                findings.Add(FindingCodes.SlicePortUnused.On(
                    alias.Declared,
                    "spec.ports",
                    $"the endpoints have {Text(port.Protocol)} port {port.Port} named {Quote(port.Name ?? "")}, which is joined to no port of {service.Key}",
                    "Add such a port to the Service, or remove it from the endpoints.",
                    service.Place));
                return;
            }
        }
    }

    private static Counts Count(ClusterFacts.SliceList slices, Families families)
    {
        var counts = default(Counts);
        foreach (var slice in slices)
        {
            if (!PortJoin.Reaches(families, slice.AddressType))
            {
                counts.Elsewhere += slice.Endpoints.Count;
                continue;
            }

            counts.Endpoints += slice.Endpoints.Count;
            foreach (var endpoint in slice.Endpoints)
                counts.Ready += endpoint.IsReady ? 1 : 0;
        }

        return counts;
    }

    private static string Quote(string name) => $"'{name}'";

    private static string Number(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string Text(Protocol protocol) => protocol switch { Protocol.Tcp => "TCP", Protocol.Udp => "UDP", Protocol.Sctp => "SCTP" };

    /// <summary>Endpoints that the Service's addresses lead to, the ready ones of them, and those of a family it does not have.</summary>
    private record struct Counts(int Endpoints, int Ready, int Elsewhere);
}
