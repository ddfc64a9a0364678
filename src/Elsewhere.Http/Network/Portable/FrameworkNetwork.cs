using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Elsewhere.Http.Network.Portable;

/// <summary>The framework's sockets, on every system.</summary>
internal sealed class FrameworkNetwork : INetwork, IDisposable
{
    private readonly SocketConnectionContextFactory contexts = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    /// <inheritdoc/>
    public ConnectionContext Accept(Socket socket) => contexts.Create(socket);

    /// <inheritdoc/>
    public async ValueTask<SocketStream> ConnectAsync(Socket socket, IPEndPoint to, CancellationToken cancellation)
    {
        await socket.ConnectAsync(to, cancellation).ConfigureAwait(false);
        return new FrameworkStream(socket);
    }

    /// <inheritdoc/>
    public void Dispose() => contexts.Dispose();
}
