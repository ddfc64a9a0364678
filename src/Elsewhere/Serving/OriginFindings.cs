using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>What is wrong with the origins of the gateway right now.</summary>
internal static class OriginFindings
{
    /// <summary>Whether an alias leads to anything that can be connected to and passes its health check, as far as is known.</summary>
    /// <param name="alias">The alias as it is served.</param>
    /// <param name="origins">Where requests go.</param>
    internal static bool Serves(Alias alias, OriginTable origins) =>
        alias.Gateway is { } route && route.Ports.Any(port => origins.Find(alias.Key, port).Members.Any(
            static member => (member.Address.Health & (AddressHealth.Unreachable | AddressHealth.CheckFails)) == 0));

    /// <summary>Addresses that are not used, and those that are left out.</summary>
    /// <param name="live">What is served.</param>
    /// <param name="origins">Where requests go.</param>
    internal static IEnumerable<Finding> Of(Live live, OriginTable origins)
    {
        foreach (var alias in (IEnumerable<Alias>)live.Snapshot.Aliases)
        {
            if (alias.Gateway is null)
                continue;
            foreach (var address in alias.Gateway.Ports.SelectMany(port => origins.Find(alias.Key, port).Members).Select(static member => member.Address).Distinct())
            {
                if (address.Status is not { Health: not AddressHealth.Up } status)
                    continue;
                yield return ServingFindingCodes.OriginUnhealthy.On(
                    alias.Declared, "spec.origins", $"{status.Reason}; requests go to other addresses as long as there are any that work",
                    $"see whether it answers: curl -v {address.Key.Origin}/", alias.Place);
            }
        }

        foreach (var denied in (IEnumerable<DeniedOrigin>)origins.Denied)
        {
            var alias = live.Find(denied.Alias);
            yield return ServingFindingCodes.OriginDenied.On(
                alias?.Declared ?? new ObjectRef("", "", denied.Alias.Namespace, denied.Alias.Name),
                "spec.origins",
                $"{denied.Origin} has the address {denied.Address}, which {denied.Reason}{Which(live.Snapshot.Policies, denied)}; it is left out",
                DialGuard.IsNever(denied.Address) ? "give the alias an origin at another address: nothing allows this one"
                    : "use an origin at addresses that may be dialled, or allow the range: --allow-origin CIDR, or cidrs of an AliasPolicy",
                alias?.Place);
        }
    }

    // The policies that could allow it, by name.
    private static string Which(Seq<AliasPolicyView> policies, DeniedOrigin denied) => denied.Reason == OriginPermit.Outside
        ? $" ({string.Join(", ", AliasPolicyEvaluator.Speaking(policies, denied.Alias.Namespace).Select(static policy => policy.Name))})"
        : "";
}
