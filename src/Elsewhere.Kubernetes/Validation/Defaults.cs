using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>The static defaults of the API (K8S <c>pkg/apis/core/v1/defaults.go</c>, <c>pkg/apis/discovery/v1/defaults.go</c>).</summary>
internal static class Defaults
{
    private const int AffinitySeconds = 10800;

    /// <summary>Fills in what the manifest left out.</summary>
    public static void Apply(ApiKind kind, Node root)
    {
        if (kind == ApiKind.Service)
            Service(root);
        else if (kind == ApiKind.Endpoints)
            Endpoints(root);
        else if (kind == ApiKind.EndpointSlice)
            EndpointSlice(root);
        else if (kind == ApiKind.Namespace)
            Namespace(root);
        else if (kind == ApiKind.Secret)
            Fill(root, "type", "Opaque");
    }

    /// <summary>Whether clients outside the cluster can reach it.</summary>
    public static bool ExternallyAccessible(Node spec) =>
        spec.Str("type") is "LoadBalancer" or "NodePort" || (spec.Str("type") == "ClusterIP" && spec.ListOf("externalIPs").Count > 0);

    private static void Service(Node root)
    {
        var spec = root["spec"]!;
        Fill(spec, "sessionAffinity", "None");
        if (spec.Str("sessionAffinity") == "None")
            spec.Remove("sessionAffinityConfig");
        if (spec.Str("sessionAffinity") == "ClientIP" && spec["sessionAffinityConfig"]?["clientIP"]?["timeoutSeconds"] is null)
        {
            var seconds = Node.Map();
            seconds.Set("timeoutSeconds", Node.Number(AffinitySeconds));
            var config = Node.Map();
            config.Set("clientIP", seconds);
            spec.Set("sessionAffinityConfig", config);
        }

        Fill(spec, "type", "ClusterIP");
        foreach (var port in spec.ListOf("ports"))
        {
            Fill(port, "protocol", "TCP");
            if (port["targetPort"] is null or { Text: "0", Kind: NodeKind.Number } or { Text: "" })
                port.Set("targetPort", Node.Number(port.Int("port")));
        }

        if (ExternallyAccessible(spec))
            Fill(spec, "externalTrafficPolicy", "Cluster");
        if (!spec.Has("internalTrafficPolicy") && spec.Str("type") is "ClusterIP" or "NodePort" or "LoadBalancer")
            spec.Set("internalTrafficPolicy", Node.String("Cluster"));
        if (spec.Str("type") == "LoadBalancer" && !spec.Has("allocateLoadBalancerNodePorts"))
            spec.Set("allocateLoadBalancerNodePorts", Node.Bool(true));
        BalancerStatus.Default(root);
    }

    private static void Endpoints(Node root)
    {
        foreach (var subset in root.ListOf("subsets"))
        {
            foreach (var port in subset.ListOf("ports"))
                Fill(port, "protocol", "TCP");
        }
    }

    private static void EndpointSlice(Node root)
    {
        foreach (var port in root.ListOf("ports"))
        {
            if (!port.Has("name"))
                port.Set("name", Node.String(""));
            if (!port.Has("protocol"))
                port.Set("protocol", Node.String("TCP"));
        }
    }

    private static void Namespace(Node root)
    {
        var metadata = root["metadata"]!;
        if (metadata.Str("name").Length > 0)
        {
            var labels = metadata["labels"] ?? Node.Map();
            labels.Set("kubernetes.io/metadata.name", Node.String(metadata.Str("name")));
            metadata.Set("labels", labels);
        }

        Fill(root["status"]!, "phase", "Active");
    }

    private static void Fill(Node map, string key, string value)
    {
        if (map.Str(key).Length == 0)
            map.Set(key, Node.String(value));
    }
}
