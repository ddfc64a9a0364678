using System.Globalization;
using System.Net;

namespace Elsewhere.Model;

/// <summary>How the gateway serves a plain Service.</summary>
internal static class ServiceGateway
{
    private static readonly Seq<ServicePortView> Web = [new("http", 80, Protocol.Tcp, "80", "http"), new("https", 443, Protocol.Tcp, "443", "https")];

    private static readonly GatewayHttp Http = new(
        HostRule.Origin, "", RewriteView.Default, [], [], [], TimeoutsView.Default, RetriesView.Default, RateLimitView.None);

    /// <summary>
    /// An external name with service addresses instead of a CNAME: port 80 leads to <c>http://name</c> and 443 to <c>https://name</c>, or the ports listed to
    /// their own number (or <c>targetPort</c>, where that is one). What is listed and speaks no HTTP is relayed.
    /// </summary>
    public static Alias OfExternalName(ServiceView service, ServiceNotes notes, Seq<IPAddress> addresses, References references)
    {
        var target = notes.Target!;
        var listed = PortsOf(service);
        var ports = new List<AliasPort>(listed.Count);
        var http = new List<GatewayPort>(listed.Count);
        foreach (var port in listed)
        {
            var backends = references.Permitted(service.Key.Namespace, [new Backend(null, target, NumberOf(port))]);
            ports.Add(new AliasPort(port.Name, port.Port, port.Protocol, port.AppProtocol, backends));
            if (HttpPort.Of(port) is { } kind)
                http.Add(Port(port.Port, kind, backends));
        }

        return new Alias(service.Key, notes.Declared, AliasKind.ClusterIP, addresses, null, ports.ToSeq(), null, service.Place, Route(http));
    }

    /// <summary>The HTTP ports of a Service with endpoints, each endpoint an origin; null if it has none.</summary>
    public static GatewayRoute? OfEndpoints(ServiceView service, ReadOnlySpan<AliasPort> ports)
    {
        List<GatewayPort>? http = null;
        for (var i = 0; i < ports.Length; i++)
        {
            if (HttpPort.Of(service.Ports[i]) is { } kind)
                (http ??= []).Add(Port(ports[i].Port, kind, ports[i].Backends));
        }

        return Route(http);
    }

    private static GatewayRoute? Route(List<GatewayPort>? ports) => ports is null or [] ? null : new GatewayRoute(ports.ToSeq(), [], Http, null, null);

    /// <summary>The ports of an external name behind the gateway.</summary>
    public static Seq<ServicePortView> PortsOf(ServiceView service) => service.Ports.IsEmpty ? Web : service.Ports;

    /// <summary>Where such a port leads: to <c>targetPort</c>, where that is a number, or to its own.</summary>
    public static int NumberOf(ServicePortView port) =>
        int.TryParse(port.TargetPort, NumberStyles.None, CultureInfo.InvariantCulture, out var other) && other is > 0 and <= 65535 ? other : port.Port;

    private static GatewayPort Port(int port, HttpPortKind kind, Seq<Backend> backends) =>
        new(port, kind == HttpPortKind.Secure, backends.Select(backend => Origin(kind, backend)).ToSeq());

    private static GatewayOrigin Origin(HttpPortKind kind, Backend backend)
    {
        var secure = kind == HttpPortKind.Secure;
        var tls = secure ? new OriginTls(backend.Name?.ToHostString() ?? backend.Address!.ToString(), null, null, TlsMinimum.Tls12, true) : null;
        return new GatewayOrigin(
            new OriginUrl(secure ? OriginScheme.Https : OriginScheme.Http, backend.Name, backend.Address, backend.Port, "/"), 0, 100, [], tls, null,
            kind == HttpPortKind.PriorKnowledge, backend.Within);
    }
}
