using System.Globalization;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>
/// Asks one address of an origin whether it serves, over a connection of its own: the guard, the proxy, TLS and HTTP are those of requests. What a connection that is
/// open already says, nobody needs to ask.
/// </summary>
/// <param name="pools">What connects.</param>
/// <param name="time">The clock.</param>
internal sealed class OriginProbe(OriginPools pools, TimeProvider time)
{
    private const string Agent = "elsewhere-health-check";

    /// <summary>Asks, as requests would: where certificates turned bad, with those that were good before.</summary>
    /// <param name="key">The address.</param>
    /// <param name="check">The check of the manifest; null for a connection only.</param>
    /// <param name="timeout">For all of it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What failed, as a sentence that begins with the origin; null if nothing did.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="OriginConnectException">This machine lacks descriptors or local ports: it was not asked.</exception>
    public async Task<string?> RunAsync(AddressKey key, HealthCheckView? check, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(key);
        using var late = new CancellationTokenSource(timeout, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        var way = new PoolKey(key.Origin, key.Address, key.Origin.PriorKnowledge, timeout);
        try
        {
            if (check?.Path is { } path)
                return await AskAsync(key, way, check, path, over.Token).ConfigureAwait(false);
            var (stream, _) = await pools.ConnectAsync(way, [key.Address], OriginPool.Protocols, over.Token).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            if (OriginConnectException.In(e) is { } none)
                return none.Failure == Connect.OriginFailure.Exhausted ? throw none : Explain(key, none.Failure, none.Detail);
            if (!late.IsCancellationRequested)
                return $"{key} {(e is AnswerException ? e.Message : AnswerFaults.Explain(AnswerFault.Closed))}";
            var what = check?.Path is null ? "take a connection" : $"answer GET {check.Path}";
            return string.Create(CultureInfo.InvariantCulture, $"{key} did not {what} within {timeout.TotalSeconds} s");
        }
    }

    /// <summary>Asks an origin that no request goes to yet: its own certificates have to do.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public Task<string?> TryAsync(AddressKey key, HealthCheckView? check, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(key);
        return pools.ProblemOf(key.Origin) is { } problem
            ? Task.FromResult<string?>(Explain(key, Connect.OriginFailure.TlsUnusable, problem))
            : RunAsync(key, check, timeout, cancellation);
    }

    private static string Explain(AddressKey key, Connect.OriginFailure failure, string detail) =>
        $"{key} {OriginFailures.Explain(failure)}{(detail.Length > 0 ? $" ({detail})" : "")}";

    private async Task<string?> AskAsync(AddressKey key, PoolKey way, HealthCheckView check, string path, CancellationToken over)
    {
        // Connections of its own: what is kept open would answer for an origin that takes no new one.
        using var pool = new OriginPool(way, pools, time);
        var request = new OriginRequest { Target = path, Authority = AuthorityOf(key.Origin) };
        request.Fields.Add("User-Agent", Agent);
        var response = await pool.SendAsync(request, over).ConfigureAwait(false);
        await using (response.ConfigureAwait(false))
        {
            var status = response.Status;
            return check.ExpectedStatus.Any(range => status >= range.First && status <= range.Last)
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{key} answered {status} to GET {path}");
        }
    }

    private static string AuthorityOf(OriginKey origin) =>
        WebAuthority.TryCreate(origin.Tls is not null, origin.HostText, origin.Port, out var authority) ? authority.HostAndPort : origin.HostText;
}
