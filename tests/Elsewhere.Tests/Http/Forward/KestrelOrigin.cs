using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>An origin that is a whole web server: HTTP/2, TLS, WebSockets.</summary>
internal sealed class KestrelOrigin : IAsyncDisposable
{
    private readonly WebApplication app;

    private KestrelOrigin(WebApplication app) => this.app = app;

    public int Port { get; private set; }

    /// <summary>The name that the last client asked for by TLS.</summary>
    public string? ServerName { get; private set; }

    public static async Task<KestrelOrigin> StartAsync(
        RequestDelegate application, HttpProtocols protocols, X509Certificate2? certificate = null, Action<KestrelServerLimits>? limits = null, int port = 0,
        bool asksForCertificate = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        KestrelOrigin? origin = null;
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinResponseDataRate = null;
            limits?.Invoke(options.Limits);
            options.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = protocols;
                if (certificate is null)
                    return;
                listen.UseHttps(https =>
                {
                    https.ServerCertificateSelector = (_, name) =>
                    {
                        origin!.ServerName = name;
                        return certificate;
                    };
                    if (!asksForCertificate)
                        return;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                });
            });
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(application);
        origin = new KestrelOrigin(app);
        await app.StartAsync();
        origin.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return origin;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }
}
