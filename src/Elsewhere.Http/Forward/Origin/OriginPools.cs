using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>What makes connections interchangeable.</summary>
/// <param name="Origin">The origin.</param>
/// <param name="Address">What is dialled: the origin, or its proxy.</param>
/// <param name="PriorKnowledge">Whether HTTP/2 is spoken in clear.</param>
/// <param name="Connect">For one connection; zero is none.</param>
internal sealed record PoolKey(OriginKey Origin, IPAddress Address, bool PriorKnowledge, TimeSpan Connect);

/// <summary>The connections to all origins, by address: what an address loses, no other keeps.</summary>
internal sealed class OriginPools(DialPolicy policy, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan trimming = TimeSpan.FromSeconds(5);
    private readonly OriginConnector connector = new(new ConnectOptions(), time);
    private readonly ConcurrentDictionary<PoolKey, OriginPool> pools = new();
    private readonly OriginCertificates certificates = new();
    private readonly Lock gate = new();
    private ITimer? trimmer;
    private IReadOnlySet<(OriginKey Origin, IPAddress Address)> wanted = new HashSet<(OriginKey, IPAddress)>();
    private IReadOnlySet<(OriginKey Origin, IPAddress Address)> gone = new HashSet<(OriginKey, IPAddress)>();

    /// <summary>For how many ways to speak TLS certificates are kept in memory.</summary>
    internal int TlsKept => certificates.Kept;

    /// <summary>
    /// The pool for a request, entered; to be left at its end. As long as nothing is known of the address, it is raced against the others (RFC 8305): the one that
    /// answers first is taken.
    /// </summary>
    /// <param name="origin">The origin.</param>
    /// <param name="candidates">Its addresses, the picked one first.</param>
    /// <param name="connect">For one connection; zero is none.</param>
    /// <param name="isUpgrade">Whether HTTP/1.1 is needed.</param>
    /// <param name="cancellation">Ends the try.</param>
    /// <exception cref="OriginConnectException">No address could be connected to.</exception>
    public async ValueTask<OriginPool> EnterAsync(
        GatewayOrigin origin, IReadOnlyList<IPAddress> candidates, TimeSpan connect, bool isUpgrade, CancellationToken cancellation)
    {
        var key = new PoolKey(OriginKey.Of(origin), candidates[0], origin.PriorKnowledge, connect);
        var pool = Enter(key);
        if (pool.IsWarm || candidates.Count == 1 || isUpgrade)
            return pool;
        try
        {
            return await RaceAsync(pool, key, candidates, cancellation).ConfigureAwait(false);
        }
        catch
        {
            pool.Leave();
            throw;
        }
    }

    /// <summary>Gives up what leads nowhere any more: requests in flight end on their connection, then it closes.</summary>
    /// <param name="next">Where requests may go from now on.</param>
    public void Retain(IReadOnlySet<(OriginKey Origin, IPAddress Address)> next)
    {
        // Before the pools are looked through: one that is opened meanwhile is seen by one of both.
        Volatile.Write(ref gone, wanted.Where(address => !next.Contains(address)).ToHashSet());
        wanted = next;
        foreach (var (key, pool) in pools)
        {
            if (!next.Contains((key.Origin, key.Address)))
                GiveUp(key, pool);
        }

        certificates.Name(next.Select(static address => address.Origin));
    }

    /// <summary>What is wrong with the certificates that an origin itself names, as a sentence; null if nothing is.</summary>
    public string? ProblemOf(OriginKey origin) => certificates.Of(origin)?.Problem;

    /// <summary>Opens one connection for a pool.</summary>
    /// <exception cref="OriginConnectException">None came about.</exception>
    public async Task<(Stream Stream, IPAddress Address)> ConnectAsync(
        PoolKey key, IReadOnlyList<IPAddress> candidates, IReadOnlyList<SslApplicationProtocol> protocols, CancellationToken cancellation)
    {
        var origin = key.Origin;
        var proxy = origin.Proxy is null ? null : new ProxyTarget(origin.Proxy.Host?.ToHostString() ?? origin.Proxy.Address!.ToString(), origin.Proxy.Port, candidates);
        var target = new OriginTarget(origin.HostText, origin.Port, proxy is null ? candidates : origin.Behind, policy, certificates.Of(origin), protocols, proxy, key.Connect, AsTheyCome: true);
        var connection = await connector.ConnectAsync(target, cancellation).ConfigureAwait(false);
        return connection.Stream is { } stream
            ? (stream, connection.Peer!.Address)
            : throw new OriginConnectException(
                connection.Failure,
                $"{origin} {OriginFailures.Explain(connection.Failure)}{(connection.Detail.Length > 0 ? $": {connection.Detail}" : "")}{RemedyOf(connection.Failure)}",
                connection.Detail);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
            trimmer?.Dispose();
        foreach (var pool in pools.Values)
            pool.Dispose();
    }

    private static string RemedyOf(OriginFailure failure) =>
        failure == OriginFailure.TlsUnusable ? ". Create it in the namespace of the alias, or correct it or the reference." : "";

    private async Task<OriginPool> RaceAsync(OriginPool pool, PoolKey key, IReadOnlyList<IPAddress> candidates, CancellationToken cancellation)
    {
        // One race finds out for all who wait.
        await pool.Opening.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (pool.IsWarm)
                return pool;
            var (stream, reached) = await ConnectAsync(key, candidates, OriginPool.Protocols, cancellation).ConfigureAwait(false);
            var winner = reached.Equals(key.Address) ? pool : Enter(key with { Address = reached });
            winner.Lend(stream);
            if (winner != pool)
                pool.Leave();
            return winner;
        }
        finally
        {
            pool.Opening.Release();
        }
    }

    private OriginPool Enter(PoolKey key)
    {
        while (true)
        {
            OriginPool? added = null;
            var pool = pools.TryGetValue(key, out var known) ? known : pools.GetOrAdd(key, added = new OriginPool(key, this, time));
            if (!pool.TryEnter())
                continue;
            if (pool == added)
                Begin();
            // A request that chose its address before that was given up opens it once more: the connection is for this request only.
            if (pool == added && Volatile.Read(ref gone).Contains((key.Origin, key.Address)))
                GiveUp(key, pool);
            return pool;
        }
    }

    // From the first pool on.
    private void Begin()
    {
        if (Volatile.Read(ref trimmer) is not null)
            return;
        lock (gate)
            trimmer ??= time.CreateTimer(static state => ((OriginPools)state!).Trim(), this, trimming, trimming);
    }

    private void Trim()
    {
        foreach (var pool in pools.Values)
            pool.Trim();
    }

    private void GiveUp(PoolKey key, OriginPool pool)
    {
        if (pools.TryRemove(new KeyValuePair<PoolKey, OriginPool>(key, pool)))
            pool.Dispose();
    }
}
