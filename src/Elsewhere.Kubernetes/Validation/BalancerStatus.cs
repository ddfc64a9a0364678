using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>services/status</c> (K8S <c>pkg/apis/core/validation/validation.go</c>, ValidateLoadBalancerStatus).</summary>
internal static class BalancerStatus
{
    private static readonly FieldPath IngressPath = FieldPath.Of("status").Child("loadBalancer").Child("ingress");

    /// <summary>Fills in how addresses of a balancer work where that is left out.</summary>
    public static void Default(Node root)
    {
        if (root["spec"]!.Str("type") != "LoadBalancer")
            return;
        foreach (var ingress in IngressOf(root))
        {
            if (ingress.Str("ip").Length > 0 && !ingress.Has("ipMode"))
                ingress.Set("ipMode", Node.String("VIP"));
        }
    }

    /// <summary>Validates the addresses and names that a balancer has.</summary>
    public static void Validate(FieldErrors errors, Node root)
    {
        var all = IngressOf(root);
        if (all.Count > 0 && root["spec"]!.Str("type") != "LoadBalancer")
        {
            errors.Forbidden(IngressPath, "may only be used when `spec.type` is 'LoadBalancer'");
            return;
        }

        for (var i = 0; i < all.Count; i++)
            One(errors, IngressPath.At(i), all[i]);
    }

    /// <summary>Warns of addresses in an unusual spelling.</summary>
    public static void Warn(List<string> warnings, Node root)
    {
        var all = IngressOf(root);
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].Str("ip") is { Length: > 0 } ip)
                IPRules.WarnAddress(warnings, IngressPath.At(i).ToString(), ip);
        }
    }

    private static void One(FieldErrors errors, FieldPath path, Node ingress)
    {
        var ip = ingress.Str("ip");
        if (ip.Length > 0)
            IPRules.Address(errors, path.Child("ip"), ip);
        var mode = ingress.StrOrNull("ipMode");
        if (ip.Length > 0 && mode is null)
            errors.Required(path.Child("ipMode"), "must be specified when `ip` is set");
        else if (ip.Length == 0 && mode is not null)
            errors.Forbidden(path.Child("ipMode"), "may not be specified when `ip` is not set");
        else if (mode is not (null or "VIP" or "Proxy"))
            errors.NotSupported(path.Child("ipMode"), mode, "Proxy", "VIP");
        if (ingress.Str("hostname") is not { Length: > 0 } name)
            return;
        MetaRules.Invalid(errors, path.Child("hostname"), name, NameRules.Subdomain(name));
        if (GoIP.TryParse(name, out _))
            errors.Invalid(path.Child("hostname"), name, "must be a DNS name, not an IP address");
    }

    private static List<Node> IngressOf(Node root) => root["status"]?["loadBalancer"]?.ListOf("ingress") ?? [];
}
