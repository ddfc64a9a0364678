using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Relay;

/// <summary>Addresses, tables and waiting for the relay's tests: every test has addresses of its own.</summary>
internal static class RelayKit
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static int addresses;

    /// <summary>A loopback address that no other test has, of this process or of another one.</summary>
    public static IPAddress NextAddress()
    {
        var next = Interlocked.Increment(ref addresses);
        return new IPAddress([127, (byte)(100 + (Environment.ProcessId % 150)), (byte)(next / 250), (byte)(1 + (next % 250))]);
    }

    public static RelayListen Tcp(int port = 8080) => new(NextAddress(), port, Protocol.Tcp);

    public static RelayListen Udp(int port = 8053) => new(NextAddress(), port, Protocol.Udp);

    public static RelayTarget Target(EndPoint? origin, int priority = 0, int weight = 720) =>
        new(((IPEndPoint)origin!).Address, ((IPEndPoint)origin).Port, priority, weight);

    public static RelayEntry Entry(RelayListen listen, params RelayTarget[] targets) =>
        new(listen, new ObjectKey("shop", $"alias-{listen.Address}"), targets.OrderBy(t => t.Priority).ToSeq(), null);

    public static RelayTable Table(params RelayEntry[] entries) => new(entries.ToSeq(), []);

    public static RelayServer Server(bool portable, RelayOptions? options = null) =>
        new((options ?? new RelayOptions()) with { Portable = portable }, TimeProvider.System);

    public static async Task<Socket> ConnectAsync(RelayListen listen)
    {
        var socket = new Socket(listen.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(Deadline);
        await socket.ConnectAsync(new IPEndPoint(listen.Address, listen.Port), limit.Token);
        return socket;
    }

    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes)..];
    }

    /// <summary>Reads up to the FIN.</summary>
    public static async Task<byte[]> ReadToEndAsync(this Socket socket)
    {
        using var limit = new CancellationTokenSource(Deadline);
        using var all = new MemoryStream();
        var buffer = new byte[65_536];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer, limit.Token);
            if (read == 0)
                return all.ToArray();
            all.Write(buffer, 0, read);
        }
    }

    public static async Task<byte[]> ReadAsync(this Socket socket, int count)
    {
        using var limit = new CancellationTokenSource(Deadline);
        var buffer = new byte[count];
        for (var got = 0; got < count;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(got), limit.Token);
            Assert.NotEqual(0, read);
            got += read;
        }

        return buffer;
    }

    /// <summary>What one more read says: Success with data, Disconnecting for a FIN, ConnectionReset for an RST.</summary>
    public static async Task<SocketError> NextAsync(this Socket socket)
    {
        using var limit = new CancellationTokenSource(Deadline);
        try
        {
            return await socket.ReceiveAsync(new byte[1], limit.Token) == 0 ? SocketError.Disconnecting : SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Waits until something has become true; a deadline ends the test, no timing decides it.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(limit.IsCancellationRequested, $"not within {Deadline}: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>A port where nobody listens: connects are refused.</summary>
    public static IPEndPoint Nobody() => new(NextAddress(), 9);
}
