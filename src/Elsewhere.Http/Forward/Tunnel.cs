using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Elsewhere.Http.Forward;

/// <summary>
/// Upgrades of HTTP/1.1 (RFC 9110 section 7.8), and WebSockets of HTTP/2 (RFC 8441). Nothing is a tunnel before the origin has said 101 to what was asked for.
/// </summary>
internal static class Tunnel
{
    private const int Piece = 16 * 1024;
    private const string WebSocket = "websocket";

    /// <summary>Whether the request asks for another protocol.</summary>
    public static bool IsAskedFor(GatewayExchange exchange) =>
        IsWebSocket(exchange) || exchange.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true;

    /// <summary>Whether it is a WebSocket of HTTP/2.</summary>
    public static bool IsWebSocket(GatewayExchange exchange) =>
        exchange.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: WebSocket };

    public static async Task<BodyOutcome> RunAsync(GatewayExchange exchange, LiveRoute route, RewriteRules rules, GatewayOrigin origin, OriginPool pool, OpenTunnels tunnels, Patience patience)
    {
        var request = RequestMessage.Make(exchange, route, rules, withoutRange: false, out var facts);
        var key = Prepare(request, exchange);
        var response = await pool.SendAsync(request, patience.Token).ConfigureAwait(false);
        await using (response.ConfigureAwait(false))
        {
            // A client of HTTP/2 takes each of these for the tunnel that it asked for.
            if (key is not null && response.Status is >= StatusCodes.Status200OK and < StatusCodes.Status300MultipleChoices)
                throw new AnswerException(AnswerFault.NotSwitched);
            if (response.Status != StatusCodes.Status101SwitchingProtocols)
                return await ResponsePassage.PassOnAsync(exchange, response, rules, ResponseHead.Decide(exchange, response, rules), facts, patience).ConfigureAwait(false);
            if (key is not null && response.Fields.Find("Sec-WebSocket-Accept") != AcceptOf(key))
                throw new AnswerException(AnswerFault.SwitchUnasked);
            ResponseHead.Write(exchange, response, rules, new Exchange(BodyMayChange: false), null);
            var client = await AcceptAsync(exchange, response).ConfigureAwait(false);
            await using (client.ConfigureAwait(false))
            {
                using var tunnel = tunnels.Open(route.Entry.Alias.Key, origin, pool.Key.Address, exchange.Aborted);
                await JoinAsync(client, exchange.Frames?.Windows, response.Switched, IsWebSocketOf(response) ? new WebSocketGoodbye(client) : null, route.Http.Timeouts.Idle, exchange.Ending, tunnel.Token).ConfigureAwait(false);
            }
        }

        return BodyOutcome.Complete;
    }

    // RFC 8441 section 5: what HTTP/2 says by a pseudo-header field, HTTP/1.1 says by Upgrade and a key.
    private static string? Prepare(OriginRequest request, GatewayExchange exchange)
    {
        request.Body = null;
        request.SaysEmpty = request.ExpectsContinue = false;
        if (!IsWebSocket(exchange))
        {
            request.Upgrade = exchange.Request.Headers.Upgrade.ToString();
            return null;
        }

        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        request.Method = HttpMethods.Get;
        request.Upgrade = WebSocket;
        request.Fields.Add("Sec-WebSocket-Key", key);
        return key;
    }

    // RFC 6455 section 4.2.2; SHA-1 is no secret here.
    private static string AcceptOf(string key)
    {
#pragma warning disable CA5350 // The protocol names this hash.
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes($"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }

    private static async Task<Stream> AcceptAsync(GatewayExchange exchange, OriginResponse response)
    {
        if (IsWebSocket(exchange))
        {
            exchange.Response.StatusCode = StatusCodes.Status200OK;
            exchange.Response.Headers.Remove("Sec-WebSocket-Accept");
            return await exchange.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync().ConfigureAwait(false);
        }

        exchange.Response.Headers.Connection = "Upgrade";
        exchange.Response.Headers.Upgrade = response.Fields.Find("Upgrade");
        return await exchange.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
    }

    private static bool IsWebSocketOf(OriginResponse response) => string.Equals(response.Fields.Find("Upgrade"), WebSocket, StringComparison.OrdinalIgnoreCase);

    // A client that has ended may still have something to hear, for as long as the origin says something. When the origin has ended, what it sent has gone out, and that is
    // the end: the server has no connections that are closed for one direction of its own.
    private static async Task JoinAsync(
        Stream client, ClientWindows? windows, Stream origin, WebSocketGoodbye? goodbye, TimeSpan idle, CancellationToken serverEnds, CancellationToken aborted)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        using var ending = goodbye is null ? default : serverEnds.UnsafeRegister(static state => _ = ((WebSocketGoodbye)state!).SayAsync(), goodbye);
        var rest = new Rest(idle, broken);
        var there = ThereAsync(client, origin, rest, broken);
        var back = CopyAsync(origin, client, windows, goodbye, rest, broken);
        await back.ConfigureAwait(false);
        await broken.CancelAsync().ConfigureAwait(false);
        await there.ConfigureAwait(false);
        if (goodbye is not null)
            await goodbye.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task ThereAsync(Stream client, Stream origin, Rest rest, CancellationTokenSource broken)
    {
        if (!await CopyAsync(client, origin, null, null, null, broken).ConfigureAwait(false))
            return;
        try
        {
            rest.Begin();
            if (origin is SwitchedStream switched)
                await switched.EndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            await broken.CancelAsync().ConfigureAwait(false);
        }
    }

    // Whether the source has come to its end.
    private static async Task<bool> CopyAsync(Stream source, Stream target, ClientWindows? windows, WebSocketGoodbye? goodbye, Rest? rest, CancellationTokenSource broken)
    {
        var buffer = new byte[Piece];
        try
        {
            int count;
            while ((count = await source.ReadAsync(buffer, broken.Token).ConfigureAwait(false)) > 0)
            {
                windows?.Owe(count);
                rest?.Moved();
                if (goodbye is not null)
                {
                    await goodbye.WriteAsync(buffer.AsMemory(0, count), broken.Token).ConfigureAwait(false);
                    continue;
                }

                await target.WriteAsync(buffer.AsMemory(0, count), broken.Token).ConfigureAwait(false);
                await target.FlushAsync(broken.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            await broken.CancelAsync().ConfigureAwait(false);
            return false;
        }
    }

    // How long an origin may be silent that nobody speaks to any more: a client that has only ended looks like one that has gone.
    private sealed class Rest(TimeSpan idle, CancellationTokenSource broken)
    {
        private volatile bool hasBegun;

        public void Begin()
        {
            hasBegun = true;
            Moved();
        }

        public void Moved()
        {
            if (hasBegun && idle > TimeSpan.Zero)
                broken.CancelAfter(idle);
        }
    }
}
