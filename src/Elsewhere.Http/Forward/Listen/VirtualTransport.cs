using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Elsewhere.Http.Network;
using Microsoft.AspNetCore.Connections;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>How clients of a port speak.</summary>
internal enum ClientSide
{
    /// <summary>In clear.</summary>
    Plain,

    /// <summary>By TLS.</summary>
    Secure,

    /// <summary>HTTP/2 in clear; nothing is accepted for it, what is plain turns out to be it.</summary>
    PriorKnowledge,
}

/// <summary>
/// The server's transport. It listens at no address of its own: for each kind of client there is one end point, which gets the connections that all bound sockets
/// of that kind accept. So the server has two accept loops for any number of aliases, and what is bound changes without it.
/// </summary>
internal sealed class VirtualTransport(ClientSlots slots, ClientRefused refused) : IConnectionListenerFactory
{
    private static readonly TimeSpan keepAlive = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, Slot> open = new();
    private readonly Dictionary<ClientSide, Channel<ConnectionContext>> queues = new()
    {
        [ClientSide.Plain] = Channel.CreateUnbounded<ConnectionContext>(),
        [ClientSide.Secure] = Channel.CreateUnbounded<ConnectionContext>(),
        [ClientSide.PriorKnowledge] = Channel.CreateUnbounded<ConnectionContext>(),
    };

    /// <summary>The end point of a kind of client, to be given to the server.</summary>
    public static EndPoint EndPointOf(ClientSide side) => new VirtualEndPoint(side);

    /// <summary>The outermost of a connection's delegates: when the connection is over, its place is free.</summary>
    public ConnectionDelegate Release(ConnectionDelegate next) => async connection =>
    {
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            open.TryRemove(connection.ConnectionId, out _);
            connection.Features.Get<Slot>()?.Return();
        }
    };

    /// <summary>The ends of a connection that is open; nothing of one that is not.</summary>
    /// <param name="connection">What the server calls it.</param>
    public (EndPoint? Dialled, EndPoint? Client) EndsOf(string connection) => open.TryGetValue(connection, out var slot) ? (slot.Dialled, slot.Client) : default;

    /// <summary>Hands a connection to the server, if its client may have one more; else closes it.</summary>
    public void Enqueue(Socket socket, ClientSide side)
    {
        ConnectionContext connection;
        Slot? slot = null;
        try
        {
            slot = new Slot(slots, (IPEndPoint)socket.RemoteEndPoint!, (IPEndPoint)socket.LocalEndPoint!);
            if (slot.Take() is { } code)
            {
                refused(code, socket.LocalEndPoint, socket.RemoteEndPoint);
                socket.Dispose();
                return;
            }

            socket.NoDelay = true;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)keepAlive.TotalSeconds);
            connection = Networks.Default.Accept(socket);
            connection.Features.Set(slot);
            open[connection.ConnectionId] = slot;
        }
        catch (SocketException)
        {
            // The client has gone already.
            slot?.Return();
            socket.Dispose();
            return;
        }

        if (!queues[side].Writer.TryWrite(connection))
        {
            open.TryRemove(connection.ConnectionId, out _);
            slot.Return();
            connection.Abort();
        }
    }

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener((VirtualEndPoint)endpoint, queues[((VirtualEndPoint)endpoint).Side]));

    /// <summary>The place of one connection.</summary>
    private sealed class Slot(ClientSlots slots, IPEndPoint client, IPEndPoint dialled)
    {
        private int taken;

        public IPEndPoint Client => client;

        public IPEndPoint Dialled => dialled;

        public string? Take()
        {
            if (slots.Take(client.Address, dialled.Address) is { } code)
                return code;
            taken = 1;
            return null;
        }

        public void Return()
        {
            if (Interlocked.Exchange(ref taken, 0) == 1)
                slots.Return(client.Address, dialled.Address);
        }
    }

    private sealed class VirtualEndPoint(ClientSide side) : EndPoint
    {
        public ClientSide Side => side;

        public override string ToString() => side.ToString();
    }

    private sealed class Listener(VirtualEndPoint endPoint, Channel<ConnectionContext> queue) : IConnectionListener
    {
        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                if (queue.Reader.TryRead(out var connection))
                    return connection;
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            queue.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            queue.Writer.TryComplete();
            while (queue.Reader.TryRead(out var connection))
                connection.Abort();
            return ValueTask.CompletedTask;
        }
    }
}
