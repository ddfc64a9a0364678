using System.Globalization;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>An accepted Alias to its view, its own defaults applied.</summary>
internal static class AliasViewBuilder
{
    /// <summary>The view of a valid Alias.</summary>
    public static AliasView Build(Node root, ObjectKey key, SourcePlace place)
    {
        var spec = root["spec"]!;
        var origins = new List<OriginView>();
        foreach (var origin in spec.ListOf("origins"))
        {
            if (OriginUrls.TryParse(origin.Str("url"), out var url, out _))
            {
                origins.Add(new(
                    url,
                    (int)origin.Int("priority"),
                    origin.Has("weight") ? (int)origin.Int("weight") : 100,
                    ViewBuilder.Addresses(origin.ListOf("addresses")),
                    HttpViewBuilder.Tls(origin["tls"]),
                    origin.Str("proxy") is { Length: > 0 } proxy && OriginUrls.TryParse(proxy, out var through, out _) ? through : null));
            }
        }

        var mode = spec.Str("mode") switch
        {
            "Gateway" => AliasMode.Gateway,
            "ExternalName" => AliasMode.ExternalName,
            "Endpoints" => AliasMode.Endpoints,
            _ => origins.Count > 0 && IsHttp(origins[0].Url) ? AliasMode.Gateway : AliasMode.Endpoints,
        };
        return new AliasView(
            key,
            mode,
            origins.ToSeq(),
            Ports(spec, origins),
            ViewBuilder.Names(spec.ListOf("hostnames")),
            place,
            spec["http"] is { } http ? HttpViewBuilder.Http(http) : null,
            HttpViewBuilder.HealthCheck(spec["healthCheck"]),
            spec["tls"]?["certificate"]?["secretRef"]?.Str("name") ?? "");
    }

    private static bool IsHttp(OriginUrl url) => url.Scheme is OriginScheme.Http or OriginScheme.Https;

    // 80 and 443 for http(s), whatever the origin listens on; the url's own port otherwise (design: ports).
    private static Seq<ServicePortView> Ports(Node spec, List<OriginView> origins)
    {
        if (spec.ListOf("ports") is { Count: > 0 } written)
            return ViewBuilder.ServicePorts(written);
        if (origins.Count == 0)
            return [];
        if (IsHttp(origins[0].Url))
            return [new("http", 80, Protocol.Tcp, "80", "http"), new("https", 443, Protocol.Tcp, "443", "https")];
        var ports = new List<ServicePortView>();
        foreach (var origin in origins)
        {
            var protocol = origin.Url.Scheme == OriginScheme.Udp ? Protocol.Udp : Protocol.Tcp;
            if (ports.TrueForAll(p => p.Port != origin.Url.Port || p.Protocol != protocol))
                ports.Add(new("", origin.Url.Port, protocol, origin.Url.Port.ToString(CultureInfo.InvariantCulture), ""));
        }

        return ports.ToSeq();
    }
}
