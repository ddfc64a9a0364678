using System.Net;
using System.Net.Security;
using Elsewhere.Http.Http1;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>Which certificate a client is shown, by the address that it dialled and the name that it asks for; null refuses the handshake.</summary>
/// <param name="dialled">The service address and port.</param>
/// <param name="serverName">The name of the TLS handshake, or null.</param>
internal delegate SslServerAuthenticationOptions? SelectCertificate(IPEndPoint dialled, string? serverName);

/// <summary>The one HTTP server of all aliases: HTTP/1.1 and HTTP/2, in clear and by TLS, without a host, middleware or configuration around it.</summary>
internal static class GatewayKestrel
{
    /// <summary>Starts it; it takes what the transport is given.</summary>
    public static async Task<KestrelServer> StartAsync<TContext>(
        VirtualTransport transport, IHttpApplication<TContext> application, SelectCertificate select, Http1Limits limits, ClientRefused told)
        where TContext : notnull
    {
        var options = new KestrelServerOptions { ApplicationServices = KestrelServices.Create() };
        GuardedHttp1.Apply(options, limits);
        void refused(Http1RefusalReport report) => told(report.Code, report.Listener, report.Client);
        ConnectionDelegate? http2 = null;
        options.Listen(VirtualTransport.EndPointOf(ClientSide.PriorKnowledge), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => http2 = next);
            listen.UseHttp1Guard(limits, refused);
        });
        options.Listen(VirtualTransport.EndPointOf(ClientSide.Plain), listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(transport.Release);
            listen.Use(next => FirstBytes.OfPlain(next, () => http2!, limits, refused));
            listen.UseHttp1Guard(limits, refused);
        });
        options.Listen(VirtualTransport.EndPointOf(ClientSide.Secure), listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(transport.Release);
            listen.Use(next => FirstBytes.OfSecure(next, limits, refused));
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = limits.HeadTimeout,
                OnConnection = context => Select(select, context),
            });
            listen.UseHttp1Guard(limits, refused);
        });
        var server = new KestrelServer(Options.Create(options), transport, new KestrelEvents(told, transport.EndsOf));
        await server.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
        return server;
    }

    private static ValueTask<SslServerAuthenticationOptions> Select(SelectCertificate select, TlsHandshakeCallbackContext context) =>
        select((IPEndPoint)context.Connection.LocalEndPoint!, context.ClientHelloInfo.ServerName) is { } options
            ? ValueTask.FromResult(options)
            : throw new System.Security.Authentication.AuthenticationException($"nothing is served at {context.Connection.LocalEndPoint}");
}
