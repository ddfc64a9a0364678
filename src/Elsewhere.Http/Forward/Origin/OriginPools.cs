using System.Collections.Concurrent;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>What makes connections interchangeable.</summary>
/// <param name="Url">The origin, its path left out.</param>
/// <param name="Tls">How TLS is spoken to it; null for plain HTTP.</param>
/// <param name="PriorKnowledge">Whether HTTP/2 is spoken in clear.</param>
/// <param name="Address">What is dialled.</param>
/// <param name="Connect">For one connection.</param>
internal sealed record PoolKey(OriginUrl Url, OriginTls? Tls, bool PriorKnowledge, IPAddress Address, TimeSpan Connect)
{
    public static PoolKey Of(GatewayOrigin origin, IPAddress address, TimeSpan connect) =>
        new(origin.Url with { BasePath = "/" }, origin.Tls, origin.PriorKnowledge, address, connect);
}

/// <summary>The connections to all origins.</summary>
internal sealed class OriginPools(GatewayOptions options, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<PoolKey, OriginPool> pools = new();

    /// <summary>The pool of a key.</summary>
    public OriginPool Get(PoolKey key) => pools.GetOrAdd(key, static (k, t) => new OriginPool(k, t), time);

    /// <summary>The addresses of an origin that may be dialled, or why there is none.</summary>
    public async ValueTask<(IPAddress? Address, Refusal Refusal)> AddressOfAsync(GatewayOrigin origin, CancellationToken cancellation)
    {
        var addresses = origin.Addresses;
        if (addresses.IsEmpty && origin.Url.Address is { } literal)
            addresses = [literal];
        if (addresses.IsEmpty)
        {
            var name = origin.Url.Host!;
            var state = await options.Resolve(name, cancellation).ConfigureAwait(false);
            addresses = state?.Addresses ?? [];
            if (addresses.IsEmpty)
                return (null, new Refusal(GatewayError.OriginUnresolved, $"{name.ToHostString()}: {state?.Problem ?? "it has no address"}", 1));
        }

        Refusal? denied = null;
        foreach (var address in addresses)
        {
            var verdict = DialGuard.Check(address, options.Policy);
            if (verdict == DialVerdict.Allowed)
                return (IPText.Unmap(address), default);
            denied ??= new Refusal(GatewayError.OriginDenied, $"{address} {DialGuard.Explain(verdict)}");
        }

        return (null, denied!.Value);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pool in pools.Values)
            pool.Dispose();
    }
}
