using System.Net;
using System.Net.Sockets;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>Accepted objects to typed views: text becomes types here, and only here.</summary>
internal static class ViewBuilder
{
    private const string GatewayAnnotation = "elsewhere.dev/gateway";

    /// <summary>The view of an object; null for kinds that have none.</summary>
    public static object? Build(ApiKind kind, Node root, ObjectKey key, SourcePlace place) => kind.Kind switch
    {
        "Service" => Service(root, key, place),
        "Endpoints" => Endpoints(root, key, place),
        "EndpointSlice" => EndpointSlice(root, key, place),
        "Namespace" => new NamespaceView(key.Name, Gateway(root), place),
        "Alias" => AliasViewBuilder.Build(root, key, place),
        "Secret" => ReferenceViewBuilder.Secret(root, key, place),
        "ConfigMap" => ReferenceViewBuilder.ConfigMap(root, key, place),
        "AliasPolicy" => ReferenceViewBuilder.AliasPolicy(root, key, place),
        _ => null,
    };

    private static ServiceView Service(Node root, ObjectKey key, SourcePlace place)
    {
        var spec = root["spec"]!;
        var type = spec.Str("type") switch
        {
            "ExternalName" => ServiceType.ExternalName,
            "NodePort" => ServiceType.NodePort,
            "LoadBalancer" => ServiceType.LoadBalancer,
            _ => ServiceType.ClusterIP,
        };
        var written = spec.StrOrNull("externalName");
        var name = type == ServiceType.ExternalName ? (written ?? "") : null;
        return new ServiceView(
            key,
            type,
            spec.Str("clusterIP") == "None" || spec.ListOf("clusterIPs") is [{ Text: "None" }, ..],
            Addresses(spec.ListOf("clusterIPs") is { Count: > 0 } many ? many : spec["clusterIP"] is { } one ? [one] : []),
            name is { Length: > 1 } && name.EndsWith('.') ? name[..^1] : name,
            written,
            ServicePorts(spec.ListOf("ports")),
            spec["selector"] is { Entries.Count: > 0 },
            spec.IsTrue("publishNotReadyAddresses"),
            spec.Str("sessionAffinity") == "ClientIP"
                ? TimeSpan.FromSeconds(spec["sessionAffinityConfig"]?["clientIP"]?.Int("timeoutSeconds") ?? 0)
                : null,
            spec.Strings("ipFamilies").Select(f => f == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork).ToSeq(),
            spec.StrOrNull("ipFamilyPolicy") switch
            {
                "SingleStack" => IPFamilyPolicy.SingleStack,
                "PreferDualStack" => IPFamilyPolicy.PreferDualStack,
                "RequireDualStack" => IPFamilyPolicy.RequireDualStack,
                _ => null,
            },
            Addresses(spec.ListOf("externalIPs")),
            Gateway(root),
            place);
    }

    /// <summary>Ports of a Service or an Alias.</summary>
    public static Seq<ServicePortView> ServicePorts(List<Node> ports)
    {
        if (ports.Count == 0)
            return [];
        var views = new ServicePortView[ports.Count];
        for (var i = 0; i < views.Length; i++)
        {
            var port = ports[i];
            var target = port.Str("targetPort") is { Length: > 0 } t ? t : port.Str("port");
            views[i] = new(port.Str("name"), (int)port.Int("port"), ProtocolOf(port), target, port.Str("appProtocol"));
        }

        return views.ToSeq();
    }

    private static EndpointsView Endpoints(Node root, ObjectKey key, SourcePlace place)
    {
        var subsets = new List<EndpointsSubsetView>();
        foreach (var subset in root.ListOf("subsets"))
        {
            subsets.Add(new(
                EndpointsAddresses(subset.ListOf("addresses")),
                EndpointsAddresses(subset.ListOf("notReadyAddresses")),
                subset.ListOf("ports").Select(p => new SlicePortView(p.Str("name"), (int)p.Int("port"), ProtocolOf(p), p.Str("appProtocol"))).ToSeq()));
        }

        var metadata = root["metadata"]!;
        return new EndpointsView(
            key,
            subsets.ToSeq(),
            metadata["labels"]?.Str("endpointslice.kubernetes.io/skip-mirror") == "true",
            metadata["annotations"]?.Has("control-plane.alpha.kubernetes.io/leader") == true,
            place);
    }

    private static Seq<EndpointsAddressView> EndpointsAddresses(List<Node> addresses)
    {
        var views = new List<EndpointsAddressView>(addresses.Count);
        foreach (var address in addresses)
        {
            if (IPText.TryParse(address.Str("ip"), out var ip))
                views.Add(new(ip, address.Str("hostname")));
        }

        return views.ToSeq();
    }

    private static EndpointSliceView EndpointSlice(Node root, ObjectKey key, SourcePlace place)
    {
        var labels = root["metadata"]!["labels"];
        var type = root.Str("addressType") switch
        {
            "IPv6" => AddressType.IPv6,
            "FQDN" => AddressType.Fqdn,
            _ => AddressType.IPv4,
        };
        var endpoints = new List<EndpointView>();
        foreach (var endpoint in root.ListOf("endpoints"))
        {
            var conditions = endpoint["conditions"];
            var addresses = endpoint.ListOf("addresses");
            endpoints.Add(new(
                type == AddressType.Fqdn ? [] : Addresses(addresses),
                type == AddressType.Fqdn ? Names(addresses) : [],
                endpoint.Str("hostname"),
                conditions?.BoolOrNull("ready"),
                conditions?.BoolOrNull("serving"),
                conditions?.BoolOrNull("terminating")));
        }

        return new EndpointSliceView(
            key,
            labels?.Str("kubernetes.io/service-name") ?? "",
            labels?.Str("endpointslice.kubernetes.io/managed-by") ?? "",
            type,
            endpoints.ToSeq(),
            root.ListOf("ports").Select(SlicePort).ToSeq(),
            place);
    }

    // The API takes any number here; kube-proxy uses none outside the range.
    private static SlicePortView SlicePort(Node port) =>
        new(port.Str("name"), port.Int("port") is >= 1 and <= 65535 and var number ? (int)number : null, ProtocolOf(port), port.Str("appProtocol"));

    private static Protocol ProtocolOf(Node port) => port.Str("protocol") switch
    {
        "UDP" => Protocol.Udp,
        "SCTP" => Protocol.Sctp,
        _ => Protocol.Tcp,
    };

    /// <summary>The addresses among the texts; <c>None</c> is none.</summary>
    public static Seq<IPAddress> Addresses(List<Node> texts)
    {
        var addresses = new List<IPAddress>(texts.Count);
        foreach (var text in texts)
        {
            if (IPText.TryParse(text.Text, out var address))
                addresses.Add(address);
        }

        return addresses.ToSeq();
    }

    /// <summary>The names among the texts.</summary>
    public static Seq<DnsName> Names(List<Node> texts)
    {
        var names = new List<DnsName>(texts.Count);
        foreach (var text in texts)
        {
            if (DnsName.TryParse(text.Text, out var name, out _))
                names.Add(name);
        }

        return names.ToSeq();
    }

    private static bool? Gateway(Node root) => root["metadata"]?["annotations"]?.StrOrNull(GatewayAnnotation) switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };
}
