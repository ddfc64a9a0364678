using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>v1/Endpoints</c> (K8S <c>pkg/apis/core/validation/validation.go</c>).</summary>
internal static class EndpointsRules
{
    private static readonly FieldPath SubsetsPath = FieldPath.Of("subsets");

    /// <summary>Validates the object; subsets that did not change stay valid.</summary>
    public static void Validate(FieldErrors errors, Node root, Node? old)
    {
        MetaRules.Create(errors, root["metadata"]!, true, NameRules.Subdomain);
        var found = new FieldErrors();
        var subsets = root.ListOf("subsets");
        for (var i = 0; i < subsets.Count; i++)
            Subset(found, SubsetsPath.At(i), subsets[i]);
        if (found.Any && old is not null && Node.Same(old["subsets"], root["subsets"]))
            return;
        errors.AddRange(found);
    }

    /// <summary>Warnings for addresses in an unusual spelling, but not to the controller that writes Endpoints.</summary>
    public static void Warn(List<string> warnings, Node root)
    {
        if (root["metadata"]!["labels"]?.Str("endpoints.kubernetes.io/managed-by") == "endpoint-controller")
            return;
        var subsets = root.ListOf("subsets");
        for (var i = 0; i < subsets.Count; i++)
        {
            foreach (var list in (ReadOnlySpan<string>)["addresses", "notReadyAddresses"])
            {
                var addresses = subsets[i].ListOf(list);
                for (var j = 0; j < addresses.Count; j++)
                    IPRules.WarnAddress(warnings, $"subsets[{i}].{list}[{j}].ip", addresses[j].Str("ip"));
            }
        }
    }

    private static void Subset(FieldErrors errors, FieldPath path, Node subset)
    {
        var addresses = subset.ListOf("addresses");
        var notReady = subset.ListOf("notReadyAddresses");
        if (addresses.Count == 0 && notReady.Count == 0)
            errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
        for (var i = 0; i < addresses.Count; i++)
            Address(errors, path.Child("addresses").At(i), addresses[i]);
        for (var i = 0; i < notReady.Count; i++)
            Address(errors, path.Child("notReadyAddresses").At(i), notReady[i]);
        var ports = subset.ListOf("ports");
        for (var i = 0; i < ports.Count; i++)
            Port(errors, path.Child("ports").At(i), ports[i], ports.Count > 1);
    }

    private static void Address(FieldErrors errors, FieldPath path, Node address)
    {
        var ip = address.Str("ip");
        IPRules.Address(errors, path.Child("ip"), ip);
        if (address.Str("hostname") is { Length: > 0 } hostname)
            MetaRules.Invalid(errors, path.Child("hostname"), hostname, NameRules.Label(hostname));
        if (address.StrOrNull("nodeName") is { } node)
            MetaRules.Invalid(errors, path.Child("nodeName"), node, NameRules.Subdomain(node));
        IPRules.Endpoint(errors, path.Child("ip"), ip);
    }

    private static void Port(FieldErrors errors, FieldPath path, Node port, bool requireName)
    {
        var name = port.Str("name");
        if (requireName && name.Length == 0)
            errors.Required(path.Child("name"));
        else if (name.Length > 0)
            MetaRules.Invalid(errors, path.Child("name"), name, NameRules.Label(name));
        PortRules.Number(errors, path.Child("port"), port.Int("port"));
        PortRules.Protocol(errors, path.Child("protocol"), port.Str("protocol"));
        if (port.StrOrNull("appProtocol") is { } app)
            MetaRules.Invalid(errors, path.Child("appProtocol"), app, NameRules.Qualified(app));
    }
}

/// <summary>Rules that all ports share.</summary>
internal static class PortRules
{
    /// <summary>1 to 65535.</summary>
    public static void Number(FieldErrors errors, FieldPath path, long port)
    {
        if (port is < 1 or > 65535)
            errors.Invalid(path, port, "must be between 1 and 65535, inclusive");
    }

    /// <summary>TCP, UDP or SCTP.</summary>
    public static void Protocol(FieldErrors errors, FieldPath path, string protocol)
    {
        if (protocol.Length == 0)
            errors.Required(path);
        else if (protocol is not ("TCP" or "UDP" or "SCTP"))
            errors.NotSupported(path, protocol, "SCTP", "TCP", "UDP");
    }
}
