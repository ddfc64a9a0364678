using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http2;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>Whose a request is, and whether anybody is asked for it.</summary>
internal static class Admission
{
    // RFC 8586 leaves it open how many proxies are too many. A loop through one that takes the token of others away ends here.
    private const int MostHops = 10;

    /// <summary>What is wrong with a request before anybody is asked; null if nothing is.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="live">What is served.</param>
    /// <param name="limits">How much a header may hold.</param>
    /// <param name="route">The alias at the address that was dialled; null if there is none any more.</param>
    /// <param name="client">The name that the client calls it; null if it has no such name.</param>
    public static Refusal? Check(GatewayExchange exchange, LiveRoutes live, Http1Limits limits, out LiveRoute? route, out ClientName? client)
    {
        client = null;
        route = live.Find(exchange.Dialled);
        if (route is null)
            return new Refusal(GatewayError.NoAlias, $"{exchange.Dialled} was an alias' address, and is none any more");
        exchange.Alias = route.Entry.Alias.Key;
        if (HttpMethods.IsConnect(exchange.Request.Method) && !Tunnel.IsWebSocket(exchange))
            return new Refusal(GatewayError.NoTunnel, "this is a gateway for one alias, no proxy for any host");
        if (exchange.IsHttp2 && RequestFields.WhatIsWrong(exchange.Request.Headers, exchange.Request.RawTarget, exchange.Host, limits, out var isTooMuch) is { } wrong)
            return new Refusal(isTooMuch ? GatewayError.HeadTooLarge : GatewayError.BadRequest, wrong);
        if (HttpMethods.IsTrace(exchange.Request.Method))
            return new Refusal(GatewayError.NoTrace, "the origin would show what was added on the way, secrets among it");
        client = route.Find(exchange.Host);
        if (client is null)
        {
            return new Refusal(
                GatewayError.UnknownHost,
                $"the alias {route.Entry.Alias.Key} at {exchange.Dialled} answers to {string.Join(", ", route.Names.All)}; not to '{exchange.Host}'");
        }

        var passed = exchange.Request.Headers["CDN-Loop"];
        if (ListField.Has(passed, route.LoopToken))
            return new Refusal(GatewayError.Loop, $"an origin of {route.Entry.Alias.Key} leads back to it");
        if (passed.Count > 0 && ListField.Count(passed) > MostHops)
            return new Refusal(GatewayError.Loop, $"the request went through more than {MostHops} proxies before it came to {route.Entry.Alias.Key}");
        return route.Entry.Port.Origins.IsEmpty
            ? new Refusal(GatewayError.NoOrigin, route.Entry.Lack ?? $"no origin of {route.Entry.Alias.Key} can be asked")
            : null;
    }
}
