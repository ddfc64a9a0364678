using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Elsewhere.Http.Forward;

/// <summary>What the server calls for each request.</summary>
internal sealed class GatewayApplication(Forwarder forwarder, ServerLife life) : IHttpApplication<GatewayExchange>
{
    /// <inheritdoc/>
    public GatewayExchange CreateContext(IFeatureCollection contextFeatures)
    {
        // The server keeps one for each connection, or for each stream of HTTP/2, and asks for it again.
        if (contextFeatures is not IHostContextContainer<GatewayExchange> container)
            return new GatewayExchange().Begin(contextFeatures, life);
        container.HostContext ??= new GatewayExchange();
        return container.HostContext.Begin(contextFeatures, life);
    }

    /// <inheritdoc/>
    public Task ProcessRequestAsync(GatewayExchange context) => forwarder.RunAsync(context);

    /// <inheritdoc/>
    public void DisposeContext(GatewayExchange context, Exception? exception) => context.End();
}
