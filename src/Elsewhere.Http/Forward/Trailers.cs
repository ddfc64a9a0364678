using System.Collections.Frozen;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Forward;

/// <summary>Fields behind the body (RFC 9110 section 6.5).</summary>
internal static class Trailers
{
    // RFC 9110 section 6.5.1: what frames, routes, authorises, or says how to read or keep the content, must not come late.
    private static readonly FrozenSet<string> Forbidden = new[]
    {
        "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Host", "Trailer", "TE", "Upgrade",
        "Content-Encoding", "Content-Type", "Content-Range", "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Set-Cookie", "Cookie",
        "Cache-Control", "Pragma", "Expect", "Max-Forwards", "Range", "Age", "Date", "Expires", "Location", "Retry-After", "Vary", "Warning",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a field may come behind a body.</summary>
    public static bool MayTrail(string name) => !Forbidden.Contains(name) && !HopByHop.IsResponseField(name);

    /// <summary>
    /// Gives a response that is about to begin the framing that trailers need, where the client can take any: in HTTP/1.1 those are chunks. A length that the origin
    /// told is given up only if the origin announces trailers and the client asks for them; HTTP/1.0 has no trailers.
    /// </summary>
    /// <returns>What the body is to be written to.</returns>
    public static ChunkedWriter? Frame(GatewayExchange exchange)
    {
        if (exchange.IsHttp2)
            return null;
        var headers = exchange.Response.Headers;
        var announced = Announced(headers.Trailer);
        var chunked = HttpProtocol.IsHttp11(exchange.Request.Protocol)
            && !HttpMethods.IsHead(exchange.Request.Method)
            && exchange.Response.StatusCode is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
            && (headers.ContentLength is null || (announced.Count > 0 && ListField.Has(exchange.Request.Headers.TE, "trailers")));
        headers.Trailer = chunked ? announced : StringValues.Empty;
        if (!chunked)
            return null;
        headers.ContentLength = null;
        headers.TransferEncoding = "chunked";
        return exchange.Chunks.Begin(exchange.Body.Writer);
    }

    /// <summary>Says behind a body what the origin said behind it, in the client's terms.</summary>
    /// <param name="response">The origin's, read to the end of its body.</param>
    /// <param name="exchange">The client's.</param>
    /// <param name="chunks">What <see cref="Frame"/> gave.</param>
    /// <param name="rules">How fields are mapped.</param>
    /// <param name="context">What was done to the body: a digest of another one does not go on.</param>
    public static void Copy(OriginResponse response, GatewayExchange exchange, ChunkedWriter? chunks, RewriteRules rules, in Exchange context)
    {
        var target = chunks is null ? exchange.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : null;
        if (chunks is null && target is not { IsReadOnly: false })
            return;
        foreach (var (name, value) in response.Trailers)
        {
            if (!MayTrail(name) || !FieldText.IsName(name))
                continue;
            if ((HeaderRules.ForResponse(name) is { } rule ? FieldValue.Map(value, rule, rules, context, exchange.Scratch) : value) is not { } mapped || !FieldText.IsValue(mapped))
                continue;
            if (chunks is not null)
                chunks.Trailer(name, mapped);
            else
                target!.Append(name, mapped);
        }
    }

    // The names that may come; what must not come late is not announced either.
    private static StringValues Announced(StringValues field)
    {
        if (field.Count == 0)
            return StringValues.Empty;
        var names = field.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Where(MayTrail);
        return string.Join(", ", names) is { Length: > 0 } text ? text : StringValues.Empty;
    }
}
