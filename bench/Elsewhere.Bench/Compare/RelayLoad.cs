using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Bench.Compare;

/// <summary>
/// An origin and its clients. A client says with 16 bytes how much it wants and how much it will send (big-endian); bytes then flow both ways
/// at once; the origin answers one byte when it has everything.
/// </summary>
internal static class RelayLoad
{
    private const int Chunk = 262_144;

    /// <summary>Serves until it is disposed.</summary>
    public static IDisposable Serve(IPEndPoint at)
    {
        var listener = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(at);
        listener.Listen(4096);
        Start(() =>
        {
            while (true)
            {
                var socket = listener.Accept();
                Start(() => Answer(socket));
            }
        });
        return listener;
    }

    /// <summary>Downloads or uploads over several connections at once.</summary>
    public static void Bulk(IPEndPoint at, int connections, long down, long up) => Join(connections, _ => Exchange(at, down, up, new byte[Chunk]));

    /// <summary>Connects, exchanges one byte, ends; again and again.</summary>
    public static void Connections(IPEndPoint at, int clients, int each) => Join(clients, _ =>
    {
        var buffer = new byte[64];
        for (var i = 0; i < each; i++)
            Exchange(at, 0, 1, buffer);
    });

    /// <summary>Small questions and answers over connections that stay.</summary>
    public static void PingPong(IPEndPoint at, int clients, int each) => Join(clients, _ =>
    {
        using var socket = Connect(at);
        var buffer = new byte[64];
        Ask(socket, long.MaxValue, 0);
        for (var i = 0; i < each; i++)
        {
            socket.Send(buffer);
            Fill(socket, buffer);
        }

        socket.Close(0);
    });

    private static void Answer(Socket socket)
    {
        using var owned = socket;
        socket.NoDelay = true;
        var header = new byte[16];
        try
        {
            Fill(socket, header);
            var down = BinaryPrimitives.ReadInt64BigEndian(header);
            var up = BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(8));
            if (down == long.MaxValue)
            {
                var ping = new byte[64];
                while (true)
                {
                    Fill(socket, ping);
                    socket.Send(ping);
                }
            }

            var sending = Start(() => Send(socket, down, new byte[Math.Min(Math.Max(down, 1), Chunk)]), down > 0);
            Take(socket, up, new byte[Math.Min(Math.Max(up, 1), Chunk)]);
            sending?.Join();
            socket.Send("."u8);
        }
        catch (SocketException)
        {
            // The client has gone.
        }
    }

    private static void Exchange(IPEndPoint at, long down, long up, byte[] buffer)
    {
        using var socket = Connect(at);
        Ask(socket, down, up);
        var sending = Start(() => Send(socket, up, buffer), up > buffer.Length && down > 0);
        if (sending is null)
            Send(socket, up, buffer);
        Take(socket, down, sending is null ? buffer : new byte[Chunk]);
        sending?.Join();
        Fill(socket, new byte[1]);
    }

    private static Socket Connect(IPEndPoint at)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(at);
        return socket;
    }

    private static void Ask(Socket socket, long down, long up)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(header, down);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], up);
        socket.Send(header);
    }

    private static void Send(Socket socket, long count, byte[] buffer)
    {
        while (count > 0)
            count -= socket.Send(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)));
    }

    private static void Take(Socket socket, long count, byte[] buffer)
    {
        while (count > 0)
        {
            var got = socket.Receive(buffer.AsSpan(0, (int)Math.Min(buffer.Length, count)));
            if (got == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            count -= got;
        }
    }

    private static void Fill(Socket socket, byte[] buffer) => Take(socket, buffer.Length, buffer);

    private static Thread? Start(Action work, bool wanted)
    {
        if (!wanted)
            return null;
        return Start(work);
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(
            () =>
            {
                try
                {
                    work();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // Disposed, or the other side has gone.
                }
            },
            128 * 1024)
        { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void Join(int count, Action<int> work)
    {
        Exception? failure = null;
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                work(i);
            }
            catch (SocketException e)
            {
                failure = e;
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (failure is not null)
            throw new InvalidOperationException("a client failed", failure);
    }
}
