using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Http1;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Http2;

/// <summary>Each flood ends its own connection; another one is served meanwhile.</summary>
public sealed class FloodSpecs
{
    private static readonly byte[] Request = RawHttp2.Request();

    public static TheoryData<string> Resets() => ["RST_STREAM", "WINDOW_UPDATE of nothing", "WINDOW_UPDATE beyond the limit", "DATA behind the end", "a priority on itself", "a forbidden field"];

    public static TheoryData<string> Useless() => ["SETTINGS", "PING", "PRIORITY", "WINDOW_UPDATE", "empty DATA", "unknown frames", "empty CONTINUATION", "CONTINUATION"];

    /// <summary>CVE-2023-44487, and CVE-2025-8671 where the server is made to reset.</summary>
    [Theory]
    [MemberData(nameof(Resets))]
    public async Task P10_P11_streams_that_are_reset_as_soon_as_they_are_opened_end_the_connection(string kind)
    {
        var running = 0;
        var most = 0;
        await using var server = await StartAsync(async context =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await GuardedKestrel.EchoAsync(context);
            Interlocked.Decrement(ref running);
        });

        await AssertEndsAsync(server, [], stream => kind switch
        {
            "RST_STREAM" => [.. RawHttp2.Headers(stream, Request), .. RawHttp2.Frame(FrameType.ResetStream, 0, stream, RawHttp2.Number(8))],
            "WINDOW_UPDATE of nothing" => [.. RawHttp2.Headers(stream, Request, end: false), .. RawHttp2.Frame(FrameType.WindowUpdate, 0, stream, RawHttp2.Number(0))],
            "WINDOW_UPDATE beyond the limit" => [.. RawHttp2.Headers(stream, Request, end: false), .. RawHttp2.Frame(FrameType.WindowUpdate, 0, stream, RawHttp2.Number(int.MaxValue))],
            "DATA behind the end" => [.. RawHttp2.Headers(stream, Request), .. RawHttp2.Frame(FrameType.Data, 0, stream, "x"u8)],
            "a priority on itself" => [.. RawHttp2.Headers(stream, Request, end: false), .. RawHttp2.Frame(FrameType.Priority, 0, stream, [.. RawHttp2.Number(stream), 1])],
            _ => RawHttp2.Headers(stream, RawHttp2.Request(more: ("connection", "close"))),
        });
        Assert.InRange(most, 0, 1000);
    }

    /// <summary>CVE-2019-9512, -9515, -9518, VU#421644.</summary>
    [Theory]
    [MemberData(nameof(Useless))]
    public async Task P12_P13_frames_that_are_of_no_use_end_the_connection(string kind)
    {
        await using var server = await StartAsync(GuardedKestrel.EchoAsync);
        var (first, frame) = kind switch
        {
            "SETTINGS" => ([], RawHttp2.Frame(FrameType.Settings, 0, 0, [])),
            "PING" => ([], RawHttp2.Frame(FrameType.Ping, 0, 0, new byte[8])),
            "PRIORITY" => ([], RawHttp2.Frame(FrameType.Priority, 0, 1, [0, 0, 0, 3, 1])),
            "WINDOW_UPDATE" => ([], RawHttp2.Frame(FrameType.WindowUpdate, 0, 0, RawHttp2.Number(1))),
            "empty DATA" => (RawHttp2.Headers(1, RawHttp2.Request("POST"), end: false), RawHttp2.Frame(FrameType.Data, 0, 1, [])),
            "unknown frames" => ([], RawHttp2.Frame((FrameType)0x77, 0, 0, [])),
            "empty CONTINUATION" => (RawHttp2.Frame(FrameType.Headers, Frame.EndStream, 1, Request), RawHttp2.Frame(FrameType.Continuation, 0, 1, [])),
            _ => (RawHttp2.Frame(FrameType.Headers, Frame.EndStream, 1, Request), RawHttp2.Frame(FrameType.Continuation, 0, 1, RawHttp2.Fields(("x", "y")))),
        };

        await AssertEndsAsync(server, first, _ => frame);
        Assert.Equal("http2-flood", Assert.Single(server.Refusals).Code);
    }

    [Theory]
    [InlineData("a long field, referred to ten thousand times")]
    [InlineData("a thousand crumbs of cookies")]
    [InlineData("a field of 200,000 bytes")]
    public async Task P12_a_head_that_is_small_on_the_wire_and_large_behind_it_is_refused(string kind)
    {
        await using var server = await StartAsync(GuardedKestrel.EchoAsync);
        using var client = await RawHttp2.ConnectAsync(server.Address);
        byte[] indexed = [0x40, 1, (byte)'a', 127, 0x81, 0x1e, .. Enumerable.Repeat((byte)'v', 127 + 1 + (0x1e * 128))];
        byte[] fields = kind switch
        {
            "a long field, referred to ten thousand times" => [.. Request, .. indexed, .. Enumerable.Repeat((byte)0xbe, 10_000)],
            "a thousand crumbs of cookies" => [.. Request, .. Enumerable.Range(0, 1000).SelectMany(_ => RawHttp2.Fields(("cookie", "a")))],
            _ => [.. Request, .. RawHttp2.Fields(("x-long", new string('a', 200_000)))],
        };

        var parts = fields.Chunk(16_000).ToArray();
        var sending = client.FloodAsync(parts.Length, i => RawHttp2.Frame(
            i == 0 ? FrameType.Headers : FrameType.Continuation, (byte)((i == 0 ? Frame.EndStream : 0) | (i == parts.Length - 1 ? Frame.EndHeaders : 0)), 1, parts[i]));
        var end = await client.ReadUntilAsync(f => f.Type is FrameType.GoAway or FrameType.ResetStream or FrameType.Headers);

        Assert.Equal(FrameType.GoAway, end?.Type);
        _ = await sending;
        await Eventually.TrueAsync(() => server.Refusals.Select(static refusal => refusal.Code).SequenceEqual(["http2-malformed"]), "it is told");
    }

    [Fact]
    public async Task P12_the_longest_field_is_the_same_in_either_version()
    {
        await using var server = await StartAsync(GuardedKestrel.EchoAsync);
        using var client = await RawHttp2.ConnectAsync(server.Address);
        byte[][] parts = [.. RawHttp2.Request(more: ("x-long", new string('a', 60_000))).Chunk(16_000)];

        for (var i = 0; i < parts.Length; i++)
            await client.SendAsync(RawHttp2.Frame(i == 0 ? FrameType.Headers : FrameType.Continuation, (byte)((i == 0 ? Frame.EndStream : 0) | (i == parts.Length - 1 ? Frame.EndHeaders : 0)), 1, parts[i]));

        Assert.NotNull(await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers));
        Assert.Empty(server.Refusals);
    }

    [Fact]
    public async Task A_client_that_pings_and_opens_windows_while_it_takes_data_is_let_be()
    {
        await using var server = await StartAsync(async context =>
        {
            for (var i = 0; i < 400; i++)
                await context.Response.Body.WriteAsync(new byte[16_384]);
        });
        using var client = await RawHttp2.ConnectAsync(server.Address);
        for (var stream = 1; stream < 10; stream += 2)
        {
            await client.SendAsync(RawHttp2.Headers(stream, Request));
            while (await client.ReadAsync() is { } frame && !(frame.Type == FrameType.Data && (frame.Flags & Frame.EndStream) != 0))
            {
                Assert.NotEqual(FrameType.GoAway, frame.Type);
                if (frame.Type != FrameType.Data || frame.Payload.Length == 0)
                    continue;
                var window = RawHttp2.Number(frame.Payload.Length);
                await client.SendAsync([.. RawHttp2.Frame(FrameType.WindowUpdate, 0, 0, window), .. RawHttp2.Frame(FrameType.WindowUpdate, 0, stream, window),
                    .. RawHttp2.Frame(FrameType.Ping, 0, 0, new byte[8])]);
            }
        }

        Assert.Empty(server.Refusals);
    }

    private static Task<GuardedKestrel> StartAsync(RequestDelegate application) => GuardedKestrel.StartAsync(application, protocols: HttpProtocols.Http2);

    private static async Task AssertEndsAsync(GuardedKestrel server, byte[] first, Func<int, byte[]> frames)
    {
        using var client = await RawHttp2.ConnectAsync(server.Address);
        await client.SendAsync(first);
        var flooding = client.FloodAsync(2_000_000, i => frames((2 * i) + 1));
        var reading = client.ReadUntilAsync(_ => false);

        using var other = await RawHttp2.ConnectAsync(server.Address);
        await other.SendAsync(RawHttp2.Headers(1, Request));
        Assert.NotNull(await other.ReadUntilAsync(f => f.Type == FrameType.Headers));

        Assert.Null(await reading);
        Assert.True(await flooding, "two million went through");
    }
}
