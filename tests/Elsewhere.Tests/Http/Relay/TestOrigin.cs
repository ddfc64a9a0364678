using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>A real TCP server on an address of its own.</summary>
internal sealed class TestOrigin : IAsyncDisposable
{
    private readonly Socket listener;
    private readonly Func<Socket, Task> serve;
    private readonly ConcurrentBag<Socket> connections = [];
    private readonly Task accepting;
    private int accepted;

    public TestOrigin(Func<Socket, Task> serve, IPEndPoint? at = null)
    {
        this.serve = serve;
        listener = new Socket((at?.Address ?? IPAddress.Loopback).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(at ?? new IPEndPoint(RelayKit.NextAddress(), 0));
        listener.Listen(1024);
        accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)listener.LocalEndPoint!;

    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>Says its name to whoever connects, then ends the connection.</summary>
    public static TestOrigin Named(string name) => new(async socket =>
    {
        await socket.SendAllAsync(Encoding.ASCII.GetBytes(name));
        socket.Shutdown(SocketShutdown.Send);
        await socket.NextAsync();
    });

    /// <summary>Sends everything back, up to the FIN.</summary>
    public static TestOrigin Echo() => new(async socket =>
    {
        var buffer = new byte[65_536];
        int read;
        while ((read = await socket.ReceiveAsync(buffer)) > 0)
            await socket.SendAllAsync(buffer.AsMemory(0, read));
        socket.Shutdown(SocketShutdown.Send);
    });

    /// <summary>Keeps the connection open and says nothing.</summary>
    public static TestOrigin Silent() => new(async socket => await socket.NextAsync());

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await accepting;
        foreach (var connection in connections)
            connection.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                socket.NoDelay = true;
                connections.Add(socket);
                Interlocked.Increment(ref accepted);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await serve(socket);
            socket.Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();
        }
    }
}
