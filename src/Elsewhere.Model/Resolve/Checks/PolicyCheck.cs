using System.Globalization;

namespace Elsewhere.Model;

/// <summary>AliasPolicies: what they refuse, and those that do not say what was meant.</summary>
internal static class PolicyCheck
{
    /// <summary>The policies themselves.</summary>
    public static void Run(CheckContext context, List<Finding> findings)
    {
        foreach (var policy in context.Facts.View.AliasPolicies)
        {
            var about = new ObjectRef("elsewhere.dev/v1alpha1", "AliasPolicy", "", policy.Name);
            if (policy.Problem is { } problem)
            {
                findings.Add(FindingCodes.AliasPolicyInvalid.On(
                    about,
                    "",
                    $"{problem}; until it is corrected it allows nothing, and in {Where(policy)} only what other policies allow is served",
                    "Correct what the findings of this object say.",
                    policy.Place));
            }
            else if (!policy.Namespaces.IsEmpty && !policy.Namespaces.Any(context.Facts.Namespaces.Contains))
            {
                findings.Add(FindingCodes.AliasPolicySelectsNothing.On(
                    about,
                    "spec.namespaces",
                    $"there is no namespace {string.Join(" or ", policy.Namespaces.Select(static name => $"'{name}'"))}, so it binds nobody",
                    "Correct the name; or leave namespaces out to speak about all of them.",
                    policy.Place));
            }
        }
    }

    /// <summary>The origins of an Alias resource, in any mode.</summary>
    public static void OfResource(CheckContext context, AliasView resource, List<Finding> findings)
    {
        for (var o = 0; o < resource.Origins.Count; o++)
        {
            var origin = resource.Origins[o];
            var permit = context.Facts.References.PermitOf(resource, origin);
            if (permit.IsAllowed)
                continue;
            var isName = resource.Mode == AliasMode.ExternalName;
            var through = origin.Proxy is null || isName ? "" : " through that proxy";
            var at = origin.Addresses.IsEmpty || isName ? "" : $" at {string.Join(", ", origin.Addresses)}";
            findings.Add(Refused(
                Declaration.Of(resource), AliasCheck.Field(o, "url"), permit, $"{AliasCheck.HostOf(origin)} port {origin.Url.Port}{at}{through}", resource.Key.Namespace,
                isName ? "the name is not answered" : "it is not dialled", resource.Place));
        }
    }

    /// <summary>Where a Service leads that asks for the gateway.</summary>
    public static void OfService(CheckContext context, ServiceView service, int index, List<Finding> findings)
    {
        var references = context.Facts.References;
        if (!context.Facts.Declarations[index].Gateway || service.Headless || references.SpeakingAbout(service.Key.Namespace).IsEmpty)
            return;
        var isName = service.Type == ServiceType.ExternalName;
        var refused = new List<(string Text, OriginPermit Permit)>();
        foreach (var port in isName ? ServiceGateway.PortsOf(service) : service.Ports)
        {
            var backends = isName
                ? [new Backend(null, ObjectMemo.Of(service).Target, ServiceGateway.NumberOf(port))]
                : PortJoin.Backends(port, context.Facts.SlicesOf(index), context.Addresses.FamiliesOf(index));
            foreach (var backend in backends)
            {
                var permit = references.PermitOf(service.Key.Namespace, backend);
                var text = $"{backend.Name?.ToHostString() ?? backend.Address!.ToString()} port {backend.Port}";
                if (!permit.IsAllowed && !refused.Exists(one => one.Text == text))
                    refused.Add((text, permit));
            }
        }

        if (refused.Count == 0)
            return;
        var more = refused.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" (and {refused.Count - 1} more like it)") : "";
        findings.Add(Refused(
            context.Aliases[index].Declared, isName ? "spec.externalName" : "spec.ports", refused[0].Permit, refused[0].Text + more, service.Key.Namespace, "it is not dialled", service.Place));
    }

    private static Finding Refused(ObjectRef about, string field, OriginPermit permit, string origin, string inNamespace, string outcome, SourcePlace? place)
    {
        Seq<string> sound = permit.Policies.Except(permit.Broken, StringComparer.Ordinal).ToSeq();
        var broken = $"{string.Join(", ", permit.Broken)} {(permit.Broken.Count == 1 ? "is invalid and allows" : "are invalid and allow")}";
        var who = sound.IsEmpty ? broken : $"{string.Join(", ", sound)} {(sound.Count == 1 ? "allows" : "allow")}";
        var others = sound.IsEmpty || permit.Broken.IsEmpty ? "" : $"; {broken} nothing";
        return FindingCodes.OriginNotAllowed.On(
            about,
            field,
            $"{who} no origin {origin} in the namespace '{inNamespace}'; {outcome}{others}",
            permit.Broken.IsEmpty
                ? "Allow it in an AliasPolicy, under spec.allow: hosts, cidrs and ports of one entry must all match."
                : $"Correct the AliasPolicy {string.Join(", ", permit.Broken)}; if it still is not allowed then, allow it under spec.allow.",
            place);
    }

    private static string Where(AliasPolicyView policy) =>
        policy.Namespaces.IsEmpty ? "every namespace" : string.Join(", ", policy.Namespaces.Select(static name => $"'{name}'"));
}
