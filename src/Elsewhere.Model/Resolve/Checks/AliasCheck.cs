using System.Globalization;

namespace Elsewhere.Model;

/// <summary>Alias resources.</summary>
internal static class AliasCheck
{
    public static void Run(CheckContext context, AliasView resource, int index, List<Finding> findings)
    {
        var route = context.Aliases[index].Gateway;
        if (!resource.Hostnames.IsEmpty && route is null)
        {
            Add(
                FindingCodes.AliasHostnamesIgnored,
                "spec.hostnames",
                $"in mode {resource.Mode} nothing answers to {string.Join(", ", resource.Hostnames.Select(h => h.ToHostString()))}",
                "Remove hostnames.");
        }

        if (resource.Certificate.Length > 0 && route?.Ports.Any(static port => port.Secure) != true)
        {
            Add(
                FindingCodes.AliasCertificateIgnored,
                "spec.tls.certificate",
                route is null ? $"in mode {resource.Mode} TLS is not opened here: clients see the origin's certificate" : $"no port of {resource.Key} speaks TLS to clients",
                route is null ? "Write mode: Gateway with an http or https origin, or remove tls." : "List a port with appProtocol: https, or remove tls.");
        }

        PolicyCheck.OfResource(context, resource, findings);
        if (OriginChoice.First(resource) is null)
        {
            Add(
                FindingCodes.AliasDrained,
                "spec.origins",
                $"every origin of {resource.Key} has weight 0, so it leads nowhere",
                "Give one of the origins a weight above 0.");
        }
        else if (resource.Mode == AliasMode.ExternalName)
        {
            OfExternalName(context, resource, index, findings);
        }
        else
        {
            OfPorts(context, resource, route, findings);
        }

        void Add(FindingCode code, string field, string message, string remedy) =>
            findings.Add(code.On(Declaration.Of(resource), field, message, remedy, resource.Place));
    }

    /// <summary>Alias resources whose name a Service has.</summary>
    public static void Shadowed(CheckContext context, List<Finding> findings)
    {
        foreach (var resource in context.Facts.AliasResources)
        {
            if (context.Facts.ServiceOf(resource.Key) is null)
                continue;
            findings.Add(FindingCodes.AliasNameTaken.On(
                Declaration.Of(resource),
                "metadata.name",
                $"there is a Service {resource.Key} too, and the Service counts: the Alias has no effect",
                "Rename one of the two, or delete the Service.",
                resource.Place));
        }
    }

    private static void OfExternalName(CheckContext context, AliasView resource, int index, List<Finding> findings)
    {
        var origin = OriginChoice.First(resource)!;
        var field = Field(Array.IndexOf([.. resource.Origins], origin), "url");
        var alias = context.Aliases[index];

        // Reading lets neither an address nor a second origin pass in this mode.
        if (origin.Url.Host is null || alias.Target is null)
            return;
        ExternalNameCheck.Run(context, index, origin.Url.Host.ToHostString(), field, findings);
        if (!origin.Addresses.IsEmpty || origin.Url.BasePath.Length > 1 || DefaultPort(origin.Url.Scheme) is not { } port || port != origin.Url.Port)
        {
            var lost = !origin.Addresses.IsEmpty ? "the addresses listed" : origin.Url.BasePath.Length > 1 ? $"the path {origin.Url.BasePath}" : $"port {origin.Url.Port}";
            findings.Add(FindingCodes.AliasExternalNameLosesPort.On(
                alias.Declared,
                field,
                $"a CNAME carries a name only: clients of {resource.Key} must know {lost} themselves",
                "Write mode: Endpoints to have the port mapped, or tell the clients.",
                resource.Place));
        }
    }

    private static void OfPorts(CheckContext context, AliasView resource, GatewayRoute? route, List<Finding> findings)
    {
        var about = Declaration.Of(resource);
        for (var i = 0; i < resource.Ports.Count; i++)
        {
            if (route is null || resource.Ports[i].Protocol != Protocol.Tcp)
                OfPort(resource, i, about, findings);
        }

        var check = new OriginAddressCheck(context);
        for (var o = 0; o < resource.Origins.Count; o++)
        {
            var origin = resource.Origins[o];
            if (origin.Url.Address is { } address)
                check.Add(address, o, static at => Field(at, "url"));
            for (var a = 0; a < origin.Addresses.Count; a++)
                check.Add(origin.Addresses[a], (o, a), static at => string.Create(CultureInfo.InvariantCulture, $"{Field(at.o, "addresses")}[{at.a}]"));
        }

        check.Report(resource, about, resource.Place, findings);
        if (route is not null)
        {
            GatewayCheck.OfResource(context, resource, findings);
            return;
        }

        if (resource.Origins.FirstOrDefault(o => o.Url.Scheme is OriginScheme.Http or OriginScheme.Https) is { } http)
        {
            var name = HostOf(http);
            var port = resource.Ports.Any(p => p.Port == http.Url.Port) || resource.Ports.IsEmpty ? http.Url.Port : resource.Ports[0].Port;
            findings.Add(FindingCodes.AliasHttpRelayed.On(
                about,
                "spec.mode",
                $"in mode Endpoints bytes pass as they are: {name} gets 'Host: {resource.Key}', its links and cookies name {name}, and so does its certificate",
                $"Write mode: Gateway; or let clients keep the origin's name: curl --connect-to {name}:{http.Url.Port}:{resource.Key}:{port} "
                + $"{(http.Url.Scheme == OriginScheme.Https ? "https" : "http")}://{name}:{http.Url.Port}/",
                resource.Place));
        }
    }

    private static void OfPort(AliasView resource, int index, ObjectRef about, List<Finding> findings)
    {
        var port = resource.Ports[index];
        var matching = resource.Origins.Where(o => o.Weight > 0 && OriginChoice.TransportOf(o.Url.Scheme) == port.Protocol).ToList();
        if (port.Protocol == Protocol.Sctp)
        {
            findings.Add(FindingCodes.SctpNotRelayed.On(
                about, ServiceCheck.Field(index, "protocol"), $"port {port.Port} is SCTP, which is not relayed", "Remove the port.", resource.Place));
            return;
        }

        if (matching.Count == 0)
        {
            findings.Add(FindingCodes.AliasPortWithoutOrigin.On(
                about,
                ServiceCheck.Field(index, "protocol"),
                $"port {port.Port} is {(port.Protocol == Protocol.Udp ? "UDP" : "TCP")}, and no origin of {resource.Key} is: the port leads nowhere",
                $"Add an origin {(port.Protocol == Protocol.Udp ? "udp" : "tcp")}://HOST:PORT, or remove the port.",
                resource.Place));
            return;
        }

        if (matching.FirstOrDefault(o => PlainMeetsTls(port, o.Url.Scheme)) is { } odd)
        {
            var tls = odd.Url.Scheme == OriginScheme.Https;
            findings.Add(FindingCodes.AliasPortScheme.On(
                about,
                ServiceCheck.Field(index, "port"),
                $"clients of port {port.Port} speak {(tls ? "plain HTTP" : "TLS")}, but the origin {HostOf(odd)} port {odd.Url.Port} speaks {(tls ? "TLS" : "plain HTTP")}: "
                + "in mode Endpoints nothing translates",
                tls ? "List port 443 only, under spec.ports." : "List port 80 only, under spec.ports.",
                resource.Place));
        }
    }

    private static bool PlainMeetsTls(ServicePortView port, OriginScheme scheme) =>
        (port.Port == 80 && scheme == OriginScheme.Https) || (port.Port == 443 && scheme == OriginScheme.Http);

    private static int? DefaultPort(OriginScheme scheme) => scheme switch
    {
        OriginScheme.Http => 80,
        OriginScheme.Https => 443,
        OriginScheme.Tcp or OriginScheme.Tls or OriginScheme.Udp => null,
    };

    internal static string HostOf(OriginView origin) => origin.Url.Host?.ToHostString() ?? origin.Url.Address?.ToString() ?? "";

    internal static string Field(int origin, string field) => string.Create(CultureInfo.InvariantCulture, $"spec.origins[{origin}].{field}");
}
