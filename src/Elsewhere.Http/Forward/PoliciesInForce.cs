using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>The AliasPolicies that are in force: what is under way is judged by them once more when they change. Any thread.</summary>
internal sealed class PoliciesInForce
{
    private Seq<AliasPolicyView>[] policies = [[]];

    /// <summary>Another object for other policies.</summary>
    public object Version => Volatile.Read(ref policies);

    /// <summary>Puts policies in force.</summary>
    /// <returns>False if they are those that were.</returns>
    public bool Apply(Seq<AliasPolicyView> next)
    {
        if (policies[0] == next)
            return false;
        Volatile.Write(ref policies, [next]);
        return true;
    }

    /// <summary>Whether they forbid an alias to go there.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="origin">The origin.</param>
    /// <param name="address">What is dialled for it.</param>
    public bool Denies(ObjectKey alias, GatewayOrigin origin, IPAddress address)
    {
        var all = Volatile.Read(ref policies)[0];
        if (all.IsEmpty)
            return false;
        var permit = AliasPolicyEvaluator.Evaluate(all, alias.Namespace, origin.Url, origin.Proxy, origin.Addresses);
        return !permit.IsAllowed || !OriginPermit.Admits(permit.Within, address);
    }
}
