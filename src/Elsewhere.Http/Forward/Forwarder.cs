using System.Net;
using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http2;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>
/// One request: whose it is, where it goes, what comes back. Every failure has a name of <see cref="GatewayError"/>; once the response has begun it can only be
/// broken off.
/// </summary>
internal sealed class Forwarder(Func<LiveRoutes> live, OriginPools pools, Func<GatewayOrigin, CancellationToken, ValueTask<(Seq<IPAddress>, Refusal)>> candidatesOf, TimeProvider time)
{
    private int requests;

    /// <summary>Requests that are being served.</summary>
    public int Requests => Volatile.Read(ref requests);

    public async Task RunAsync(GatewayExchange exchange)
    {
        Interlocked.Increment(ref requests);
        try
        {
            if (Admit(exchange, out var route, out var client) is { } refusal)
                await ErrorAnswer.SendAsync(exchange, refusal).ConfigureAwait(false);
            else if (exchange.Target == "*")
                exchange.Response.StatusCode = StatusCodes.Status200OK;
            else
                await ServeAsync(exchange, route!, client!).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref requests);
        }
    }

    // What is wrong with a request before anybody is asked; null if nothing is.
    private Refusal? Admit(GatewayExchange exchange, out LiveRoute? route, out ClientName? client)
    {
        client = null;
        route = live().Find(exchange.Dialled);
        if (route is null)
            return new Refusal(GatewayError.NoAlias, $"{exchange.Dialled} was an alias' address, and is none any more");
        if (HttpMethods.IsConnect(exchange.Request.Method) && !Tunnel.IsWebSocket(exchange))
            return new Refusal(GatewayError.NoTunnel, "this is a gateway for one alias, no proxy for any host");
        if (exchange.IsHttp2 && RequestFields.WhatIsWrong(exchange.Request.Headers, exchange.Request.RawTarget) is { } wrong)
            return new Refusal(GatewayError.BadRequest, wrong);
        if (HttpMethods.IsTrace(exchange.Request.Method))
            return new Refusal(GatewayError.NoTrace, "the origin would show what was added on the way, secrets among it");
        client = route.Find(exchange.Host);
        if (client is null)
        {
            return new Refusal(
                GatewayError.UnknownHost,
                $"the alias {route.Entry.Alias.Key} at {exchange.Dialled} answers to {string.Join(", ", route.Names.All)}; not to '{exchange.Host}'");
        }

        if (HopByHop.IsListed(exchange.Request.Headers["CDN-Loop"], route.LoopToken))
            return new Refusal(GatewayError.Loop, $"an origin of {route.Entry.Alias.Key} leads back to it");
        return route.Entry.Port.Origins.IsEmpty
            ? new Refusal(GatewayError.NoOrigin, $"no origin of {route.Entry.Alias.Key} can be asked; see elsewhere explain {route.Entry.Alias.Key}")
            : null;
    }

    private async Task ServeAsync(GatewayExchange exchange, LiveRoute route, ClientName client)
    {
        var origin = route.Entry.Port.Origins[0];
        var rules = route.View(client, origin);
        using var patience = new Patience(route.Http.Timeouts, time, exchange.Aborted);
        try
        {
            var (candidates, refusal) = await candidatesOf(origin, patience.Token).ConfigureAwait(false);
            if (candidates.IsEmpty)
            {
                await ErrorAnswer.SendAsync(exchange, refusal).ConfigureAwait(false);
                return;
            }

            var isUpgrade = Tunnel.IsAskedFor(exchange);
            var pool = await pools.EnterAsync(origin, candidates, route.Http.Timeouts.Connect, isUpgrade, patience.Token).ConfigureAwait(false);
            try
            {
                if (isUpgrade)
                    await Tunnel.RunAsync(exchange, route, rules, origin, pool, patience).ConfigureAwait(false);
                else
                    await ExchangeAsync(exchange, route, rules, origin, pool, patience).ConfigureAwait(false);
            }
            finally
            {
                pool.Leave();
            }
        }
        catch (Exception e) when (!exchange.Aborted.IsCancellationRequested)
        {
            await ErrorAnswer.SendAsync(exchange, RefusalOf(e, exchange, rules, patience)).ConfigureAwait(false);
        }
        catch (Exception) when (exchange.Aborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
    }

    private static async Task ExchangeAsync(
        GatewayExchange exchange, LiveRoute route, RewriteRules rules, GatewayOrigin origin, OriginPool pool, Patience patience)
    {
        using var request = RequestMessage.Make(exchange, route, rules, origin, withoutRange: false, out var facts);
        if (request.Content is ClientBody body)
            body.Moved = patience.Moved;
        var response = await pool.SendAsync(request, patience.Token).ConfigureAwait(false);
        HttpRequestMessage? second = null;
        try
        {
            patience.Moved();
            var decision = ResponseHead.Decide(exchange, response, rules);
            if (decision.Verdict == BodyVerdict.PartialContent && facts.HasRange && !exchange.HasBody)
            {
                // A part of a text whose length changes cannot be told from the whole (RFC 9110 section 14.2 lets a server ignore Range).
                response.Dispose();
                second = RequestMessage.Make(exchange, route, rules, origin, withoutRange: true, out facts);
                response = await pool.SendAsync(second, patience.Token).ConfigureAwait(false);
                decision = ResponseHead.Decide(exchange, response, rules);
            }

            await RespondAsync(exchange, response, rules, decision, facts, patience).ConfigureAwait(false);
        }
        finally
        {
            response.Dispose();
            second?.Dispose();
        }
    }

    /// <summary>Passes a response on.</summary>
    internal static async Task RespondAsync(
        GatewayExchange exchange, HttpResponseMessage response, RewriteRules rules, BodyDecision decision, RequestFacts facts, Patience patience)
    {
        ResponseFraming.Check(response);
        var coding = decision.MayChange
            ? AcceptEncoding.ForClient(System.Text.Encoding.Latin1.GetBytes(exchange.Request.Headers.AcceptEncoding.ToString()), preferCoded: false)
            : null;
        ResponseHead.Write(exchange, response, rules, new Exchange(decision.MayChange, facts.Revalidated), coding);
        if (decision.Verdict == BodyVerdict.HeadOfRewritten || HttpMethods.IsHead(exchange.Request.Method))
            return;
        var source = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            if (decision.Verdict != BodyVerdict.Rewrite)
            {
                await ResponseBody.CopyAsync(source, exchange.Body.Writer, patience.Moved, patience.Token).ConfigureAwait(false);
            }
            else
            {
                using var rewriter = new CodedBodyRewriter(
                    new BodyRewriter(rules.Map, UrlDirection.ToClient, decision.Text!), decision.Codings, coding, DecodeLimits.Default);
                if (await ResponseBody.RewriteAsync(source, rewriter, exchange.Body.Writer, patience.Moved, patience.Token).ConfigureAwait(false) != BodyOutcome.Complete)
                {
                    await exchange.Body.Writer.FlushAsync(patience.Token).ConfigureAwait(false);
                    exchange.Abort();
                    return;
                }
            }
        }

        Trailers.Copy(response, exchange);
    }

    private static Refusal RefusalOf(Exception e, GatewayExchange exchange, RewriteRules rules, Patience patience)
    {
        if (exchange.ClientError is BadHttpRequestException bad)
            return new Refusal(GatewayError.BadBody with { Status = bad.StatusCode }, bad.Message);
        if (!patience.IsOver)
            return e is InvalidOperationException ? new Refusal(GatewayError.OriginProtocol, $"{rules.Self.Origin} answers with a header field that cannot be passed on") : OriginErrors.Of(e, rules.Self.Origin);
        return new Refusal(
            GatewayError.OriginTimeout,
            patience.IsRequestOver ? $"{rules.Self.Origin} did not complete its answer within the time of a request" : $"{rules.Self.Origin} was silent for too long");
    }
}
