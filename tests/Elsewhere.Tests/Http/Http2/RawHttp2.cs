using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Tests.Http.Relay;

namespace Elsewhere.Tests.Http.Http2;

/// <summary>Types of frames (RFC 9113 section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>One frame.</summary>
internal sealed record Frame(FrameType Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte EndStream = 1, Ack = 1, EndHeaders = 4;

    /// <summary>The error of RST_STREAM and GOAWAY.</summary>
    public int Error => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == FrameType.GoAway ? 4 : 0));
}

/// <summary>Speaks HTTP/2 in frames, in clear and with prior knowledge, and follows no rule.</summary>
internal sealed class RawHttp2 : IDisposable
{
    public const int ProtocolError = 1, EnhanceYourCalm = 11;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Socket socket;
    private readonly Stream stream;

    private RawHttp2(Socket socket, Stream? secure = null)
    {
        this.socket = socket;
        stream = secure ?? new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<RawHttp2> ConnectAsync(IPEndPoint address, params byte[] settings)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        var client = new RawHttp2(socket);
        await client.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(FrameType.Settings, 0, 0, settings)]);
        return client;
    }

    /// <summary>By TLS.</summary>
    public static async Task<RawHttp2> ConnectAsync(IPEndPoint address, SslClientAuthenticationOptions options)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        var secure = new SslStream(new NetworkStream(socket, ownsSocket: true));
        options.ApplicationProtocols = [SslApplicationProtocol.Http2];
        await secure.AuthenticateAsClientAsync(options);
        var client = new RawHttp2(socket, secure);
        await client.SendAsync([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(FrameType.Settings, 0, 0, [])]);
        return client;
    }

    /// <summary>The side of a server: reads the preface, and sends settings unless they are null.</summary>
    public static async Task<RawHttp2> AcceptAsync(Socket socket, byte[]? settings)
    {
        var server = new RawHttp2(socket);
        await server.stream.ReadExactlyAsync(new byte[24]);
        if (settings is not null)
            await server.SendAsync(Frame(FrameType.Settings, 0, 0, settings));
        return server;
    }

    public static byte[] Frame(FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>Field lines as HPACK literals that are not indexed (RFC 7541 section 6.2.2); a byte for each character.</summary>
    public static byte[] Fields(params (string Name, string Value)[] fields)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in fields)
        {
            block.WriteByte(0);
            WriteText(block, name);
            WriteText(block, value);
        }

        return block.ToArray();
    }

    /// <summary>The fields of a request, and more.</summary>
    public static byte[] Request(string method = "GET", string path = "/", string authority = "a", string scheme = "http", params (string, string)[] more) =>
        Fields([(":method", method), (":scheme", scheme), (":path", path), (":authority", authority), .. more]);

    public static byte[] Headers(int stream, byte[] fields, bool end = true) =>
        Frame(FrameType.Headers, (byte)(Http2.Frame.EndHeaders | (end ? Http2.Frame.EndStream : 0)), stream, fields);

    public static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public Task SendAsync(byte[] bytes) => stream is SslStream ? stream.WriteAsync(bytes).AsTask() : socket.SendAllAsync(bytes);

    /// <summary>Sends what a function makes, over and over, a hundred at once, until the connection ends; false if it did not.</summary>
    public async Task<bool> FloodAsync(int times, Func<int, byte[]> make)
    {
        try
        {
            foreach (var some in Enumerable.Range(0, times).Chunk(100))
                await SendAsync([.. some.SelectMany(make)]);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>The next frame; null when the connection has ended, however.</summary>
    public async Task<Frame?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Deadline);
        try
        {
            var head = new byte[9];
            await stream.ReadExactlyAsync(head, limit.Token);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
            await stream.ReadExactlyAsync(payload, limit.Token);
            return new((FrameType)head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (Exception e) when (e is IOException or EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Reads until a frame is the one, and gives it; null when the connection has ended before.</summary>
    public async Task<Frame?> ReadUntilAsync(Func<Frame, bool> isIt)
    {
        while (await ReadAsync() is { } frame)
        {
            if (isIt(frame))
                return frame;
        }

        return null;
    }

    public void Dispose() => stream.Dispose();

    private static void WriteText(MemoryStream block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < 127)
        {
            block.WriteByte((byte)bytes.Length);
        }
        else
        {
            block.WriteByte(127);
            var rest = bytes.Length - 127;
            for (; rest >= 128; rest >>= 7)
                block.WriteByte((byte)((rest & 127) | 128));
            block.WriteByte((byte)rest);
        }

        block.Write(bytes);
    }
}
