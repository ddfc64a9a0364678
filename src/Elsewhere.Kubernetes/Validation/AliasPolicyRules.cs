using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>elsewhere.dev/v1alpha1/AliasPolicy</c>.</summary>
internal static class AliasPolicyRules
{
    private static readonly FieldPath Spec = FieldPath.Of("spec");

    /// <summary>Validates an AliasPolicy.</summary>
    public static void Validate(FieldErrors errors, Node root)
    {
        MetaRules.Create(errors, root["metadata"]!, false, NameRules.Subdomain);
        var spec = root["spec"]!;
        var namespaces = spec.Strings("namespaces");
        for (var i = 0; i < namespaces.Count; i++)
        {
            if (namespaces[i] != "*")
                MetaRules.Invalid(errors, Spec.Child("namespaces").At(i), namespaces[i], NameRules.Label(namespaces[i]));
        }

        var rules = spec.ListOf("allow");
        for (var i = 0; i < rules.Count; i++)
            Rule(errors, Spec.Child("allow").At(i), rules[i]);
    }

    private static void Rule(FieldErrors errors, FieldPath path, Node rule)
    {
        // One word misspelt would allow anything.
        if (rule.ListOf("hosts").Count + rule.ListOf("cidrs").Count + rule.ListOf("ports").Count == 0)
            errors.Required(path, "must have at least one of hosts, cidrs and ports; to allow any address write cidrs: [0.0.0.0/0, \"::/0\"]");
        var hosts = rule.Strings("hosts");
        for (var i = 0; i < hosts.Count; i++)
        {
            var name = hosts[i].StartsWith("*.", StringComparison.Ordinal) ? hosts[i][2..] : hosts[i];
            if (!NameRules.IsHostName(name))
                errors.Invalid(path.Child("hosts").At(i), hosts[i], "must be a DNS name, or *. and a DNS name for every name below it");
        }

        var cidrs = rule.Strings("cidrs");
        for (var i = 0; i < cidrs.Count; i++)
        {
            if (!Cidr.TryParse(cidrs[i], out var cidr, out var why))
                errors.Invalid(path.Child("cidrs").At(i), cidrs[i], why);
            else if (cidr.Network.IsIPv4MappedToIPv6)
                errors.Invalid(path.Child("cidrs").At(i), cidrs[i], "is IPv4 in the dress of IPv6: write the IPv4 range, such as 10.0.0.0/8");
        }

        var ports = rule.ListOf("ports");
        for (var i = 0; i < ports.Count; i++)
            PortRules.Number(errors, path.Child("ports").At(i), long.Parse(ports[i].Text, System.Globalization.CultureInfo.InvariantCulture));
    }
}
