using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>What makes a change of an alias a retarget: the gateway is to send requests to other origins than before.</summary>
internal static class Retarget
{
    /// <summary>Whether what the alias leads to changes, so that the new origins have to show that they serve.</summary>
    /// <param name="before">The alias as it is served.</param>
    /// <param name="wanted">The alias as it is to be.</param>
    internal static bool Is(Alias before, Alias wanted) =>
        !ReferenceEquals(before, wanted) && before.ServiceAddresses == wanted.ServiceAddresses && ToTry(before, wanted).Any();

    /// <summary>For each port whose origins change, those of which one has to serve: the new ones that come first.</summary>
    /// <param name="before">The alias as it is served.</param>
    /// <param name="wanted">The alias as it is to be.</param>
    internal static IEnumerable<Seq<GatewayOrigin>> ToTry(Alias before, Alias wanted)
    {
        if (before.Gateway is null || wanted.Gateway is null)
            return [];
        var served = before.Gateway.Ports;
        // The ports of an alias usually lead to the same origins, which are asked once.
        return wanted.Gateway.Ports
            .Where(port => !port.Origins.IsEmpty && served.Any(old => old.Port == port.Port && Who(old) != Who(port)))
            .Select(static port => Who(port).Where(origin => origin.Priority == port.Origins.Min(static first => first.Priority)).ToSeq())
            .Distinct();
    }

    /// <summary>Whether the AliasPolicies allow all of an alias as it is served: what they refuse does not wait for anything.</summary>
    /// <param name="before">The alias as it is served.</param>
    /// <param name="policies">The policies from now on.</param>
    internal static bool MayStay(Alias before, Seq<AliasPolicyView> policies)
    {
        var speaking = AliasPolicyEvaluator.Speaking(policies, before.Key.Namespace);
        if (speaking.IsEmpty)
            return true;
        return before.Gateway!.Ports.SelectMany(static port => port.Origins).All(origin => IsSame(origin.Url, origin.Proxy, origin.Addresses, origin.Within))
            && before.Ports.Where(port => port.Protocol != Protocol.Tcp || !before.Gateway.Serves(port.Port)).SelectMany(static port => port.Backends)
                .All(backend => IsSame(new OriginUrl(OriginScheme.Tcp, backend.Name, backend.Address, backend.Port, "/"), null, [], backend.Within));

        bool IsSame(OriginUrl url, OriginUrl? proxy, Seq<IPAddress> addresses, Seq<Cidr> within) =>
            AliasPolicyEvaluator.Evaluate(speaking, before.Key.Namespace, url, proxy, addresses) is { IsAllowed: true } permit && permit.Within == within;
    }

    /// <summary>An alias as it is served, less what does not concern origins: a certificate that was renewed does not wait for them.</summary>
    internal static Alias Kept(Alias before, Alias wanted) => before.Gateway!.Certificate == wanted.Gateway!.Certificate
        ? before
        : before with { Gateway = before.Gateway with { Certificate = wanted.Gateway.Certificate } };

    // A share of requests that changes leads nowhere new.
    private static Seq<GatewayOrigin> Who(GatewayPort port) => port.Origins.Select(static origin => origin with { Weight = 1 }).ToSeq();
}
