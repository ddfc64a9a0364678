using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Http1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Elsewhere.Tests.Http.Http1;

/// <summary>A guarded Kestrel at a port of its own, with an application of the test's choice.</summary>
internal sealed class GuardedKestrel : IAsyncDisposable
{
    private readonly WebApplication app;

    private GuardedKestrel(WebApplication app) => this.app = app;

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>What was refused, in order.</summary>
    public ConcurrentQueue<Http1RefusalReport> Refusals { get; } = new();

    public static async Task<GuardedKestrel> StartAsync(
        RequestDelegate application, Http1Limits? limits = null, HttpProtocols protocols = HttpProtocols.Http1, Action<ListenOptions>? before = null)
    {
        limits ??= new Http1Limits();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        GuardedKestrel? server = null;
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            GuardedHttp1.Apply(options, limits);
            options.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                before?.Invoke(listen);
                listen.UseHttp1Guard(limits, refusal => server!.Refusals.Enqueue(refusal));
            });
        });
        var app = builder.Build();
        server = new GuardedKestrel(app);
        app.Run(application);
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        server.Address = new IPEndPoint(IPAddress.Loopback, new Uri(url).Port);
        return server;
    }

    /// <summary>Answers with the method, the target as it came, and the body.</summary>
    public static async Task EchoAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
        var text = System.Text.Encoding.Latin1.GetBytes($"{context.Request.Method} {target}\n");
        context.Response.ContentLength = text.Length + body.Length;
        await context.Response.Body.WriteAsync(text);
        await context.Response.Body.WriteAsync(body.ToArray());
    }

    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Address);
        return socket;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
