using System.Net;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Kubernetes.Api.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Elsewhere.Kubernetes.Api;

/// <summary>How the API is served.</summary>
/// <param name="Listen">Where; port 0 takes a free one.</param>
/// <param name="Certificate">The server's certificate with its key.</param>
/// <param name="Token">What a client must show.</param>
public sealed record ApiServerOptions(IPEndPoint Listen, X509Certificate2 Certificate, string Token);

/// <summary>The Kubernetes API over HTTPS: HTTP/1.1 and HTTP/2.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly WebApplication app;

    private ApiServer(WebApplication app, CancellationTokenSource stopping)
    {
        this.app = app;
        this.stopping = stopping;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Begins to listen.</summary>
    /// <param name="objects">What it serves.</param>
    /// <param name="options">How.</param>
    /// <exception cref="IOException">The address is in use, or this user may not have it.</exception>
    public static async Task<ApiServer> StartAsync(ApiObjects objects, ApiServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(objects);
        ArgumentNullException.ThrowIfNull(options);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowSynchronousIO = false;
            // Counted while it is read, so that the answer is the API's own.
            kestrel.Limits.MaxRequestBodySize = null;
            // Watches are silent for as long as nothing changes.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 250;
            kestrel.Listen(options.Listen, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(options.Certificate);
            });
        });
        var app = builder.Build();
        var stopping = new CancellationTokenSource();
        var handler = new ApiHandler(objects.Core, options.Token, objects.ReadyAsync, stopping.Token);
        app.Run(handler.HandleAsync);
        var server = new ApiServer(app, stopping);
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.EndPoint = new(options.Listen.Address, new Uri(address).Port);
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
        stopping.Dispose();
    }
}
