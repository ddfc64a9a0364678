using System.Globalization;

namespace Elsewhere.Model;

/// <summary>One Service: its type, and whether its ports lead anywhere.</summary>
internal static class ServiceCheck
{
    public static void Run(CheckContext context, ServiceView service, int index, List<Finding> findings)
    {
        // All that is said of another type follows from what the alias is made of; an external name is judged by other objects too.
        if (service.Type != ServiceType.ExternalName && context.Facts.Declarations[index].Notes!.Last is { } last && ReferenceEquals(last.Alias, context.Aliases[index]))
        {
            findings.AddRange(last.Said ??= Judge(context, service, index));
            return;
        }

        Judge(context, service, index, findings);
    }

    private static Finding[] Judge(CheckContext context, ServiceView service, int index)
    {
        var said = new List<Finding>();
        Judge(context, service, index, said);
        return [.. said];
    }

    private static void Judge(CheckContext context, ServiceView service, int index, List<Finding> findings)
    {
        var alias = context.Aliases[index];
        GatewayCheck.OfService(service, alias, findings);
        PolicyCheck.OfService(context, service, index, findings);
        if (service.Type == ServiceType.ExternalName)
        {
            OfExternalName(context, service, index, findings);
            return;
        }

        if (service.Type is ServiceType.NodePort or ServiceType.LoadBalancer)
        {
            Add(
                FindingCodes.ServiceTypeAsClusterIP,
                "spec.type",
                $"type {service.Type} is served as ClusterIP: there are no nodes here, and no balancer",
                "Nothing to do; the alias and its ports work.");
        }

        if (!service.ExternalIPs.IsEmpty)
        {
            Add(
                FindingCodes.ExternalIPsIgnored,
                "spec.externalIPs",
                $"{string.Join(", ", service.ExternalIPs)}: connections to externalIPs are not relayed here, only those to the Service's own address",
                "Dial the alias by its name.");
        }

        if (service.Headless && service.ClientIPAffinity is not null)
        {
            Add(
                FindingCodes.SessionAffinityIgnored,
                "spec.sessionAffinity",
                "a headless Service has no address of its own, so nothing stands between client and endpoint that could keep an affinity",
                "Remove sessionAffinity, or remove clusterIP: None.");
        }

        for (var i = 0; i < service.Ports.Count; i++)
        {
            var port = service.Ports[i];
            if (port.Protocol == Protocol.Sctp && !service.Headless)
            {
                Add(
                    FindingCodes.SctpNotRelayed,
                    Field(i, "protocol"),
                    $"port {port.Port} is SCTP: it has its SRV record, but no connection is relayed",
                    "Dial the origin's own address for SCTP, for instance with a headless Service (clusterIP: None).");
            }
        }

        if (service.HasSelector)
        {
            Add(
                FindingCodes.ServiceWithSelector,
                "spec.selector",
                "the Service selects Pods, and there are none on this machine: its endpoints are those of hand-written EndpointSlices",
                $"Remove the selector, or write an EndpointSlice labelled kubernetes.io/service-name: {service.Key.Name}");
        }

        PortCheck.Run(context, service, alias, index, findings);

        void Add(FindingCode code, string field, string message, string remedy) =>
            findings.Add(code.On(alias.Declared, field, message, remedy, service.Place));
    }

    /// <summary><c>spec.ports[0].name</c></summary>
    internal static string Field(int port, string field) => string.Create(CultureInfo.InvariantCulture, $"spec.ports[{port}].{field}");

    private static void OfExternalName(CheckContext context, ServiceView service, int index, List<Finding> findings)
    {
        var alias = context.Aliases[index];
        var leadsOut = ExternalNameCheck.Run(context, index, service.ExternalNameAsWritten ?? service.ExternalName ?? "", "spec.externalName", findings);
        if (service.HasSelector)
        {
            Add(
                FindingCodes.ExternalNameSelectorIgnored,
                "spec.selector",
                "controllers pass over the selector of an ExternalName Service: the name leads to externalName, never to Pods",
                "Remove the selector; or remove type and externalName, if Pods are meant.");
        }

        if (service.ClientIPAffinity is not null)
        {
            Add(
                FindingCodes.SessionAffinityIgnored,
                "spec.sessionAffinity",
                alias.Gateway is null ? "clients of an ExternalName connect to the target themselves, so nothing can keep an affinity" : "an external name is one origin, which is resolved anew all the time",
                "Remove sessionAffinity.");
        }

        if (!service.Ports.IsEmpty && alias.Gateway is null)
        {
            var ports = string.Join(", ", service.Ports.Select(p => p.Port));
            Add(
                FindingCodes.ExternalNamePortsIgnored,
                "spec.ports",
                $"a CNAME maps no ports: clients dial the port that they name, on {service.ExternalName}, whatever is listed here ({ports})",
                "Where a port must be mapped, take a Service without a selector and an EndpointSlice, or an Alias in mode Endpoints.");
        }

        if (!context.Facts.SlicesOf(index).IsEmpty)
        {
            Add(
                FindingCodes.ExternalNameEndpointsIgnored,
                "spec.type",
                $"there are endpoints for {service.Key}, but the name of an ExternalName Service leads to {service.ExternalName} and nowhere else",
                "Delete the endpoints; or remove type and externalName, if the endpoints are meant.");
        }

        if (leadsOut && alias.Gateway is null && context.Facts.Declarations[index].Notes!.Http is { } http)
            findings.Add(http);

        void Add(FindingCode code, string field, string message, string remedy) =>
            findings.Add(code.On(alias.Declared, field, message, remedy, service.Place));
    }
}
