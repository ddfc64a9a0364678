using System.Text;
using Elsewhere.Http.Http2;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Elsewhere.Http.Http1;

/// <summary>Kestrel, guarded: what has two meanings, or takes more than its share, never reaches it.</summary>
public static class GuardedHttp1
{
    /// <summary>
    /// Puts the guard between the client and the server. To be called after <c>UseHttps</c>, so that it sees what was encrypted. Of
    /// connections that speak HTTP/2, by ALPN or because the listener speaks nothing else, it counts the frames that are of no use.
    /// </summary>
    /// <param name="listen">The listener, its protocols already set.</param>
    /// <param name="limits">The same as in <see cref="Apply"/>.</param>
    /// <param name="refused">Told of each refusal; called by any thread, and must not block.</param>
    public static void UseHttp1Guard(this ListenOptions listen, Http1Limits limits, Action<Http1RefusalReport>? refused = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentNullException.ThrowIfNull(limits);
        listen.Use(next => connection => SpeaksHttp2(connection, listen.Protocols)
            ? WatchedConnection.RunAsync(connection, next, limits, refused is null ? null : code => refused(new(code, 0, connection.LocalEndPoint, connection.RemoteEndPoint)))
            : GuardedConnection.RunAsync(connection, next, limits, refused));
    }

    /// <summary>
    /// Sets Kestrel's own limits to agree with <paramref name="limits"/>: those that the guard looks after are out of its way, those of
    /// HTTP/2 and of rates are Kestrel's to look after. Header bytes above 0x7F are Latin-1, so that they leave as they came.
    /// </summary>
    public static void Apply(KestrelServerOptions options, Http1Limits limits)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(limits);
        options.AddServerHeader = false;
        // The guard has compared Host with an absolute target, and knows that A:80 is a.
        options.AllowHostHeaderOverride = true;
        options.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.Limits.MaxRequestBodySize = limits.Body;
        options.Limits.MaxRequestLineSize = limits.RequestLine + 2;

        // Kestrel ends the whole connection of HTTP/2 for what is too much. What is not far above the limit gets through, so that whoever serves can answer it with 431.
        options.Limits.MaxRequestHeadersTotalSize = 2 * limits.Head;
        options.Limits.MaxRequestHeaderCount = 2 * limits.Fields;
        options.Limits.Http2.MaxRequestHeaderFieldSize = 2 * limits.Head;
        options.Limits.RequestHeadersTimeout = limits.HeadTimeout;
        options.Limits.KeepAliveTimeout = limits.KeepAlive;
        options.Limits.MaxConcurrentConnections = limits.Connections;
        options.Limits.MaxConcurrentUpgradedConnections = limits.Connections;
        options.Limits.MinRequestBodyDataRate = new(limits.MinimumRate, limits.RateGrace);

        // It would end a connection of HTTP/2 for one stream that is not taken. Whoever serves sets it for requests of HTTP/1.1; connections of HTTP/2 have a watch of their own.
        options.Limits.MinResponseDataRate = null;
    }

    private static bool SpeaksHttp2(ConnectionContext connection, HttpProtocols protocols) =>
        connection.Features.Get<ITlsApplicationProtocolFeature>() is { } tls
            ? tls.ApplicationProtocol.Span.SequenceEqual("h2"u8)
            : protocols == HttpProtocols.Http2;
}
