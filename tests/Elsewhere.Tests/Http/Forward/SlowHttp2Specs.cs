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
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task P13_windows_that_stay_shut_or_open_byte_by_byte_end_the_connection_and_the_work_behind_it(int window, bool dribbles)
    {
        const int streams = 50;
        var body = new string('x', 100_000);
        using var origin = new RawOrigin(RawOrigin.Answer(body));
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, (byte)window);
        for (var i = 0; i < streams; i++)
            await client.SendAsync(RawHttp2.Headers((2 * i) + 1, RawHttp2.Request(authority: "slow")));
        Assert.Equal(body, await rig.Client("shop/other").GetStringAsync("http://other/"));

        var read = 0;
        while (await client.ReadAsync() is { } frame)
        {
            read += frame.Type == FrameType.Data ? frame.Payload.Length : 0;
            if (dribbles && frame.Type == FrameType.Data)
                await Ignoring(client.SendAsync(RawHttp2.Frame(FrameType.WindowUpdate, 0, frame.Stream, RawHttp2.Number(1))));
        }

        Assert.InRange(read, 0, streams * body.Length / 2);
        Assert.NotEqual(0, rig.Refused(ClientRefusals.ReadsTooSlowly));
        Assert.All(rig.Server.Faults.All, static fault => Assert.Equal("slow", fault.Alias?.Name));
        Assert.Equal(body, await rig.Client("shop/other").GetStringAsync("http://other/"));
        await Eventually.TrueAsync(() => rig.Server.Requests == 0, "nothing is under way any more");
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
