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

        var asked = OriginKey.Of(origin).AskedFor;
        if (Check(origin, asked, [], "", out var refused) is [] && !asked.IsEmpty)
            return ([], refused);
        var allowed = Check(origin, addresses, origin.Within, origin.Proxy is null ? "" : "the proxy of ", out refused);
        return allowed.Count > 0 ? (allowed.ToSeq(), default) : ([], refused);
    }

    // What is left of addresses, and why the first that is not may not be dialled.
    private List<IPAddress> Check(GatewayOrigin origin, Seq<IPAddress> addresses, Seq<Cidr> within, string whose, out Refusal refused)
    {
        Refusal? denied = null;
        var allowed = new List<IPAddress>(addresses.Count);
        foreach (var address in addresses)
        {
            var verdict = DialGuard.Check(address, options.Policy);
            if (verdict == DialVerdict.Allowed && OriginPermit.Admits(within, address))
                allowed.Add(IPText.Unmap(address));
            else if (verdict == DialVerdict.Allowed)
                denied ??= Denied(origin, whose, address, OriginPermit.Outside, "Allow it by cidrs of an AliasPolicy, or name another origin");
            else
                denied ??= Denied(origin, whose, address, DialGuard.Explain(verdict), DialGuard.IsNever(address) ? "Name another origin" : "Allow it by --allow-origin CIDR, or name another origin");
        }

        refused = denied ?? default;
        return allowed;
    }

    private static Refusal Denied(GatewayOrigin origin, string whose, IPAddress address, string why, string remedy) =>
        new(GatewayError.OriginDenied, $"{whose}{OriginKey.Of(origin)} has the address {address}, which {why}. {remedy}");
}
