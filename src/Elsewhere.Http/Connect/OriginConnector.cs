using System.Net;
using Elsewhere.Http.Network;
using Elsewhere.Http.Relay.Live;
using Elsewhere.Model;

namespace Elsewhere.Http.Connect;

/// <summary>
/// Opens connections to origins. Every address is checked right before it is dialled; what is known of addresses is shared by all aliases. Thread-safe.
/// </summary>
/// <param name="options">The rules.</param>
/// <param name="time">The clock.</param>
public sealed class OriginConnector(ConnectOptions options, TimeProvider time)
{
    private readonly RelayClock clock = new(time);
    private readonly AddressBoard board = new(options, new RelayClock(time));

    /// <summary>Connects, through the proxy if there is one, and speaks TLS if that is wanted.</summary>
    /// <param name="target">Where and how.</param>
    /// <param name="cancellation">Ends the try.</param>
    /// <returns>The connection, or why there is none; nothing of the network is an exception.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public async Task<OriginConnection> ConnectAsync(OriginTarget target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Tls is { IsUsable: false } unusable)
            return new OriginConnection(null, OriginFailure.TlsUnusable, unusable.Problem ?? "", null, []);
        var addresses = target.Addresses;
        if (target.Proxy is null && addresses.Count == 0)
            return new OriginConnection(null, OriginFailure.NoAddress, "", null, []);
        using var late = target.ConnectTimeout > TimeSpan.Zero ? new CancellationTokenSource(target.ConnectTimeout, time) : new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);

        // What a proxy is asked for by address is checked too; a name is the proxy's to resolve, which may read an address in it that we would not (U6).
        if (target.Proxy is not null && addresses.Count == 0 && IPText.EndsInNumber(target.Name) && !IPText.TryParse(target.Name, out _))
            return new OriginConnection(null, OriginFailure.Denied, $"a proxy may read '{target.Name}' as an address of its own choice", null, []);
        var denied = new List<DeniedAddress>();
        var allowed = Allowed(target.Proxy is null || addresses.Count > 0 ? addresses : Literal(target.Name), target.Policy, denied);
        var isDenied = denied.Count > 0 && allowed.Count == 0;
        var hops = target.Proxy is null || isDenied ? allowed : Allowed(target.Proxy.Addresses, target.Policy, denied);
        var report = denied.ToSeq();
        if (isDenied)
            return new OriginConnection(null, OriginFailure.Denied, Explain(denied[0]), null, report);
        if (hops.Count == 0)
            return new OriginConnection(null, target.Proxy!.Addresses.Count == 0 ? OriginFailure.ProxyUnreachable : OriginFailure.ProxyDenied, denied.Count > 0 ? Explain(denied[^1]) : "", null, report);

        var (transport, reached, failure) = await ConnectRace
            .RunAsync(board.Order(hops, target.Proxy?.Port ?? target.Port, target.AsTheyCome), options, clock, () => late.IsCancellationRequested, both.Token).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        if (transport is null)
            return new OriginConnection(null, target.Proxy is null ? failure : OfProxy(failure), "", reached.EndPoint, report);
        var (stream, why, detail) = await SpeakAsync(target, allowed, transport, late.Token, both.Token, cancellation).ConfigureAwait(false);
        if (why is OriginFailure.TlsCutOff or OriginFailure.TlsTimedOut or OriginFailure.ProxyTimedOut or OriginFailure.ProxyGarbled)
            reached.Health.Failed(clock.Now, why.ToString());
        return new OriginConnection(stream, why, detail, reached.EndPoint, report);
    }

    private async Task<(Stream? Stream, OriginFailure Failure, string Detail)> SpeakAsync(
        OriginTarget target, List<IPAddress> allowed, SocketStream transport, CancellationToken late, CancellationToken both, CancellationToken cancellation)
    {
        var phase = OriginFailure.ProxyTimedOut;
        try
        {
            if (target.Proxy is not null)
            {
                var (failure, detail) = await ProxyTunnel.OpenAsync(transport, allowed.Count > 0 ? allowed[0].ToString() : target.Name, target.Port, both).ConfigureAwait(false);
                if (failure != OriginFailure.None)
                {
                    await transport.DisposeAsync().ConfigureAwait(false);
                    return (null, failure, detail);
                }
            }

            phase = OriginFailure.TlsTimedOut;
            return target.Tls is null ? (transport, OriginFailure.None, "") : await target.Tls.AuthenticateAsync(transport, target.Protocols, time, both).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            if (!late.IsCancellationRequested)
                throw;
            return (null, phase, "");
        }
    }

    // An IPv4-mapped address is dialled as what it stands for, so that it is one entry of the board and needs no dual-stack socket.
    private static List<IPAddress> Allowed(IReadOnlyList<IPAddress> addresses, DialPolicy policy, List<DeniedAddress> denied)
    {
        var allowed = new List<IPAddress>(addresses.Count);
        foreach (var address in addresses)
        {
            var verdict = DialGuard.Check(address, policy);
            if (verdict == DialVerdict.Allowed)
                allowed.Add(IPText.Unmap(address));
            else
                denied.Add(new DeniedAddress(address, verdict));
        }

        return allowed;
    }

    private static IPAddress[] Literal(string name) => IPText.TryParse(name, out var address) ? [address] : [];

    private static string Explain(DeniedAddress denied) => $"{denied.Address} {DialGuard.Explain(denied.Verdict)}";

    private static OriginFailure OfProxy(OriginFailure failure) => failure switch
    {
        OriginFailure.TimedOut => OriginFailure.ProxyTimedOut,
        OriginFailure.Exhausted => OriginFailure.Exhausted,
        _ => OriginFailure.ProxyUnreachable,
    };
}
