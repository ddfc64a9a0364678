using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>Rules of <c>discovery.k8s.io/v1/EndpointSlice</c> (K8S <c>pkg/apis/discovery/validation/validation.go</c>).</summary>
internal static class EndpointSliceRules
{
    private const int MostEndpoints = 1000;
    private const int MostAddresses = 100;
    private const int MostPorts = 20000;
    private const int MostHints = 8;
    private static readonly FieldPath TypePath = FieldPath.Of("addressType");
    private static readonly FieldPath EndpointsPath = FieldPath.Of("endpoints");
    private static readonly FieldPath PortsPath = FieldPath.Of("ports");

    /// <summary>Validates the object; endpoints that did not change stay valid.</summary>
    public static void Validate(FieldErrors errors, Node root, Node? old)
    {
        MetaRules.Create(errors, root["metadata"]!, true, NameRules.Subdomain);
        var type = root.Str("addressType");
        if (type.Length == 0)
            errors.Required(TypePath);
        else if (type is not ("IPv4" or "IPv6" or "FQDN"))
            errors.NotSupported(TypePath, type, "FQDN", "IPv4", "IPv6");

        var found = new FieldErrors();
        Endpoints(found, root.ListOf("endpoints"), type);
        if (!found.Any || old is null || !Node.Same(old["endpoints"], root["endpoints"]))
            errors.AddRange(found);
        Ports(errors, root.ListOf("ports"));
        if (old is not null && old.Str("addressType") != type)
            errors.Invalid(TypePath, Node.String(type), "field is immutable");
    }

    /// <summary>Warnings for names as addresses, in a new slice, and for addresses in an unusual spelling.</summary>
    public static void Warn(List<string> warnings, Node root, bool isNew)
    {
        if (isNew && root.Str("addressType") == "FQDN")
            warnings.Add("spec.addressType: FQDN endpoints are deprecated");
        if (root["metadata"]!["labels"]?.Str("endpointslice.kubernetes.io/managed-by")
            is "endpointslice-controller.k8s.io" or "endpointslicemirroring-controller.k8s.io")
            return;
        var endpoints = root.ListOf("endpoints");
        for (var i = 0; i < endpoints.Count; i++)
        {
            var addresses = endpoints[i].ListOf("addresses");
            for (var j = 0; j < addresses.Count; j++)
                IPRules.WarnAddress(warnings, $"endpoints[{i}].addresses[{j}]", addresses[j].Text);
        }
    }

    private static void Endpoints(FieldErrors errors, List<Node> endpoints, string type)
    {
        if (endpoints.Count > MostEndpoints)
        {
            errors.TooMany(EndpointsPath, endpoints.Count, MostEndpoints);
            return;
        }

        for (var i = 0; i < endpoints.Count; i++)
        {
            var endpoint = endpoints[i];
            var path = EndpointsPath.At(i);
            Addresses(errors, path.Child("addresses"), endpoint.ListOf("addresses"), type);
            if (endpoint.StrOrNull("nodeName") is { } node)
                MetaRules.Invalid(errors, path.Child("nodeName"), node, NameRules.Subdomain(node));
            if (endpoint.StrOrNull("hostname") is { } hostname)
                MetaRules.Invalid(errors, path.Child("hostname"), hostname, NameRules.Label(hostname));
            if (endpoint["hints"] is { } hints)
            {
                // Too many of the former, and nobody looks at the latter.
                if (Hints(errors, path.Child("hints").Child("forZones"), hints.ListOf("forZones"), NameRules.LabelValue))
                    Hints(errors, path.Child("hints").Child("forNodes"), hints.ListOf("forNodes"), NameRules.Subdomain);
            }
        }
    }

    private static void Addresses(FieldErrors errors, FieldPath path, List<Node> addresses, string type)
    {
        if (addresses.Count == 0)
            errors.Required(path, "must contain at least 1 address");
        else if (addresses.Count > MostAddresses)
            errors.TooMany(path, addresses.Count, MostAddresses);
        for (var i = 0; i < addresses.Count; i++)
        {
            var text = addresses[i].Text;
            if (type == "FQDN")
                Name(errors, path.At(i), text);
            else if (type is "IPv4" or "IPv6" && IPRules.Address(errors, path.At(i), text))
            {
                if (GoIP.TryParse(text, out var address) && address.Is4 != (type == "IPv4"))
                    errors.Invalid(path, text, $"must be an {type} address");
                IPRules.Endpoint(errors, path.At(i), text);
            }
        }
    }

    private static void Name(FieldErrors errors, FieldPath path, string name)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
            return;
        }

        if (name.EndsWith('.'))
            name = name[..^1];
        if (NameRules.Subdomain(name) is { Count: > 0 } complaints)
        {
            errors.Invalid(path, name, string.Join(",", complaints));
            return;
        }

        var labels = name.Split('.');
        if (labels.Length < 2)
        {
            errors.Invalid(path, name, "should be a domain with at least two segments separated by dots");
            return;
        }

        foreach (var label in labels)
        {
            if (NameRules.Label(label) is { Count: > 0 } bad)
            {
                errors.Invalid(path, label, string.Join(",", bad));
                return;
            }
        }
    }

    private static bool Hints(FieldErrors errors, FieldPath path, List<Node> hints, Func<string, List<string>> rule)
    {
        if (hints.Count > MostHints)
        {
            errors.TooMany(path, hints.Count, MostHints);
            return false;
        }

        var seen = new HashSet<string>();
        for (var i = 0; i < hints.Count; i++)
        {
            var name = hints[i].Str("name");
            if (!seen.Add(name))
                errors.Duplicate(path.At(i).Child("name"), name);
            MetaRules.Invalid(errors, path.At(i).Child("name"), name, rule(name));
        }

        return true;
    }

    private static void Ports(FieldErrors errors, List<Node> ports)
    {
        if (ports.Count > MostPorts)
        {
            errors.TooMany(PortsPath, ports.Count, MostPorts);
            return;
        }

        var seen = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var path = PortsPath.At(i);
            var name = port.Str("name");
            if (name.Length > 0)
                MetaRules.Invalid(errors, path.Child("name"), name, NameRules.Label(name));
            if (!seen.Add(name))
                errors.DuplicateRaw(path.Child("name"), Node.String(name).ToString());
            if (port.Str("protocol") is not ("TCP" or "UDP" or "SCTP"))
                errors.NotSupported(path.Child("protocol"), port.Str("protocol"), "SCTP", "TCP", "UDP");
            if (port.StrOrNull("appProtocol") is { } app)
                MetaRules.Invalid(errors, path.Child("appProtocol"), app, NameRules.Qualified(app));
        }
    }
}
