using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Http.Forward;

/// <summary>What the server calls for each request.</summary>
/// <param name="forwarder">Serves it.</param>
/// <param name="life">When the server ends.</param>
/// <param name="rate">How slowly a client of HTTP/1.1 may take its response.</param>
internal sealed class GatewayApplication(Forwarder forwarder, ServerLife life, MinDataRate rate) : IHttpApplication<GatewayExchange>
{
    /// <inheritdoc/>
    public GatewayExchange CreateContext(IFeatureCollection contextFeatures)
    {
        // The server keeps one for each connection, or for each stream of HTTP/2, and asks for it again.
        if (contextFeatures is not IHostContextContainer<GatewayExchange> container)
            return new GatewayExchange().Begin(contextFeatures, life, rate);
        container.HostContext ??= new GatewayExchange();
        return container.HostContext.Begin(contextFeatures, life, rate);
    }

    /// <inheritdoc/>
    public Task ProcessRequestAsync(GatewayExchange context) => forwarder.RunAsync(context);

    /// <inheritdoc/>
    public void DisposeContext(GatewayExchange context, Exception? exception) => context.End();
}
