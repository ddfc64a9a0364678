using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>
/// One bound address and port. It costs a socket and one small object, no task and no buffer, since there may be tens of thousands: what is accepted goes on to the
/// one server that all of them share.
/// </summary>
internal sealed class Acceptor : IDisposable
{
    private static readonly TimeSpan outOfDescriptors = TimeSpan.FromMilliseconds(100);
    private const int Backlog = 1024;
    private readonly Socket socket;
    private readonly Action<Socket> accepted;
    private readonly SocketAsyncEventArgs pending = new();
    private readonly ITimer pause;
    private bool closed;

    private Acceptor(Socket socket, Action<Socket> accepted, TimeProvider time)
    {
        this.socket = socket;
        this.accepted = accepted;
        pending.Completed += (_, _) =>
        {
            if (Take())
                Accept();
        };
        pause = time.CreateTimer(_ => Accept(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Binds and listens, but accepts nothing yet.</summary>
    /// <exception cref="SocketException">The system refuses.</exception>
    public static Acceptor Bind(IPEndPoint endPoint, Action<Socket> accepted, TimeProvider time)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new Acceptor(socket, accepted, time);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Accepts until disposed.</summary>
    public void Accept()
    {
        try
        {
            while (!Volatile.Read(ref closed) && !socket.AcceptAsync(pending))
            {
                if (!Take())
                    return;
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed between the two.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Volatile.Write(ref closed, true);
        socket.Dispose();
        pause.Dispose();
    }

    // False where accepting has to pause: without a descriptor the connection stays in the queue, and asking again at once would only spin.
    private bool Take()
    {
        if (pending.SocketError == SocketError.Success)
        {
            accepted(pending.AcceptSocket!);
            pending.AcceptSocket = null;
            return true;
        }

        pending.AcceptSocket = null;
        if (pending.SocketError is not (SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable))
            return !Volatile.Read(ref closed);
        pause.Change(outOfDescriptors, Timeout.InfiniteTimeSpan);
        return false;
    }
}
