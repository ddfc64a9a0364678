using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using Elsewhere.Http.Forward;
using Elsewhere.Tests.Http.Http1;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>WebSockets: their frames as they came, and a goodbye when the gateway ends.</summary>
public sealed class WebSocketSpecs
{
    private const string Upgrade = "GET / HTTP/1.1\r\nHost: ws\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    private const string Switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task P22_a_million_frames_of_all_kinds_pass_byte_by_byte_with_their_extensions()
    {
        const int rounds = 25;
        var (down, up) = (Frames(1, 20_000, masked: false), Frames(2, 20_000, masked: true));
        var heard = new TaskCompletionSource<byte[]>();
        using var origin = new RawOrigin(async request =>
        {
            Assert.Equal("permessage-deflate; client_max_window_bits", request.Field("Sec-WebSocket-Extensions"));
            await request.SendAsync(Switched);
            var sending = RepeatAsync(request.Stream, down, rounds);
            heard.SetResult(await HashAsync(request.Stream, (long)rounds * up.Length));
            await sending;
            await request.Stream.CopyToAsync(Stream.Null);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/ws", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/ws"), CancellationToken.None);
        await socket.SendAsync(Upgrade);
        Assert.Contains("Sec-WebSocket-Extensions: permessage-deflate\r\n", await socket.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);

        using var stream = new NetworkStream(socket);
        var sending = RepeatAsync(stream, up, rounds);
        var all = await HashAsync(stream, (long)rounds * down.Length);
        await sending;

        Assert.Equal(HashOf(down, rounds), all);
        Assert.Equal(HashOf(up, rounds), await heard.Task.WaitAsync(deadline));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task P22_O1_when_the_gateway_ends_both_sides_hear_that_it_goes_away(int version)
    {
        var status = new TaskCompletionSource<WebSocketCloseStatus?>();
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                var received = await socket.ReceiveAsync(new byte[10].AsMemory(), CancellationToken.None);
                Assert.Equal(WebSocketMessageType.Close, received.MessageType);
                status.SetResult(socket.CloseStatus);
                await socket.CloseAsync(socket.CloseStatus!.Value, "", CancellationToken.None);
            },
            HttpProtocols.Http1);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/ws", $"http://127.0.0.1:{origin.Port}"));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = new Version(version, version == 1 ? 1 : 0);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        using var invoker = rig.Client("shop/ws");
        using var limit = new CancellationTokenSource(deadline);
        await socket.ConnectAsync(new Uri("ws://ws/"), invoker, limit.Token);

        var drain = rig.Server.DrainAsync(deadline);
        var received = await socket.ReceiveAsync(new byte[10].AsMemory(), limit.Token);

        Assert.Equal(WebSocketMessageType.Close, received.MessageType);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, socket.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "", limit.Token);
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await status.Task.WaitAsync(deadline));
        Assert.Equal(0, await drain);
    }

    [Fact]
    public async Task P22_O1_the_goodbye_comes_behind_the_frame_that_is_under_way_and_nothing_behind_it()
    {
        var (half, whole) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(Switched + "\u0082\u0004ab");
            await whole.Task;
            await request.SendAsync("cd\u0082\u0001z");
            half.SetResult();
            await request.Stream.CopyToAsync(Stream.Null);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/ws", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/ws"), CancellationToken.None);
        await socket.SendAsync(Upgrade);
        _ = await socket.ReadUntilAsync("\r\n\r\n\u0082\u0004ab");

        var drain = rig.Server.DrainAsync(deadline);
        whole.SetResult();
        await half.Task.WaitAsync(deadline);
        Assert.Equal("cd\x88\x02\x03\xe9", await socket.ReadUntilAsync("\x03\xe9"));
        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("", await socket.ReadRestAsync());
        Assert.Equal(0, await drain);
    }

    [Fact]
    public void P22_frames_begin_where_they_begin_however_they_are_cut()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var starts = new List<int>();
            var bytes = Frames(seed, 20, masked: seed % 2 == 0, starts);
            var frames = new WebSocketFrames();
            var seen = new List<int> { 0 };
            for (var at = 0; at < bytes.Length;)
            {
                var piece = bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(1, 200)));
                for (var taken = 0; taken < piece.Length;)
                {
                    taken += frames.Read(piece[taken..]);
                    if (frames.IsBetween)
                        seen.Add(at + taken);
                }

                at += piece.Length;
            }

            Assert.Equal([.. starts, bytes.Length], seen);
        }
    }

    private static async Task RepeatAsync(NetworkStream to, byte[] bytes, int times)
    {
        for (var i = 0; i < times; i++)
            await to.WriteAsync(bytes);
    }

    private static async Task<byte[]> HashAsync(NetworkStream from, long length)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = new byte[1 << 16];
        while (length > 0)
        {
            var count = await from.ReadAsync(piece.AsMemory(0, (int)Math.Min(length, piece.Length)), limit.Token);
            Assert.NotEqual(0, count);
            hash.AppendData(piece.AsSpan(0, count));
            length -= count;
        }

        return hash.GetHashAndReset();
    }

    private static byte[] HashOf(byte[] bytes, int times)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < times; i++)
            hash.AppendData(bytes);
        return hash.GetHashAndReset();
    }

    // Random frames: any opcode but close, any flags, any of the three lengths.
    private static byte[] Frames(int seed, int count, bool masked, List<int>? starts = null)
    {
        var random = new Random(seed);
        using var all = new MemoryStream();
        for (var i = 0; i < count; i++)
        {
            starts?.Add((int)all.Length);
            var length = random.Next(20) switch { 0 => random.Next(126, 2000), 1 when i % 50 == 0 => random.Next(65_536, 70_000), _ => random.Next(126) };
            all.WriteByte((byte)((random.Next(16) << 4) | new[] { 0, 1, 2, 9, 10 }[random.Next(5)]));
            var mask = masked ? 0x80 : 0;
            if (length < 126)
            {
                all.WriteByte((byte)(mask | length));
            }
            else
            {
                all.WriteByte((byte)(mask | (length < 65_536 ? 126 : 127)));
                all.Write(length < 65_536 ? [(byte)(length >> 8), (byte)length] : [0, 0, 0, 0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
            }

            var rest = new byte[length + (masked ? 4 : 0)];
            random.NextBytes(rest);
            all.Write(rest);
        }

        return all.ToArray();
    }
}
