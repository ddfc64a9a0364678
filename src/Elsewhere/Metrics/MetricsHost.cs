using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;
using Elsewhere.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Elsewhere.Metrics;

/// <summary>Serves <c>/metrics</c> for Prometheus and its like. What is wrong with it costs only itself.</summary>
internal sealed class MetricsHost : IAsyncDisposable
{
    private const string Path = "/metrics";
    private readonly WebApplication? app;

    private MetricsHost(WebApplication? app, IPEndPoint? endPoint, Finding? problem) => (this.app, EndPoint, Problem) = (app, endPoint, problem);

    /// <summary>Where it listens; null for nowhere.</summary>
    internal IPEndPoint? EndPoint { get; }

    /// <summary>Why it does not listen; null if it does, or is not to.</summary>
    internal Finding? Problem { get; }

    /// <summary>Begins to serve; what does not work is a finding.</summary>
    /// <param name="listen">Where; null for nowhere. Port 0 takes a free one.</param>
    /// <param name="measure">Takes the numbers.</param>
    /// <param name="version">The program's version.</param>
    internal static async Task<MetricsHost> StartAsync(IPEndPoint? listen, Func<ValueTask<Measurements>> measure, string version)
    {
        if (listen is null)
            return new MetricsHost(null, null, null);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // A few who ask every few seconds.
            kestrel.Limits.MaxConcurrentConnections = 32;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(listen, static options => options.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, measure, version));
        try
        {
            await app.StartAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            return new MetricsHost(null, null, ServingFindingCodes.MetricsNotListening.On(
                ObjectRef.None, "", $"metrics are not served: {listen}: {e.GetBaseException().Message}", "Stop who listens there, or name another place: --metrics ADDR:PORT.", null));
        }

        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new MetricsHost(app, new IPEndPoint(listen.Address, new Uri(address).Port), null);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => app?.DisposeAsync() ?? default;

    private static async Task AnswerAsync(HttpContext context, Func<ValueTask<Measurements>> measure, string version)
    {
        var response = context.Response;
        if (context.Request.Path != Path)
        {
            await SayAsync(response, StatusCodes.Status404NotFound, $"metrics are at {Path}").ConfigureAwait(false);
            return;
        }

        var isHead = HttpMethods.IsHead(context.Request.Method);
        if (!isHead && !HttpMethods.IsGet(context.Request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            await SayAsync(response, StatusCodes.Status405MethodNotAllowed, "metrics can be read, and nothing else").ConfigureAwait(false);
            return;
        }

        var format = context.Request.Headers.Accept.ToString().Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase) ? MetricFormat.OpenMetrics : MetricFormat.Prometheus;
        response.ContentType = MetricWriter.ContentType(format);
        response.Headers.CacheControl = "no-store";
        if (!isHead)
            await MetricsPage.WriteAsync(new MetricWriter(response.BodyWriter, format), await measure().ConfigureAwait(false), version, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task SayAsync(HttpResponse response, int status, string why)
    {
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        return response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{status} {why}\n"));
    }
}
