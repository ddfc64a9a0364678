using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// What an update of a Service takes over from the one before, drops, and may not change (K8S <c>pkg/registry/core/service/storage/storage.go</c>,
/// patchAllocatedValues; <c>strategy.go</c>, dropTypeDependentFields; <c>validation.go</c>, ValidateServiceUpdate).
/// </summary>
internal static class ServiceUpdate
{
    private const string Once = "may not change once set";
    private static readonly FieldPath Spec = FieldPath.Of("spec");

    /// <summary>Takes over what the cluster had allocated and the update leaves out.</summary>
    public static void TakeOver(Node spec, Node old)
    {
        if (spec.Str("type") != "ExternalName" && old.Str("type") != "ExternalName")
        {
            if (spec.Str("clusterIP").Length == 0 && old.Str("clusterIP").Length > 0)
                spec.Set("clusterIP", Node.String(old.Str("clusterIP")));
            if (spec.ListOf("clusterIPs").Count == 0 && old.ListOf("clusterIPs").Count > 0)
                spec.Set("clusterIPs", Node.List(old.Strings("clusterIPs")));
        }

        if (HasNodePorts(spec) && HasNodePorts(old))
            TakeOverNodePorts(spec, old);
        if (ServiceRules.NeedsHealthCheck(spec) && ServiceRules.NeedsHealthCheck(old) && spec.Int("healthCheckNodePort") == 0)
            spec.Set("healthCheckNodePort", Node.Number(old.Int("healthCheckNodePort")));
    }

    /// <summary>Drops what the new type has no use for, unless the update changed it too.</summary>
    public static void Drop(Node spec, Node old)
    {
        if (old.Str("type") != "ExternalName" && spec.Str("type") == "ExternalName")
        {
            if (Same(spec, old, "clusterIP") && Same(spec, old, "clusterIPs"))
            {
                spec.Remove("clusterIP");
                spec.Remove("clusterIPs");
            }

            foreach (var field in (ReadOnlySpan<string>)["ipFamilies", "ipFamilyPolicy"])
            {
                if (Same(spec, old, field))
                    spec.Remove(field);
            }
        }

        if (HasNodePorts(old) && !HasNodePorts(spec) && NodePorts(spec).IsSubsetOf(NodePorts(old)))
        {
            foreach (var port in spec.ListOf("ports"))
                port.Remove("nodePort");
        }

        if (ServiceRules.NeedsHealthCheck(old) && !ServiceRules.NeedsHealthCheck(spec) && Same(spec, old, "healthCheckNodePort"))
            spec.Remove("healthCheckNodePort");
        if (old.Str("type") == "LoadBalancer" && spec.Str("type") != "LoadBalancer")
        {
            foreach (var field in (ReadOnlySpan<string>)["allocateLoadBalancerNodePorts", "loadBalancerClass"])
            {
                if (Same(spec, old, field))
                    spec.Remove(field);
            }
        }

        if (Defaults.ExternallyAccessible(old) && !Defaults.ExternallyAccessible(spec) && Same(spec, old, "externalTrafficPolicy"))
            spec.Remove("externalTrafficPolicy");
    }

    /// <summary>What may not change.</summary>
    public static void Compare(FieldErrors errors, Node spec, Node old)
    {
        if (spec.Str("type") != "ExternalName" && old.Str("type") != "ExternalName")
        {
            Addresses(errors, spec, old);
            Families(errors, spec, old);
        }

        if (spec.Str("type") == "LoadBalancer" && old.Str("type") == "LoadBalancer" && !Same(spec, old, "loadBalancerClass"))
            errors.Invalid(Spec.Child("loadBalancerClass"), spec["loadBalancerClass"] ?? Node.Null(), Once);
        ServiceRules.BalancerClass(errors, spec, spec.Str("type"));
        if (ServiceRules.NeedsHealthCheck(spec) && ServiceRules.NeedsHealthCheck(old) && !Same(spec, old, "healthCheckNodePort"))
            errors.Forbidden(Spec.Child("healthCheckNodePort"), "field is immutable");
    }

    private static void Addresses(FieldErrors errors, Node spec, Node old)
    {
        if (ServiceRules.IsHeadless(spec) && ServiceRules.IsHeadless(old))
            return;
        var path = Spec.Child("clusterIPs");
        var (now, before) = (spec.Strings("clusterIPs"), old.Strings("clusterIPs"));
        for (var i = 0; now.Count == before.Count && i < now.Count; i++)
        {
            if (now[i] != before[i])
                errors.Invalid(path.At(i), ListOrNull(spec, "clusterIPs"), Once);
        }

        if (now.Count == before.Count)
            return;
        if (now.Count == 0)
            errors.Invalid(path.At(0), ListOrNull(spec, "clusterIPs"), "primary clusterIP can not be unset");
        if (before.Count > 0 && now.Count > 0 && now[0] != before[0])
            errors.Invalid(path.At(0), ListOrNull(spec, "clusterIPs"), Once);
        if (before.Count > now.Count && now.Count == 1 && spec.StrOrNull("ipFamilyPolicy") != "SingleStack")
            errors.Invalid(Spec.Child("ipFamilyPolicy"), spec["ipFamilyPolicy"] ?? Node.Null(), "must be set to 'SingleStack' when releasing the secondary clusterIP");
    }

    private static void Families(FieldErrors errors, Node spec, Node old)
    {
        if (ServiceRules.IsHeadless(spec) || ServiceRules.IsHeadless(old))
            return;
        var path = Spec.Child("ipFamilies").At(0);
        var (now, before) = (spec.Strings("ipFamilies"), old.Strings("ipFamilies"));
        for (var i = 0; now.Count == before.Count && i < now.Count; i++)
        {
            if (now[i] != before[i])
                errors.Invalid(path, ListOrNull(spec, "ipFamilies"), Once);
        }

        if (now.Count == before.Count)
            return;
        if (before.Count > now.Count && spec.ListOf("clusterIPs").Count == 0)
            errors.Invalid(path, ListOrNull(spec, "ipFamilies"), "primary ipFamily can not be unset");
        if (before.Count > 0 && now.Count > 0 && now[0] != before[0])
            errors.Invalid(path, ListOrNull(spec, "clusterIPs"), Once);
        if (before.Count > now.Count && now.Count == 1 && spec.StrOrNull("ipFamilyPolicy") != "SingleStack")
            errors.Invalid(Spec.Child("ipFamilyPolicy"), spec["ipFamilyPolicy"] ?? Node.Null(), "must be set to 'SingleStack' when releasing the secondary ipFamily");
    }

    private static void TakeOverNodePorts(Node spec, Node old)
    {
        var used = NodePorts(old);
        used.IntersectWith(NodePorts(spec));
        var byName = new Dictionary<string, long>();
        foreach (var port in old.ListOf("ports"))
            byName[port.Str("name")] = port.Int("nodePort");
        foreach (var port in spec.ListOf("ports"))
        {
            if (port.Int("nodePort") == 0 && byName.GetValueOrDefault(port.Str("name")) is not 0 and var number && !used.Contains(number))
                port.Set("nodePort", Node.Number(number));
        }
    }

    private static bool HasNodePorts(Node spec) => spec.Str("type") is "NodePort" or "LoadBalancer";

    private static HashSet<long> NodePorts(Node spec) => [.. spec.ListOf("ports").Select(p => p.Int("nodePort")).Where(p => p != 0)];

    private static bool Same(Node spec, Node old, string field) =>
        Node.Same(spec[field], old[field]) || (spec[field] is null or { Items.Count: 0, Kind: NodeKind.List } && old[field] is null or { Items.Count: 0, Kind: NodeKind.List });

    private static Node ListOrNull(Node spec, string field) => spec[field] ?? Node.Null();
}
