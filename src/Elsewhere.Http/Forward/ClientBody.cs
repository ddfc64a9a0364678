using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Elsewhere.Http.Forward;

/// <summary>The body of the request, read from the client as the origin takes it: nothing is kept, and nothing is waited for.</summary>
internal static class ClientBody
{
    /// <summary>The body of a request that has one.</summary>
    public static RequestBody Of(GatewayExchange exchange, LiveRoute route) => new(
        exchange.Features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, exchange.Request.Headers.ContentLength)
    {
        Begun = () => Begin(exchange),
        Moved = exchange.Patience!.Moved,
        Failed = e =>
        {
            if (e is BadHttpRequestException or IOException or ConnectionAbortedException)
                exchange.ClientError = e;
        },
        Trailers = () => TrailersOf(exchange, route),
    };

    private static void Begin(GatewayExchange exchange)
    {
        // A body whose end is not told may be alive, and pause: the alias' idle time-out is for it. One of known length that pauses is only slow.
        if (exchange.Request.Headers.ContentLength is null && exchange.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        exchange.BodyRead = true;
    }

    // A field that the alias maps or sets is said in the head, or not at all.
    private static IEnumerable<HttpField>? TrailersOf(GatewayExchange exchange, LiveRoute route)
    {
        if (exchange.Features.Get<IHttpRequestTrailersFeature>() is not { Available: true, Trailers: { Count: > 0 } trailers })
            return null;

        // The request has gone without its end, and so it stays (RFC 9113 section 8.1.1).
        if (exchange.IsHttp2 && RequestFields.WhatIsWrong(trailers) is { } wrong)
            throw new BadHttpRequestException($"behind the body, {wrong}");
        return
            from field in trailers
            where !HopByHop.IsRequestField(field.Key) && !route.Removed.Contains(field.Key) && HeaderRules.ForRequest(field.Key) is null
            from value in field.Value
            select new HttpField(field.Key, value ?? "");
    }
}
