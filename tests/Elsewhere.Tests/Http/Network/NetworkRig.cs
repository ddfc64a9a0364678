using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Network;
using Elsewhere.Http.Network.Linux;
using Elsewhere.Http.Network.Portable;
using Elsewhere.Http.Relay.Linux;

namespace Elsewhere.Tests.Http.Network;

/// <summary>The ways to use sockets, and an ordinary socket at the other end of each.</summary>
internal static class NetworkRig
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly FrameworkNetwork portable = new();
    private static readonly ReactorNetwork? reactors = LinuxEngine.IsSupported ? new ReactorNetwork() : null;

    public static ReactorNetwork? Reactors => reactors;

    /// <summary>Those that this system has.</summary>
    public static TheoryData<string> Names => reactors is null ? [nameof(FrameworkNetwork)] : [nameof(FrameworkNetwork), nameof(ReactorNetwork)];

    public static INetwork Of(string name) => name == nameof(ReactorNetwork) ? reactors! : portable;

    public static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(64);
        return listener;
    }

    /// <summary>A stream, and what it is connected with.</summary>
    /// <param name="network">The stream's.</param>
    /// <param name="buffer">How large the kernel's buffers are, of each end.</param>
    public static async Task<(SocketStream Stream, Socket Peer)> ConnectAsync(INetwork network, int? buffer = null)
    {
        using var listener = Listen();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (buffer is { } size)
            listener.ReceiveBufferSize = listener.SendBufferSize = socket.ReceiveBufferSize = socket.SendBufferSize = size;
        var stream = await network.ConnectAsync(socket, (IPEndPoint)listener.LocalEndPoint!, CancellationToken.None).AsTask().WaitAsync(Limit);
        return (stream, await listener.AcceptAsync().WaitAsync(Limit));
    }

    /// <summary>Bytes that follow from a number.</summary>
    public static byte[] Bytes(int seed, int count)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void Same(byte[] expected, byte[] actual) => Assert.True(expected.AsSpan().SequenceEqual(actual), $"{actual.Length} bytes are not the {expected.Length} that were sent");

    /// <summary>Does something again and again, a few at a time.</summary>
    public static Task ManyAsync(int times, Func<int, Task> what) =>
        Parallel.ForAsync(0, times, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await what(i));

    /// <summary>Reads to the end, in pieces of random sizes.</summary>
    public static async Task<byte[]> ReadToEndAsync(Func<Memory<byte>, ValueTask<int>> read, int seed)
    {
        var random = new Random(seed);
        using var all = new MemoryStream();
        var buffer = new byte[40_000];
        while (await read(buffer.AsMemory(0, random.Next(1, buffer.Length))).AsTask().WaitAsync(Limit) is var count and > 0)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    /// <summary>Writes all of it, in pieces of random sizes.</summary>
    public static async Task WriteAsync(Func<ReadOnlyMemory<byte>, ValueTask> write, ReadOnlyMemory<byte> bytes, int seed)
    {
        for (var random = new Random(seed); !bytes.IsEmpty;)
        {
            var piece = bytes[..Math.Min(bytes.Length, random.Next(1, 100_000))];
            await write(piece).AsTask().WaitAsync(Limit);
            bytes = bytes[piece.Length..];
        }
    }
}
