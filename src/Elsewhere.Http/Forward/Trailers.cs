using System.Collections.Frozen;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Forward;

/// <summary>Fields behind the body (RFC 9110 section 6.5).</summary>
internal static class Trailers
{
    // RFC 9110 section 6.5.1: what frames, routes or authorises must not come late.
    private static readonly FrozenSet<string> Forbidden = new[]
    {
        "Content-Length", "Transfer-Encoding", "Connection", "Host", "Trailer", "TE", "Upgrade", "Content-Encoding", "Content-Type", "Content-Range",
        "Authorization", "Proxy-Authorization", "Set-Cookie", "Cookie", "Cache-Control", "Expect", "Max-Forwards", "Range", "Age", "Date", "Expires", "Location", "Vary",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Passes them on to a client that can take them: one of HTTP/2. Others may lose them (RFC 9110 section 6.5.1).</summary>
    public static void Copy(HttpResponseMessage response, GatewayExchange exchange)
    {
        if (exchange.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is not { IsReadOnly: false } target)
            return;
        foreach (var (name, values) in response.TrailingHeaders.NonValidated)
        {
            if (!Forbidden.Contains(name))
                target[name] = new StringValues([.. values]);
        }
    }
}
