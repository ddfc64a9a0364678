namespace Elsewhere.Model;

/// <summary>A name that an alias points to: one that Kubernetes accepts, but that does not do what was meant.</summary>
internal static class ExternalNameCheck
{
    private static readonly string[] WildcardDns = ["nip.io", "sslip.io", "xip.io", "localtest.me", "lvh.me", "traefik.me", "vcap.me"];

    /// <summary>Judges the name.</summary>
    /// <param name="context">The cluster.</param>
    /// <param name="index">Which alias points to it.</param>
    /// <param name="written">The name as it stands in the manifest.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="findings">Where to add.</param>
    /// <returns>Whether the name leads somewhere outside: then it is worth saying what else has to fit.</returns>
    public static bool Run(CheckContext context, int index, string written, string field, List<Finding> findings)
    {
        var alias = context.Aliases[index];
        var name = written.TrimEnd('.').ToLowerInvariant();

        // Of a circle only that is said.
        if (name.Length == 0 || NameChains.IsLoop(context, index))
            return false;
        var (code, message, remedy) = Judge(context, alias.Key, name);
        if (code is not null)
            findings.Add(code.On(alias.Declared, field, message, remedy, alias.Place));
        if (written[^1] == '.')
        {
            findings.Add(FindingCodes.ExternalNameTrailingDot.On(
                alias.Declared,
                field,
                $"'{written}' ends in a dot; cluster DNS ignores it, but ingress controllers and meshes that read the field may not",
                $"Write {name}",
                alias.Place));
        }

        return code is null;
    }

    /// <summary>What HTTP clients of the name meet; null if its ports are those of another protocol.</summary>
    public static Finding? OverHttp(ServiceView service, ObjectRef declared, DnsName target)
    {
        if (!MayBeHttp(service))
            return null;
        var (key, name) = (service.Key, target.ToHostString());
        return FindingCodes.ExternalNameHttp.On(
            declared,
            "spec.externalName",
            $"if {key} is dialled over HTTP, the origin gets 'Host: {key}' and may not know it; links, redirects and cookies name {name}; and its certificate "
            + $"is for {name}, not for {key}. Other protocols do not mind",
            $"Let the gateway serve it: kubectl annotate service -n {key.Namespace} {key.Name} elsewhere.dev/gateway=true. Without it HTTP clients have to keep the "
            + $"origin's own name: curl -H 'Host: {name}' http://{key}/, or for TLS curl --connect-to {name}:443:{key}:443 https://{name}/",
            service.Place);
    }

    private static bool MayBeHttp(ServiceView service)
    {
        foreach (var port in service.Ports)
        {
            if (port.Port is 80 or 443 or 8080 or 8443 || port.Name.StartsWith("http", StringComparison.Ordinal)
                || port.AppProtocol.StartsWith("http", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return service.Ports.IsEmpty;
    }

    private static (FindingCode? Code, string Message, string Remedy) Judge(CheckContext context, ObjectKey key, string name)
    {
        if (IPText.TryParse(name, out var address))
        {
            return (
                FindingCodes.ExternalNameIsAddress,
                $"'{name}' is an address, and a CNAME points to names only: cluster DNS answers NXDOMAIN for {key}",
                $"Remove type and externalName, give the Service its ports, and list {address} in an EndpointSlice labelled kubernetes.io/service-name: {key.Name}");
        }

        var labels = name.Split('.');
        if (labels[^1].All(char.IsAsciiDigit))
        {
            return (
                FindingCodes.ExternalNameNumeric,
                $"'{name}' ends in a number: no such domain exists, and URL parsers take the name for a broken IPv4 address",
                "Write the origin's name, or its address in an EndpointSlice.");
        }

        if (name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal) || name.StartsWith("localhost.", StringComparison.Ordinal))
        {
            return (
                FindingCodes.ExternalNameLocalhost,
                $"'{name}' is the client itself: each Pod that dials {key} ends up in its own loopback interface",
                "Write the name under which other machines reach the origin.");
        }

        if (NameTarget.IsBelow(name, context.Zone) || name == context.Zone)
            return JudgeInCluster(context, key, name);
        if (JudgeShort(context, key, name, labels) is { Code: not null } relative)
            return relative;
        foreach (var suffix in WildcardDns)
        {
            if (name == suffix || NameTarget.IsBelow(name, suffix))
            {
                return (
                    FindingCodes.ExternalNameWildcardDns,
                    $"'{name}' is answered by {suffix}, which gives any address that is written into the name, inside ones too: checks of names do not see that",
                    "Put the address into an EndpointSlice, where it can be checked.");
            }
        }

        return default;
    }

    private static (FindingCode? Code, string Message, string Remedy) JudgeInCluster(CheckContext context, ObjectKey key, string name)
    {
        if (NameTarget.ServiceIn(name, context.Zone, out _) is not { } target)
        {
            return (
                FindingCodes.ExternalNameMissingService,
                $"'{name}' lies in the cluster's zone {context.Zone}, but is no Service's name",
                $"Write NAME.NAMESPACE.svc.{context.Zone}, or a name outside the cluster.");
        }

        if (target == new ObjectKey("default", "kubernetes"))
        {
            return (
                FindingCodes.ExternalNameApiServer,
                $"'{name}' is the cluster's API server: whatever follows {key}, an ingress controller for one, would let its clients in there",
                "Let clients that need the API server name it themselves.");
        }

        if (!Exists(context, target))
        {
            return (
                FindingCodes.ExternalNameMissingService,
                $"'{name}' is a name of the Service {target}, which does not exist: cluster DNS answers NXDOMAIN behind the CNAME",
                $"Create the Service '{target.Name}' in the namespace '{target.Namespace}', or correct the name.");
        }

        var where = target.Namespace == key.Namespace ? "of this namespace" : $"of the namespace '{target.Namespace}', past whatever guards the border between the two";
        return (
            FindingCodes.ExternalNameInCluster,
            $"'{name}' leads to the Service '{target.Name}' {where}; TLS names, Host headers and network policies follow the target",
            $"Let clients dial {target}, unless the second name is wanted for good.");
    }

    private static (FindingCode? Code, string Message, string Remedy) JudgeShort(CheckContext context, ObjectKey key, string name, string[] labels)
    {
        var full = labels switch
        {
            [var only] => $"{only}.{key.Namespace}.svc.{context.Zone}",
            [var service, var ns] when Exists(context, new ObjectKey(ns, service)) => $"{service}.{ns}.svc.{context.Zone}",
            [.., "svc"] => $"{name}.{context.Zone}",
            _ => null,
        };
        return full is null
            ? default
            : (
                FindingCodes.ExternalNameRelative,
                $"'{name}' is taken as it stands ('{name}.'): a CNAME's target gets no search list, so this does not become '{full}'",
                labels.Length > 1 || Exists(context, new ObjectKey(key.Namespace, name))
                    ? $"Write {full}"
                    : $"Write the whole name: {name}.DOMAIN for a host outside, {full} for a Service.");
    }

    private static bool Exists(CheckContext context, ObjectKey key) => context.Facts.IndexOf(key) >= 0;
}
