using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>v1/Service</c>, in the server's order (K8S <c>pkg/apis/core/validation/validation.go</c>, ValidateService).</summary>
internal static class ServiceRules
{
    private const string RangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";
    private const string HintsAnnotation = "service.kubernetes.io/topology-aware-hints";
    private const string ModeAnnotation = "service.kubernetes.io/topology-mode";
    private const string OnlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'";
    private const int LongestAffinity = 86400;

    private static readonly FieldPath Spec = FieldPath.Of("spec");
    private static readonly FieldPath PortsPath = Spec.Child("ports");

    /// <summary>Validates a Service whose addresses and ports have been filled in.</summary>
    public static void Validate(FieldErrors errors, Node root, Node? old)
    {
        var metadata = root["metadata"]!;
        var spec = root["spec"]!;
        MetaRules.Create(errors, metadata, true, NameRules.Label);
        Topology(errors, metadata["annotations"]);
        var type = spec.Str("type");
        var ports = spec.ListOf("ports");
        if (ports.Count == 0 && !IsHeadless(spec) && type != "ExternalName")
            errors.Required(PortsPath);
        if (type is "LoadBalancer" or "NodePort" && IsHeadless(spec))
            errors.Invalid(Spec.Child("clusterIPs").At(0), "None", $"may not be set to 'None' for {type} services");
        if (type == "ExternalName")
            ExternalName(errors, spec);

        var names = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
            Port(errors, PortsPath.At(i), ports[i], ports.Count > 1, names);
        MetaRules.Labels(errors, Spec.Child("selector"), spec["selector"]);
        Affinity(errors, spec);
        ServiceFamilies.Validate(errors, spec, old?["spec"]);
        ExternalIPs(errors, spec, old?["spec"]);
        if (type is not ("ClusterIP" or "ExternalName" or "LoadBalancer" or "NodePort"))
            errors.NotSupported(Spec.Child("type"), type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        NodePorts(errors, ports, type);
        SamePorts(errors, ports);
        SourceRanges(errors, spec, metadata, type, old);
        if (spec.Has("allocateLoadBalancerNodePorts") && type != "LoadBalancer")
            errors.Forbidden(Spec.Child("allocateLoadBalancerNodePorts"), OnlyLoadBalancer);
        BalancerClass(errors, spec, type);
        Traffic(errors, spec);
    }

    /// <summary>Whether it has the pseudo address <c>None</c>.</summary>
    public static bool IsHeadless(Node spec) => spec.ListOf("clusterIPs") is [{ Text: "None" }];

    /// <summary>Whether its balancer asks each node how it is.</summary>
    public static bool NeedsHealthCheck(Node spec) => spec.Str("type") == "LoadBalancer" && spec.Str("externalTrafficPolicy") == "Local";

    /// <summary>The class's format, and that only balancers have one.</summary>
    public static void BalancerClass(FieldErrors errors, Node spec, string type)
    {
        if (spec.StrOrNull("loadBalancerClass") is not { } name)
            return;
        if (type == "LoadBalancer")
            MetaRules.Invalid(errors, Spec.Child("loadBalancerClass"), name, NameRules.Qualified(name));
        else
            errors.Forbidden(Spec.Child("loadBalancerClass"), OnlyLoadBalancer);
    }

    private static void Topology(FieldErrors errors, Node? annotations)
    {
        if (annotations?.StrOrNull(HintsAnnotation) is { } hints && annotations.StrOrNull(ModeAnnotation) is { } mode && mode != hints)
            errors.Invalid(FieldPath.Of("metadata").Child("annotations").Key(ModeAnnotation), mode, $"must match annotations[{HintsAnnotation}] when both are specified");
    }

    private static void ExternalName(FieldErrors errors, Node spec)
    {
        const string message = "may not be set for ExternalName services";
        if (spec.ListOf("clusterIPs").Count > 0)
            errors.Forbidden(Spec.Child("clusterIPs"), message);
        if (spec.ListOf("ipFamilies").Count > 0)
            errors.Forbidden(Spec.Child("ipFamilies"), message);
        if (spec.Has("ipFamilyPolicy"))
            errors.Forbidden(Spec.Child("ipFamilyPolicy"), message);
        var name = spec.Str("externalName");
        name = name.EndsWith('.') ? name[..^1] : name;
        if (name.Length == 0)
            errors.Required(Spec.Child("externalName"));
        else
            MetaRules.Invalid(errors, Spec.Child("externalName"), name, NameRules.Subdomain(name));
    }

    private static void Port(FieldErrors errors, FieldPath path, Node port, bool requireName, HashSet<string> names)
    {
        var name = port.Str("name");
        if (requireName && name.Length == 0)
        {
            errors.Required(path.Child("name"));
        }
        else if (name.Length > 0)
        {
            MetaRules.Invalid(errors, path.Child("name"), name, NameRules.Label(name));
            if (!names.Add(name))
                errors.Duplicate(path.Child("name"), name);
        }

        PortRules.Number(errors, path.Child("port"), port.Int("port"));
        PortRules.Protocol(errors, path.Child("protocol"), port.Str("protocol"));
        if (port["targetPort"] is { Kind: NodeKind.String } target)
            MetaRules.Invalid(errors, path.Child("targetPort"), target.Text, NameRules.PortName(target.Text));
        else
            PortRules.Number(errors, path.Child("targetPort"), port.Int("targetPort"));
        if (port.StrOrNull("appProtocol") is { } app)
            MetaRules.Invalid(errors, path.Child("appProtocol"), app, NameRules.Qualified(app));
    }

    private static void Affinity(FieldErrors errors, Node spec)
    {
        var affinity = spec.Str("sessionAffinity");
        if (affinity is not ("ClientIP" or "None"))
            errors.NotSupported(Spec.Child("sessionAffinity"), affinity, "ClientIP", "None");
        if (affinity != "ClientIP")
            return;
        var seconds = spec["sessionAffinityConfig"]?["clientIP"]?.Int("timeoutSeconds") ?? 0;
        if (seconds is <= 0 or > LongestAffinity)
            errors.Invalid(Spec.Child("sessionAffinityConfig").Child("clientIP").Child("timeoutSeconds"), seconds, $"must be greater than 0 and less than {LongestAffinity}");
    }

    private static void ExternalIPs(FieldErrors errors, Node spec, Node? old)
    {
        var addresses = spec.Strings("externalIPs");
        var before = old?.Strings("externalIPs");
        for (var i = 0; i < addresses.Count; i++)
        {
            var path = Spec.Child("externalIPs").At(i);
            if (IPRules.Address(errors, path, addresses[i], before))
                IPRules.Endpoint(errors, path, addresses[i]);
        }
    }

    private static void NodePorts(FieldErrors errors, List<Node> ports, string type)
    {
        for (var i = 0; i < ports.Count && type == "ClusterIP"; i++)
        {
            if (ports[i].Int("nodePort") != 0)
                errors.Forbidden(PortsPath.At(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }

        var seen = new HashSet<(string, long)>();
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i].Int("nodePort");
            if (port != 0 && !seen.Add((ports[i].Str("protocol"), port)))
                errors.DuplicateRaw(PortsPath.At(i).Child("nodePort"), $"{port}");
        }
    }

    private static void SamePorts(FieldErrors errors, List<Node> ports)
    {
        var seen = new HashSet<(string, long)>();
        for (var i = 0; i < ports.Count; i++)
        {
            var (protocol, port) = (ports[i].Str("protocol"), ports[i].Int("port"));
            if (!seen.Add((protocol, port)))
                errors.DuplicateRaw(PortsPath.At(i), $$"""{"Name":"","Protocol":{{Node.String(protocol)}},"AppProtocol":null,"Port":{{port}},"TargetPort":0,"NodePort":0}""");
        }
    }

    private static void SourceRanges(FieldErrors errors, Node spec, Node metadata, string type, Node? old)
    {
        var ranges = spec.Strings("loadBalancerSourceRanges");
        if (ranges.Count > 0)
        {
            var path = Spec.Child("LoadBalancerSourceRanges");
            if (type != "LoadBalancer")
                errors.Forbidden(path, OnlyLoadBalancer);
            var before = old?["spec"]?.Strings("loadBalancerSourceRanges").ConvertAll(r => r.Trim());
            for (var i = 0; i < ranges.Count; i++)
                IPRules.Range(errors, path.At(i), ranges[i].Trim(), before);
        }
        else if (metadata["annotations"]?.StrOrNull(RangesAnnotation) is { } annotation)
        {
            var path = FieldPath.Of("metadata").Child("annotations").Key(RangesAnnotation);
            if (type != "LoadBalancer")
                errors.Forbidden(path, OnlyLoadBalancer);
            if (annotation.Trim().Length == 0 || old?["metadata"]?["annotations"]?.StrOrNull(RangesAnnotation) == annotation)
                return;
            foreach (var range in annotation.Trim().Split(','))
                IPRules.Range(errors, path, range.Trim());
        }
    }

    private static void Traffic(FieldErrors errors, Node spec)
    {
        var external = spec.Str("externalTrafficPolicy");
        if (!Defaults.ExternallyAccessible(spec))
        {
            if (external.Length > 0)
                errors.Invalid(Spec.Child("externalTrafficPolicy"), Node.String(external), "may only be set for externally-accessible services");
        }
        else if (external is not ("Cluster" or "Local"))
        {
            errors.NotSupported(Spec.Child("externalTrafficPolicy"), external, "Cluster", "Local");
        }

        var check = spec.Int("healthCheckNodePort");
        if (!NeedsHealthCheck(spec))
        {
            if (check != 0)
                errors.Invalid(Spec.Child("healthCheckNodePort"), check, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
        else
        {
            PortRules.Number(errors, Spec.Child("healthCheckNodePort"), check);
        }

        var inner = spec.StrOrNull("internalTrafficPolicy");
        if (inner is not (null or "Cluster" or "Local"))
            errors.NotSupported(Spec.Child("internalTrafficPolicy"), inner, "Cluster", "Local");
        if (spec.StrOrNull("trafficDistribution") is { } spread and not ("PreferClose" or "PreferSameZone" or "PreferSameNode"))
            errors.NotSupportedText(Spec.Child("trafficDistribution"), spread, "PreferClose", "PreferSameZone", "PreferSameNode");
    }
}
