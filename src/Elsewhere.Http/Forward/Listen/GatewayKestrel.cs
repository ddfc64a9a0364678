using System.Net;
using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>Which certificate a client is shown, by the address that it dialled and the name that it asks for; null refuses the handshake.</summary>
/// <param name="dialled">The service address and port.</param>
/// <param name="serverName">The name of the TLS handshake, or null.</param>
internal delegate SslServerAuthenticationOptions? SelectCertificate(IPEndPoint dialled, string? serverName);

/// <summary>The one HTTP server of all aliases: HTTP/1.1 and HTTP/2, in clear and by TLS, without a host, middleware or configuration around it.</summary>
internal static class GatewayKestrel
{
    private static readonly TimeSpan handshake = TimeSpan.FromSeconds(10);

    /// <summary>Starts it; it takes what the transport is given.</summary>
    public static async Task<KestrelServer> StartAsync<TContext>(VirtualTransport transport, IHttpApplication<TContext> application, SelectCertificate select)
        where TContext : notnull
    {
        var options = new KestrelServerOptions
        {
            AddServerHeader = false,
            ApplicationServices = KestrelServices.Create(),

            // What came goes on byte by byte; Latin-1 is the one encoding that loses none.
            RequestHeaderEncodingSelector = static _ => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static _ => Encoding.Latin1,
        };
        Limit(options.Limits);
        ConnectionDelegate? http2 = null;
        options.Listen(VirtualTransport.EndPointOf(ClientSide.PriorKnowledge), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => http2 = next);
        });
        options.Listen(VirtualTransport.EndPointOf(ClientSide.Plain), listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => FirstBytes.OfPlain(next, () => http2!));
        });
        options.Listen(VirtualTransport.EndPointOf(ClientSide.Secure), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(FirstBytes.OfSecure);
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = handshake,
                OnConnection = context => Select(select, context),
            });
        });
        var server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        await server.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
        return server;
    }

    private static ValueTask<SslServerAuthenticationOptions> Select(SelectCertificate select, TlsHandshakeCallbackContext context) =>
        select((IPEndPoint)context.Connection.LocalEndPoint!, context.ClientHelloInfo.ServerName) is { } options
            ? ValueTask.FromResult(options)
            : throw new System.Security.Authentication.AuthenticationException($"nothing is served at {context.Connection.LocalEndPoint}");

    // Bodies are passed on as they come, however long they are and however slowly: that is between the client and the origin. The time-out without a byte is the alias' own.
    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
    }
}
