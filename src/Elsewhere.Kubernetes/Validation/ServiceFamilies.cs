using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// Service addresses, families and their policy: what the server fills in before it validates, and the rules (K8S
/// <c>pkg/registry/core/service/storage/alloc.go</c>, initIPFamilyFields; <c>validation.go</c>, ValidateServiceClusterIPsRelatedFields).
/// </summary>
internal static class ServiceFamilies
{
    private static readonly FieldPath Spec = FieldPath.Of("spec");
    private static readonly FieldPath AddressesPath = Spec.Child("clusterIPs");
    private static readonly FieldPath FamiliesPath = Spec.Child("ipFamilies");
    private static readonly FieldPath PolicyPath = Spec.Child("ipFamilyPolicy");

    /// <summary>Makes <c>clusterIPs</c> follow <c>clusterIP</c> for clients that know only the latter.</summary>
    public static void Normalize(Node spec, Node? old)
    {
        var one = spec.Str("clusterIP");
        var many = spec.Strings("clusterIPs");
        if (old is null)
        {
            if (one.Length > 0 && many.Count == 0)
                spec.Set("clusterIPs", Node.List([one]));
            return;
        }

        var oldOne = old.Str("clusterIP");
        var oldMany = old.Strings("clusterIPs");
        if (oldMany.Count > 0 && many.Count == 0 && oldOne == one)
            spec.Set("clusterIPs", Node.List(oldMany));
        if (oldOne == one || !oldMany.SequenceEqual(many))
            return;
        if (oldOne.Length > 0 && one.Length == 0)
            spec.Remove("clusterIPs");
        else
            spec.Set("clusterIPs", Node.List([one]));
    }

    /// <summary>Fills in policy and families as the cluster would; stops at the first step that has complaints.</summary>
    /// <param name="errors">Where complaints go.</param>
    /// <param name="spec">The spec, changed.</param>
    /// <param name="old">The spec before an update.</param>
    /// <param name="cluster">The families of the cluster, the default one first.</param>
    public static void Initialize(FieldErrors errors, Node spec, Node? old, IReadOnlyList<string> cluster)
    {
        if (spec.Str("type") == "ExternalName" || (old is not null && IsUnchangedPreference(spec, old)))
            return;
        var free = spec.Str("clusterIP") == "None" && spec["selector"] is not { Entries.Count: > 0 };
        if (!spec.Has("ipFamilyPolicy"))
            spec.Set("ipFamilyPolicy", Node.String(old?.StrOrNull("ipFamilyPolicy") ?? (free ? "RequireDualStack" : "SingleStack")));
        Validate(errors, spec, old);
        if (errors.Any)
            return;
        if (old is not null)
            Compare(errors, spec, old);
        Infer(errors, spec, cluster);
        if (errors.Any)
            return;
        var policy = spec.Str("ipFamilyPolicy");
        var families = spec.Strings("ipFamilies");
        if (free)
        {
            if (families.Count == 0)
                families.Add(cluster[0]);
            if (families.Count < 2 && policy != "SingleStack")
                families.Add(Other(families[0]));
            spec.Set("ipFamilies", Node.List(families));
            return;
        }

        if (policy == "RequireDualStack" && cluster.Count < 2)
            errors.Invalid(PolicyPath, policy, "this cluster is not configured for dual-stack services");
        for (var i = 0; i < families.Count; i++)
        {
            if (!cluster.Contains(families[i]))
                errors.Invalid(FamiliesPath.At(i), families[i], "not configured on this cluster");
        }

        if (errors.Any)
            return;
        if (families.Count == 0)
            families.Add(cluster[0]);
        if (policy != "SingleStack" && families.Count == 1 && cluster.Count == 2)
            families.Add(Other(families[0]));
        spec.Set("ipFamilies", Node.List(families));
    }

    /// <summary>The rules for addresses, families and policy together.</summary>
    public static void Validate(FieldErrors errors, Node spec, Node? old)
    {
        if (spec.Str("type") == "ExternalName")
            return;
        var one = spec.Str("clusterIP");
        var addresses = spec.Strings("clusterIPs");
        if (one.Length > 0 && addresses.Count == 0)
            errors.Required(AddressesPath);
        else if (one.Length > 0 && addresses[0] != one)
            errors.Invalid(AddressesPath, Node.List(addresses), "first value must match `clusterIP`");
        else if (one.Length == 0 && addresses.Count > 0)
            errors.Invalid(AddressesPath, Node.List(addresses), "must be empty when `clusterIP` is not specified");

        var families = spec.Strings("ipFamilies");
        var seen = new HashSet<string>();
        for (var i = 0; i < families.Count; i++)
        {
            if (families[i] is not ("IPv4" or "IPv6"))
                errors.NotSupported(FamiliesPath.At(i), families[i], "IPv4", "IPv6");
            if (!seen.Add(families[i]))
                errors.DuplicateRaw(FamiliesPath.At(i), Node.String(families[i]).ToString());
        }

        if (spec.StrOrNull("ipFamilyPolicy") is { } policy and not ("SingleStack" or "PreferDualStack" or "RequireDualStack"))
            errors.NotSupported(PolicyPath, policy, "PreferDualStack", "RequireDualStack", "SingleStack");
        if (Addresses(errors, addresses, old?.Strings("clusterIPs")))
            Families(errors, spec, addresses, families);
    }

    private static bool Addresses(FieldErrors errors, List<string> addresses, List<string>? old)
    {
        var valid = true;
        for (var i = 0; i < addresses.Count; i++)
        {
            if (i > 0 || addresses[i] != "None")
            {
                valid &= IPRules.Address(errors, AddressesPath.At(i), addresses[i], old);
            }
            else if (addresses.Count > 1)
            {
                valid = false;
                errors.Invalid(AddressesPath, Node.List(addresses), "'None' must be the first and only value");
            }
        }

        if (addresses.Count > 2)
            errors.Invalid(AddressesPath, Node.List(addresses), "may only hold up to 2 values");
        return valid;
    }

    private static void Families(FieldErrors errors, Node spec, List<string> addresses, List<string> families)
    {
        if (addresses.Count > 1 && addresses.Select(FamilyOf).Distinct().Count() < 2)
            errors.Invalid(AddressesPath, Node.List(addresses), "may specify no more than one IP for each IP family");
        if (ServiceRules.IsHeadless(spec))
            return;
        for (var i = 0; i < addresses.Count && i < families.Count; i++)
        {
            var is6 = FamilyOf(addresses[i]) == "IPv6";
            if (families[i] == (is6 ? "IPv4" : "IPv6"))
                errors.Invalid(AddressesPath.At(i), addresses[i], $"expected an {families[i]} value as indicated by `ipFamilies[{i}]`");
        }
    }

    /// <summary>IPv4 or IPv6.</summary>
    public static string FamilyOf(string address) => GoIP.TryParse(address, out var ip) && !ip.Is4 ? "IPv6" : "IPv4";

    private static string Other(string family) => family == "IPv4" ? "IPv6" : "IPv4";

    // What an update may release, it releases only when the policy says so.
    private static void Compare(FieldErrors errors, Node spec, Node old)
    {
        var (addresses, oldAddresses) = (spec.Strings("clusterIPs"), old.Strings("clusterIPs"));
        var (families, oldFamilies) = (spec.Strings("ipFamilies"), old.Strings("ipFamilies"));
        if (spec.Str("ipFamilyPolicy") == "SingleStack")
        {
            if (addresses.Count > 1 && addresses.SequenceEqual(oldAddresses))
                spec.Set("clusterIPs", Node.List(addresses.Take(1)));
            if (families.Count > 1 && families.SequenceEqual(oldFamilies))
                spec.Set("ipFamilies", Node.List(families.Take(1)));
            return;
        }

        if (addresses.Count > 0 && addresses.Count < oldAddresses.Count)
            errors.Invalid(PolicyPath, spec["ipFamilyPolicy"]!, "must be 'SingleStack' to release the secondary cluster IP");
        if (families.Count > 0 && families.Count < oldFamilies.Count)
            errors.Invalid(PolicyPath, spec["ipFamilyPolicy"]!, "must be 'SingleStack' to release the secondary IP family");
    }

    private static void Infer(FieldErrors errors, Node spec, IReadOnlyList<string> cluster)
    {
        var addresses = spec.Strings("clusterIPs");
        var families = spec.Strings("ipFamilies");
        if (spec.Str("ipFamilyPolicy") == "SingleStack")
        {
            if (addresses.Count == 2)
                errors.Invalid(PolicyPath, "SingleStack", "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
            if (families.Count == 2)
                errors.Invalid(PolicyPath, "SingleStack", "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified");
        }

        for (var i = 0; i < addresses.Count && addresses[i] != "None"; i++)
        {
            var family = FamilyOf(addresses[i]);
            if (i < families.Count)
                continue;
            if (cluster.Contains(family))
                families.Add(family);
            else
                errors.Invalid(AddressesPath.At(i), Node.List(addresses), $"{family} is not configured on this cluster");
        }

        if (families.Count > 0)
            spec.Set("ipFamilies", Node.List(families));
    }

    // A service that prefers two families keeps what it has when the cluster changes.
    private static bool IsUnchangedPreference(Node spec, Node old) =>
        spec.StrOrNull("ipFamilyPolicy") == "PreferDualStack"
        && old.StrOrNull("ipFamilyPolicy") is null or "PreferDualStack"
        && spec.Str("type") == old.Str("type")
        && spec.Str("type") is "ClusterIP" or "NodePort" or "LoadBalancer"
        && spec.Strings("clusterIPs").SequenceEqual(old.Strings("clusterIPs"))
        && spec.Strings("ipFamilies").SequenceEqual(old.Strings("ipFamilies"));
}
