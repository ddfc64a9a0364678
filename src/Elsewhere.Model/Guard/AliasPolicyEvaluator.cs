namespace Elsewhere.Model;

/// <summary>
/// Decides by the AliasPolicies which origins a namespace may use. As soon as one policy speaks about a namespace, only what some entry of some policy allows in all
/// its parts is allowed there. Names and ports are decided on here; an address is decided on where it is dialled, by the ranges in the permit.
/// </summary>
public static class AliasPolicyEvaluator
{
    /// <summary>The permit of one origin.</summary>
    /// <param name="policies">All policies.</param>
    /// <param name="inNamespace">The namespace of the alias.</param>
    /// <param name="url">The origin.</param>
    /// <param name="proxy">
    /// The proxy in between, or null. It is what is dialled, so it must be allowed as an origin would be, and the ranges are those of the proxy. The origin behind it
    /// must be allowed as well; where a range is asked of it, that can be told of an address only, since the proxy resolves names.
    /// </param>
    public static OriginPermit Evaluate(Seq<AliasPolicyView> policies, string inNamespace, OriginUrl url, OriginUrl? proxy)
    {
        ArgumentNullException.ThrowIfNull(inNamespace);
        ArgumentNullException.ThrowIfNull(url);
        var speaking = policies.Where(policy => policy.Namespaces.IsEmpty || policy.Namespaces.Contains(inNamespace)).ToSeq();
        if (speaking.IsEmpty)
            return OriginPermit.Anything;
        var names = speaking.Select(static policy => policy.Name).ToSeq();
        if (proxy is null)
            return Direct(speaking, url, names);
        var behind = Direct(speaking, url, names);
        return behind.IsAllowed && (behind.Within.IsEmpty || url.Address is not null) ? Direct(speaking, proxy, names) : behind with { IsAllowed = false };
    }

    private static OriginPermit Direct(Seq<AliasPolicyView> speaking, OriginUrl url, Seq<string> names)
    {
        var ranges = new List<Cidr>();
        var anywhere = false;
        var allowed = false;
        foreach (var policy in speaking)
        {
            foreach (var rule in policy.Allow)
            {
                if (!Matches(rule, url))
                    continue;
                allowed = true;
                anywhere |= rule.Cidrs.IsEmpty;
                ranges.AddRange((IEnumerable<Cidr>)rule.Cidrs);
            }
        }

        return new OriginPermit(allowed, anywhere ? [] : ranges.Distinct().ToSeq(), names);
    }

    // An origin that is an address has no name that a pattern could match.
    private static bool Matches(AliasPolicyRule rule, OriginUrl url)
    {
        if (!rule.Ports.IsEmpty && !rule.Ports.Contains(url.Port))
            return false;
        if (!rule.Hosts.IsEmpty && (url.Host is null || !rule.Hosts.Any(pattern => Matches(pattern, url.Host.ToHostString()))))
            return false;
        return rule.Cidrs.IsEmpty || url.Address is not { } address || OriginPermit.Admits(rule.Cidrs, address);
    }

    private static bool Matches(string pattern, string host)
    {
        // Whoever writes the dot at the end means the same name.
        pattern = pattern.TrimEnd('.');
        return pattern.StartsWith("*.", StringComparison.Ordinal)
            ? host.Length > pattern.Length - 1 && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
            : host.Equals(pattern, StringComparison.OrdinalIgnoreCase);
    }
}
