using System.Net;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>What may be dialled for an origin.</summary>
internal sealed class OriginAddressing(GatewayOptions options)
{
    /// <summary>The addresses, or why there is none.</summary>
    public async ValueTask<(Seq<IPAddress> Addresses, Refusal Refusal)> CandidatesAsync(GatewayOrigin origin, CancellationToken cancellation)
    {
        var dialled = origin.Proxy ?? origin.Url;
        var addresses = origin.Proxy is null ? origin.Addresses : [];
        if (addresses.IsEmpty && dialled.Address is { } literal)
            addresses = [literal];
        if (addresses.IsEmpty)
        {
            var state = await options.Resolve(dialled.Host!, cancellation).ConfigureAwait(false);
            addresses = state?.Addresses ?? [];
            if (addresses.IsEmpty)
                return ([], new Refusal(GatewayError.OriginUnresolved, $"{dialled.Host!.ToHostString()}: {state?.Problem ?? "it has no address"}", 1));
        }

        Refusal? denied = null;
        var allowed = new List<IPAddress>(addresses.Count);
        foreach (var address in addresses)
        {
            var verdict = DialGuard.Check(address, options.Policy);
            if (verdict == DialVerdict.Allowed && !OriginPermit.Admits(origin.Within, address))
                denied ??= Denied(origin, address, OriginPermit.Outside, "Allow it by cidrs of an AliasPolicy, or name another origin.");
            else if (verdict == DialVerdict.Allowed)
                allowed.Add(IPText.Unmap(address));
            else
                denied ??= Denied(origin, address, DialGuard.Explain(verdict), IsChoice(verdict) ? "Allow it by --allow-origin CIDR, or name another origin." : "Name another origin.");
        }

        return allowed.Count > 0 ? (allowed.ToSeq(), default) : ([], denied!.Value);
    }

    private static Refusal Denied(GatewayOrigin origin, IPAddress address, string why, string remedy) =>
        new(GatewayError.OriginDenied, $"{(origin.Proxy is null ? "" : "the proxy of ")}{OriginKey.Of(origin)} has the address {address}, which {why}. {remedy}");

    // All else is never dialled, whatever anybody allows.
    private static bool IsChoice(DialVerdict verdict) => verdict is DialVerdict.Loopback or DialVerdict.Private or DialVerdict.Denied;
}
