using System.Net;

namespace Elsewhere.Model;

/// <summary>
/// Decides by the AliasPolicies which origins a namespace may use. As soon as one policy speaks about a namespace, only what some entry of some policy allows in all
/// its parts is allowed there. Names and ports are decided on here; an address is decided on where it is dialled, by the ranges in the permit. A policy that does not
/// count as it was meant allows nothing: what others allow stays allowed, which is the least that any reading of it would give.
/// </summary>
public static class AliasPolicyEvaluator
{
    /// <summary>The policies that have a say in a namespace.</summary>
    /// <param name="policies">All policies.</param>
    /// <param name="inNamespace">The namespace of the alias.</param>
    public static Seq<AliasPolicyView> Speaking(Seq<AliasPolicyView> policies, string inNamespace)
    {
        ArgumentNullException.ThrowIfNull(inNamespace);
        return policies.Where(policy => policy.SpeaksAbout(inNamespace)).ToSeq();
    }

    /// <summary>The permit of one origin that is dialled from here.</summary>
    /// <param name="policies">All policies.</param>
    /// <param name="inNamespace">The namespace of the alias.</param>
    /// <param name="url">The origin.</param>
    /// <param name="proxy">
    /// The proxy in between, or null. It is what is dialled, so it must be allowed as an origin would be, and the ranges are those of the proxy. The origin behind it
    /// must be allowed as well; where a range is asked of it, that can be told of addresses only, since the proxy resolves names.
    /// </param>
    /// <param name="addresses">What is dialled instead of what the name resolves to; may be empty.</param>
    public static OriginPermit Evaluate(Seq<AliasPolicyView> policies, string inNamespace, OriginUrl url, OriginUrl? proxy, Seq<IPAddress> addresses = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        return Evaluate(Speaking(policies, inNamespace), url, proxy, addresses);
    }

    /// <summary>The permit of a name that clients are told to dial themselves (CNAME): whoever asks for a range cannot be answered for it.</summary>
    /// <param name="policies">All policies.</param>
    /// <param name="inNamespace">The namespace of the alias.</param>
    /// <param name="url">The origin.</param>
    public static OriginPermit EvaluateName(Seq<AliasPolicyView> policies, string inNamespace, OriginUrl url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var permit = Evaluate(Speaking(policies, inNamespace), url, null, []);
        return permit with { IsAllowed = permit.IsAllowed && permit.Within.IsEmpty };
    }

    /// <summary>The permit by the policies that have a say.</summary>
    internal static OriginPermit Evaluate(Seq<AliasPolicyView> speaking, OriginUrl url, OriginUrl? proxy, Seq<IPAddress> addresses)
    {
        if (speaking.IsEmpty)
            return OriginPermit.Anything;
        if (proxy is null)
            return Direct(speaking, url, addresses);
        var behind = Direct(speaking, url, addresses);
        var known = url.Address is { } literal ? [literal] : addresses;
        return behind.IsAllowed && (behind.Within.IsEmpty || (!known.IsEmpty && known.All(address => OriginPermit.Admits(behind.Within, address))))
            ? Direct(speaking, proxy, [])
            : behind with { IsAllowed = false };
    }

    private static OriginPermit Direct(Seq<AliasPolicyView> speaking, OriginUrl url, Seq<IPAddress> addresses)
    {
        var ranges = new List<Cidr>();
        var anywhere = false;
        var allowed = false;
        foreach (var policy in speaking)
        {
            if (policy.Problem is not null)
                continue;
            foreach (var rule in policy.Allow)
            {
                if (!Matches(rule, url, addresses))
                    continue;
                allowed = true;
                anywhere |= rule.Cidrs.IsEmpty;
                ranges.AddRange((IEnumerable<Cidr>)rule.Cidrs);
            }
        }

        return new OriginPermit(
            allowed,
            anywhere ? [] : ranges.Distinct().ToSeq(),
            speaking.Select(static policy => policy.Name).ToSeq(),
            speaking.Where(static policy => policy.Problem is not null).Select(static policy => policy.Name).ToSeq());
    }

    // An origin that is an address has no name that a pattern could match, and a name with addresses of its own beside it leads to those, whatever it is.
    private static bool Matches(AliasPolicyRule rule, OriginUrl url, Seq<IPAddress> addresses)
    {
        if (!rule.Ports.IsEmpty && !rule.Ports.Contains(url.Port))
            return false;
        if (!rule.Hosts.IsEmpty && (url.Host is null || !rule.Hosts.Any(pattern => Matches(pattern, url.Host.ToHostString()))))
            return false;
        if (rule.Cidrs.IsEmpty)
            return rule.Hosts.IsEmpty || addresses.IsEmpty;
        return !addresses.IsEmpty ? addresses.Any(address => OriginPermit.Admits(rule.Cidrs, address))
            : url.Address is not { } literal || OriginPermit.Admits(rule.Cidrs, literal);
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
