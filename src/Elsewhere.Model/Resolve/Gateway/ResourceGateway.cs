namespace Elsewhere.Model;

/// <summary>How the gateway serves an Alias resource.</summary>
internal static class ResourceGateway
{
    /// <summary>The route; null if no origin speaks HTTP: then all ports are relayed, TLS unopened.</summary>
    public static GatewayRoute? Of(AliasView resource, References references)
    {
        if (!resource.Origins.Any(IsHttp))
            return null;
        var http = HttpOf(resource, references);

        // Where one port says that the origin speaks HTTP/2 in clear, it does so for those who come by TLS too.
        var priorKnowledge = resource.Ports.Any(static port => HttpPort.Of(port) == HttpPortKind.PriorKnowledge);
        var ports = new List<GatewayPort>(resource.Ports.Count);
        foreach (var port in resource.Ports)
        {
            if (port.Protocol != Protocol.Tcp)
                continue;
            var kind = HttpPort.Of(port) ?? HttpPortKind.Plain;

            // A request without the field that it needs would be refused by the origin, with a reason that nobody understands.
            ports.Add(new GatewayPort(port.Port, kind == HttpPortKind.Secure, http is null ? [] : Origins(resource, priorKnowledge, references)));
        }

        return new GatewayRoute(ports.ToSeq(), resource.Hostnames, http ?? Without(resource), resource.HealthCheck, CertificateOf(resource, references));
    }

    /// <summary>What is spoken by TLS with clients; null for a certificate of the alias CA.</summary>
    public static TlsCertificate? CertificateOf(AliasView resource, References references) => resource.Certificate.Length == 0
        ? null
        : CertificateOf(resource.Key.Namespace, resource.Certificate, references);

    /// <summary>Whether the gateway speaks to an origin.</summary>
    public static bool IsHttp(OriginView origin) => origin.Url.Scheme is OriginScheme.Http or OriginScheme.Https;

    /// <summary>What TLS with an origin needs. Where a reference leads nowhere it says so: what was there before goes on serving, and nothing takes its place.</summary>
    public static OriginTls TlsOf(OriginView origin, string inNamespace, References references)
    {
        var tls = origin.Tls ?? OriginTlsView.Default;
        var ca = tls.CaCertificates is not { } reference
            ? null
            : new CaBundle(inNamespace, reference, references.Find(inNamespace, reference, out var none) ?? SecretBytes.Empty, none);
        var certificate = tls.ClientCertificate.Length == 0 ? null : CertificateOf(inNamespace, tls.ClientCertificate, references);
        var name = tls.ServerName.Length > 0 ? tls.ServerName : origin.Url.Host?.ToHostString() ?? origin.Url.Address!.ToString();
        return new OriginTls(name, ca, certificate, tls.Minimum, tls.Verify);
    }

    /// <summary>The value of a field; null with the reason if it has none, or one that no field can have (RFC 9110 section 5.5).</summary>
    public static SecretBytes? ValueOf(HeaderView header, string inNamespace, References references, out string? why)
    {
        why = null;
        var value = header.From is null ? SecretBytes.Of(header.Value ?? "") : references.Find(inNamespace, header.From, out why);
        if (value is null || value.Bytes.AsSpan().IndexOfAny((byte)'\r', (byte)'\n', (byte)0) < 0)
            return value;
        why = $"the value of '{header.Name}' has a line break or a NUL in it, which would begin another field";
        return null;
    }

    private static TlsCertificate CertificateOf(string inNamespace, string secret, References references) =>
        references.FindCertificate(inNamespace, secret, out var why) ?? TlsCertificate.NotThere(new ObjectKey(inNamespace, secret), why!);

    private static Seq<GatewayOrigin> Origins(AliasView resource, bool priorKnowledge, References references)
    {
        var origins = new List<GatewayOrigin>(resource.Origins.Count);
        foreach (var origin in resource.Origins)
        {
            if (!IsHttp(origin) || origin.Weight <= 0)
                continue;
            var permit = references.PermitOf(resource, origin);
            if (!permit.IsAllowed)
                continue;
            var secure = origin.Url.Scheme == OriginScheme.Https;
            var tls = secure ? TlsOf(origin, resource.Key.Namespace, references) : null;
            origins.Add(new GatewayOrigin(
                origin.Url, origin.Priority, origin.Weight, origin.Addresses, tls, origin.Proxy, priorKnowledge && !secure, permit.Within));
        }

        return origins.ToSeq();
    }

    private static GatewayHttp? HttpOf(AliasView resource, References references)
    {
        var view = resource.Http ?? HttpView.Default;
        return TryResolve(view.SetHeaders, resource.Key.Namespace, references, out var set)
            && TryResolve(view.AddHeaders, resource.Key.Namespace, references, out var add)
            ? new GatewayHttp(view.Host, view.HostLiteral, view.Rewrite, set, add, view.RemoveHeaders, view.Timeouts, view.Retries, view.RateLimit)
            : null;
    }

    private static GatewayHttp Without(AliasView resource)
    {
        var view = resource.Http!;
        return new GatewayHttp(view.Host, view.HostLiteral, view.Rewrite, [], [], view.RemoveHeaders, view.Timeouts, view.Retries, view.RateLimit);
    }

    private static bool TryResolve(Seq<HeaderView> headers, string inNamespace, References references, out Seq<GatewayHeader> resolved)
    {
        resolved = [];
        var all = new List<GatewayHeader>(headers.Count);
        foreach (var header in headers)
        {
            if (ValueOf(header, inNamespace, references, out _) is not { } value)
                return false;
            all.Add(new GatewayHeader(header.Name, value));
        }

        resolved = all.ToSeq();
        return true;
    }
}
