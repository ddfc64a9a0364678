using Elsewhere.Http.Forward;
using Elsewhere.Http.Http1;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Http2;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Clients of HTTP/2 that shut their windows, or open them byte by byte; a neighbour is served meanwhile.</summary>
public sealed class SlowHttp2Specs
{
    private static readonly ClientLimits impatient = new() { Http = new Http1Limits { RateGrace = TimeSpan.FromSeconds(1.1), MinimumRate = 100_000_000, HeadTimeout = TimeSpan.FromSeconds(1) } };

    [Theory]
    [InlineData(0, false, ClientRefusals.TakesNothing)]
    [InlineData(1, false, ClientRefusals.TakesNothing)]
    [InlineData(1, true, ClientRefusals.ReadsTooSlowly)]
    public async Task P13_windows_that_stay_shut_or_open_byte_by_byte_end_their_streams_and_the_work_behind_them_and_not_the_connection(int window, bool dribbles, string code)
    {
        const int streams = 50;
        var body = new string('x', 100_000);
        using var origin = new RawOrigin(RawOrigin.Answer(body));
        await using var rig = await GatewayRig.StartAsync(
            impatient with { Stall = TimeSpan.FromSeconds(2) }, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, (byte)window);
        for (var i = 0; i < streams; i++)
            await client.SendAsync(RawHttp2.Headers((2 * i) + 1, RawHttp2.Request(authority: "slow")));
        Assert.Equal(body, await rig.Client("shop/other").GetStringAsync("http://other/"));

        var (read, resets) = (0, 0);
        while (resets < streams)
        {
            var frame = await client.ReadAsync();
            Assert.True(frame is { Type: not FrameType.GoAway }, "the connection goes on");
            resets += frame.Type == FrameType.ResetStream ? 1 : 0;
            read += frame.Type == FrameType.Data ? frame.Payload.Length : 0;
            if (dribbles && frame.Type == FrameType.Data)
                await Ignoring(client.SendAsync(RawHttp2.Frame(FrameType.WindowUpdate, 0, frame.Stream, RawHttp2.Number(1))));
        }

        Assert.InRange(read, 0, streams * body.Length / 2);
        await Eventually.TrueAsync(() => rig.Refused(code) == streams, "each is counted");
        Assert.All(rig.Server.Faults.All, static fault => Assert.Equal("slow", fault.Alias?.Name));
        await client.SendAsync([.. RawHttp2.Headers(1001, RawHttp2.Request("HEAD", authority: "slow"))]);
        Assert.NotNull(await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers && frame.Stream == 1001));
        Assert.Equal(body, await rig.Client("shop/other").GetStringAsync("http://other/"));
        await Eventually.TrueAsync(() => rig.Server.Requests == 0, "nothing is under way any more");
    }

    [Fact]
    public async Task P16_P13_a_client_that_opens_its_windows_and_takes_nothing_of_the_connection_is_cut_off_and_named()
    {
        const int streams = 50, length = 1_000_000;
        using var origin = new RawOrigin(RawOrigin.Answer(new string('x', length)));
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0x7f, 0xff, 0xff, 0xff);
        await client.SendAsync(RawHttp2.Frame(FrameType.WindowUpdate, 0, 0, RawHttp2.Number(int.MaxValue - 65_535)));

        for (var i = 0; i < streams; i++)
            await client.SendAsync(RawHttp2.Headers((2 * i) + 1, RawHttp2.Request(authority: "slow")));

        await Eventually.TrueAsync(() => rig.Refused(ClientRefusals.ReadsTooSlowly) == 1 && rig.Server.Requests == 0, "it is cut off, and nothing is under way any more");
        Assert.Equal("slow", rig.Server.Faults.All.Single().Alias?.Name);
        Assert.Equal(length, (await rig.Client("shop/other").GetStringAsync("http://other/")).Length);
    }

    [Fact]
    public async Task P16_P13_a_header_block_that_does_not_end_ends_the_connection()
    {
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", "http://127.0.0.1:1"));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"));

        await client.SendAsync(RawHttp2.Frame(FrameType.Headers, Frame.EndStream, 1, RawHttp2.Request(authority: "slow")));

        Assert.Null(await client.ReadUntilAsync(_ => false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P10_P11_a_flood_of_resets_is_counted_and_gives_the_origin_no_more_than_its_streams(bool byServer)
    {
        var running = 0;
        var most = 0;
        using var origin = new RawOrigin(async request =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await request.Stream.CopyToAsync(Stream.Null);
            Interlocked.Decrement(ref running);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/flooded", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/flooded"));
        var fields = RawHttp2.Request(authority: "flooded");

        var flooding = client.FloodAsync(200_000, i => byServer
            ? [.. RawHttp2.Headers((2 * i) + 1, fields, end: false), .. RawHttp2.Frame(FrameType.WindowUpdate, 0, (2 * i) + 1, RawHttp2.Number(0))]
            : [.. RawHttp2.Headers((2 * i) + 1, fields), .. RawHttp2.Frame(FrameType.ResetStream, 0, (2 * i) + 1, RawHttp2.Number(8))]);

        Assert.Null(await client.ReadUntilAsync(_ => false));
        Assert.True(await flooding);
        await Eventually.TrueAsync(() => rig.Server.Requests == 0 && Volatile.Read(ref running) == 0, "nothing is under way any more");
        Assert.InRange(most, 0, 400);

        // What the server resets may be too wrong for the connection, before it is too much.
        Assert.InRange(rig.Refused(ClientRefusals.Http2Flood), byServer ? 0 : 1, 1);
        Assert.All(rig.Server.Faults.All, static fault => Assert.Equal("flooded", fault.Alias?.Name));
    }

    private static async Task Ignoring(Task sending)
    {
        try
        {
            await sending;
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Cut off.
        }
    }
}
