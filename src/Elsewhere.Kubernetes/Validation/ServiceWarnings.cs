using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>What the server warns of in an accepted Service (K8S <c>pkg/api/service/warnings.go</c>).</summary>
internal static class ServiceWarnings
{
    /// <summary>Adds the warnings in the server's order.</summary>
    public static void Warn(List<string> warnings, Node root)
    {
        var spec = root["spec"]!;
        if (root["metadata"]!["annotations"]?.Has("service.kubernetes.io/topology-aware-hints") == true)
            warnings.Add("annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead");
        var type = spec.Str("type");
        var headless = type == "ClusterIP" && spec.Str("clusterIP") == "None";
        var external = spec.Strings("externalIPs");
        if (type != "ExternalName" && spec.Str("clusterIP") is not ("" or "None"))
            Addresses(warnings, "spec.clusterIPs", spec.Strings("clusterIPs"));
        if (headless)
        {
            if (spec.Str("loadBalancerIP").Length > 0)
                warnings.Add("spec.loadBalancerIP is ignored for headless services");
            if (external.Count > 0)
                warnings.Add("spec.externalIPs is ignored for headless services");
            if (spec.Str("sessionAffinity") != "None")
                warnings.Add("spec.SessionAffinity is ignored for headless services");
        }

        Addresses(warnings, "spec.externalIPs", external);
        if (external.Count > 0 && !headless && type != "ExternalName")
            warnings.Add("spec.externalIPs is deprecated and may no longer be implemented in some clusters");
        if (spec.Str("loadBalancerIP") is { Length: > 0 } balancer)
            IPRules.WarnAddress(warnings, "spec.loadBalancerIP", balancer);
        var ranges = spec.Strings("loadBalancerSourceRanges");
        for (var i = 0; i < ranges.Count; i++)
            IPRules.WarnRange(warnings, $"spec.loadBalancerSourceRanges[{i}]", ranges[i]);
        if (type == "ExternalName" && external.Count > 0)
            warnings.Add("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
        if (type != "ExternalName" && spec.Str("externalName").Length > 0)
            warnings.Add("spec.externalName is ignored when spec.type is not \"ExternalName\"");
        if (spec.StrOrNull("trafficDistribution") == "PreferClose")
            warnings.Add("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }

    private static void Addresses(List<string> warnings, string path, List<string> addresses)
    {
        for (var i = 0; i < addresses.Count; i++)
            IPRules.WarnAddress(warnings, $"{path}[{i}]", addresses[i]);
    }
}
