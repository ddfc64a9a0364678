using System.Globalization;

namespace Elsewhere.Model;

/// <summary>What goes through the gateway, or was meant to.</summary>
internal static class GatewayCheck
{
    /// <summary>An Alias resource that has HTTP origins.</summary>
    public static void OfResource(CheckContext context, AliasView resource, List<Finding> findings)
    {
        for (var o = 0; o < resource.Origins.Count; o++)
            OfOrigin(context.Facts.References, resource, o, findings);
        if (ResourceGateway.CertificateOf(resource, context.Facts.References)?.Missing is { } why)
        {
            findings.Add(FindingCodes.GatewayReferenceMissing.On(
                Declaration.Of(resource),
                "spec.tls.certificate.secretRef",
                $"{why}; clients of {resource.Key} are shown the certificate that it had since the start, or else one of the alias CA",
                "Create it in the same namespace (kubectl create secret tls), or correct the reference.",
                resource.Place));
        }

        var http = resource.Http ?? HttpView.Default;
        OfHeaders(context.Facts.References, resource, http.SetHeaders, "set", findings);
        OfHeaders(context.Facts.References, resource, http.AddHeaders, "add", findings);
    }

    /// <summary>A Service, where the gateway changes what it does.</summary>
    public static void OfService(ServiceView service, Alias alias, List<Finding> findings)
    {
        if (alias.Gateway is null)
        {
            if (service.Gateway == true)
                Add(FindingCodes.GatewayAnnotationIgnored, "metadata.annotations[elsewhere.dev/gateway]", WhyNot(service), "Remove the annotation, or give the Service what it lacks.");
            return;
        }

        if (service.Type == ServiceType.ExternalName)
        {
            var ports = string.Join(" and ", alias.Ports.Select(static port => port.Port.ToString(CultureInfo.InvariantCulture)));
            Add(
                FindingCodes.GatewayExternalNamePorts,
                service.Ports.IsEmpty ? "spec.externalName" : "spec.ports",
                $"{service.Key} has an address of its own now, where {ports} {(alias.Ports.Count == 1 ? "is" : "are")} served; as a CNAME it led to every port of {service.ExternalName}",
                "List further ports under spec.ports: those that speak no HTTP are relayed.");
            return;
        }

        foreach (var port in alias.Gateway.Ports)
        {
            if (port is not { Secure: true, Origins: [var first, ..] })
                continue;
            var address = first.Url.Address!.ToString();
            Add(
                FindingCodes.GatewayEndpointCertificate,
                "spec.ports",
                $"port {port.Port} is opened here and dialled again by TLS at {address}: the endpoint's certificate must name that address, and few do",
                $"Write an Alias with the origin https://NAME:{first.Url.Port} and addresses: [\"{address}\"], so that the name is verified.");
        }

        void Add(FindingCode code, string field, string message, string remedy) =>
            findings.Add(code.On(alias.Declared, field, message, remedy, service.Place));
    }

    private static string WhyNot(ServiceView service) =>
        service.Headless ? $"{service.Key} is headless: clients dial its endpoints themselves, and nothing stands between"
        : service.Type == ServiceType.ExternalName ? $"externalName '{service.ExternalName}' is no name that could be dialled"
        : $"no port of {service.Key} speaks HTTP: that is what appProtocol says, or the name (http..., https...), or the number (80, 8080, 443, 8443)";

    private static void OfOrigin(References references, AliasView resource, int index, List<Finding> findings)
    {
        var origin = resource.Origins[index];
        var tls = origin.Tls ?? OriginTlsView.Default;
        if (!ResourceGateway.IsHttp(origin))
        {
            Add(
                FindingCodes.GatewayOriginNotHttp,
                "url",
                $"{origin.Url.Scheme.ToString().ToLowerInvariant()}://{AliasCheck.HostOf(origin)} stands beside HTTP origins, and the ports of {resource.Key} speak HTTP",
                "Give it an Alias of its own.");
            return;
        }

        if (tls.CaCertificates is not null && references.Find(resource.Key.Namespace, tls.CaCertificates, out var why) is null)
            Missing("tls.caCertificates", why!);
        if (tls.ClientCertificate.Length > 0 && references.FindCertificate(resource.Key.Namespace, tls.ClientCertificate, out why) is null)
            Missing("tls.clientCertificate", why!);
        if (!tls.Verify && origin.Url.Scheme == OriginScheme.Https)
        {
            Add(
                FindingCodes.GatewayTlsUnverified,
                "tls.verify",
                $"whoever answers for {AliasCheck.HostOf(origin)} is believed, with every request and every secret header that goes there",
                "Remove verify: false, and name the origin's own CA under tls.caCertificates.");
        }

        void Missing(string field, string reason) => Add(
            FindingCodes.GatewayReferenceMissing,
            field,
            $"{reason}; what was there before is used meanwhile, and if there was nothing {AliasCheck.HostOf(origin)} is not dialled",
            "Create it in the same namespace, or correct the reference.");

        void Add(FindingCode code, string field, string message, string remedy) =>
            findings.Add(code.On(Declaration.Of(resource), AliasCheck.Field(index, field), message, remedy, resource.Place));
    }

    private static void OfHeaders(References references, AliasView resource, Seq<HeaderView> headers, string list, List<Finding> findings)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            if (ResourceGateway.ValueOf(headers[i], resource.Key.Namespace, references, out var why) is not null)
                continue;
            var isThere = headers[i].From is null || references.Find(resource.Key.Namespace, headers[i].From!, out _) is not null;
            findings.Add((isThere ? FindingCodes.GatewayHeaderValue : FindingCodes.GatewayReferenceMissing).On(
                Declaration.Of(resource),
                string.Create(CultureInfo.InvariantCulture, $"spec.http.requestHeaders.{list}[{i}]"),
                $"{why}; {resource.Key} is not served without the header '{headers[i].Name}'",
                isThere ? "Store the value without a line break: printf %s VALUE, not echo VALUE." : "Create it in the same namespace, or correct the reference.",
                resource.Place));
        }
    }
}
