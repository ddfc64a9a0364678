using System.Net.Sockets;

namespace Elsewhere.Http.Network.Portable;

/// <summary>A connected socket of the framework.</summary>
/// <param name="socket">The socket; closed with the stream.</param>
internal sealed class FrameworkStream(Socket socket) : SocketStream
{
    private readonly NetworkStream stream = new(socket, ownsSocket: true);

    /// <inheritdoc/>
    public override Socket Socket => socket;

    /// <inheritdoc/>
    public override bool HasNews
    {
        get
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <inheritdoc/>
    public override void Shutdown() => Shutdown(SocketShutdown.Both);

    /// <inheritdoc/>
    public override void EndWrites() => Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => stream.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            stream.Dispose();
        base.Dispose(disposing);
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
    }
}
