using System.Net.Sockets;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Http1;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Http1;
using Elsewhere.Tests.Http.Http2;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Clients that take nothing of an answer, and those that only seem to.</summary>
public sealed class StalledClientSpecs
{
    private const int Huge = 1_000_000_000;
    private static readonly TimeSpan limit = TimeSpan.FromSeconds(20);

    // The rate that the server itself looks after is out of the way.
    private static readonly ClientLimits impatient = new() { Stall = TimeSpan.FromSeconds(1), Http = new Http1Limits { RateGrace = TimeSpan.FromMinutes(9), MinimumRate = 1 } };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P16_a_client_of_HTTP_1_1_that_takes_nothing_is_cut_off_and_named_and_the_origin_is_told(bool secure)
    {
        using var gone = new CountdownEvent(1);
        using var origin = Endless(gone);
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var answer = await rig.Client("shop/slow", secure ? GatewayRig.Secure : GatewayRig.Plain)
            .GetAsync(secure ? "https://slow/" : "http://slow/", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("here", await rig.Client("shop/other").GetStringAsync("http://other/other"));

        Assert.True(await Task.Run(() => gone.Wait(limit)));

        await Eventually.TrueAsync(() => rig.Refused(ClientRefusals.TakesNothing) == 1, "it is counted");
        Assert.Equal("slow", rig.Server.Faults.All.Single().Alias?.Name);
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await answer.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task P16_P13_a_stream_of_HTTP_2_that_takes_nothing_is_reset_and_the_one_beside_it_goes_on()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(request.Line.Contains("/short", StringComparison.Ordinal) ? "short" : new string('x', 200_000))));
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, 100);
        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: "slow")));

        var reset = client.ReadUntilAsync(frame => frame.Type is FrameType.ResetStream or FrameType.GoAway);
        await Eventually.TrueAsync(() => rig.Refused(ClientRefusals.TakesNothing) == 1, "the stream is given up");

        Assert.Equal((FrameType.ResetStream, 1), ((await reset)?.Type, (await reset)?.Stream));
        await client.SendAsync(RawHttp2.Headers(3, RawHttp2.Request(authority: "slow", path: "/short")));
        Assert.Equal("short"u8.ToArray(), (await client.ReadUntilAsync(frame => frame.Type == FrameType.Data && frame.Stream == 3))?.Payload);
        await Eventually.TrueAsync(() => rig.Server.Requests == 0, "nothing is under way any more");
    }

    [Theory]
    [InlineData("slow", 1)]
    [InlineData("slow", 5_000)]
    [InlineData("slow", 60_000)]
    [InlineData("slow", 65_536)]
    [InlineData("unknown", 0)]
    public async Task P16_P13_a_whole_answer_that_the_server_holds_for_a_shut_window_is_given_up_by_name_and_the_connection_lives_on(string host, int length)
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(request.Line.Contains("/short", StringComparison.Ordinal) ? "short" : new string('x', length))));
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, 0);
        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: host)));

        var reset = await client.ReadUntilAsync(frame => frame.Type is FrameType.ResetStream or FrameType.GoAway or FrameType.Data);

        Assert.Equal((FrameType.ResetStream, 1), (reset?.Type, reset?.Stream));
        await Eventually.TrueAsync(() => rig.Refused(ClientRefusals.TakesNothing) == 1, "it is counted");
        Assert.Equal("slow", rig.Server.Faults.All.Single().Alias?.Name);
        await client.SendAsync([.. RawHttp2.Headers(3, RawHttp2.Request(authority: "slow", path: "/short")), .. RawHttp2.Frame(FrameType.WindowUpdate, 0, 3, RawHttp2.Number(5))]);
        Assert.Equal("short"u8.ToArray(), (await client.ReadUntilAsync(frame => frame.Type == FrameType.Data && frame.Stream == 3))?.Payload);
        await Eventually.TrueAsync(() => rig.Server.Requests == 0, "nothing is under way any more");
    }

    [Fact]
    public async Task P16_P13_a_client_that_gives_up_what_it_had_no_room_for_is_not_waited_for_and_no_fault()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("short"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/slow", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, 0);
        using var gone = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, 0);
        foreach (var (one, host) in new[] { (client, "slow"), (client, "unknown"), (gone, "slow"), (gone, "unknown") })
        {
            await one.SendAsync(RawHttp2.Headers(host == "slow" ? 1 : 3, RawHttp2.Request(authority: host)));
            Assert.NotNull(await one.ReadUntilAsync(static frame => frame.Type == FrameType.Headers));
        }

        Assert.Equal(4, rig.Server.Requests);
        await client.SendAsync([.. RawHttp2.Frame(FrameType.ResetStream, 0, 1, RawHttp2.Number(8)), .. RawHttp2.Frame(FrameType.ResetStream, 0, 3, RawHttp2.Number(8))]);
        gone.Dispose();

        await Eventually.TrueAsync(() => rig.Server.Requests == 0, "nothing is under way any more");
        Assert.Empty(rig.Server.Faults.All);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(1_000_000)]
    public async Task P16_P13_a_stream_whose_window_opens_byte_by_byte_is_not_stalled(int length)
    {
        using var origin = new RawOrigin(RawOrigin.Answer(new string('x', length)));
        await using var rig = await GatewayRig.StartAsync(
            impatient with { Stall = TimeSpan.FromSeconds(4) }, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/slow"), 0, 4, 0, 0, 0, 1);
        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: "slow")));
        Assert.NotNull(await client.ReadUntilAsync(frame => frame.Type == FrameType.Data));
        using var stalled = await RawHttp2.ConnectAsync(rig.At("shop/other"), 0, 4, 0, 0, 0, 0);
        await stalled.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: "other")));

        // The one beside it shows that it takes long enough.
        while (rig.Server.Faults.All.IsEmpty)
        {
            await client.SendAsync(RawHttp2.Frame(FrameType.WindowUpdate, 0, 1, RawHttp2.Number(1)));
            Assert.Equal(FrameType.Data, (await client.ReadUntilAsync(frame => frame.Type is FrameType.Data or FrameType.ResetStream))?.Type);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }

        Assert.Equal("other", rig.Server.Faults.All.Single().Alias?.Name);
        await client.SendAsync(RawHttp2.Frame(FrameType.WindowUpdate, 0, 1, RawHttp2.Number(1)));
        Assert.Equal(FrameType.Data, (await client.ReadUntilAsync(frame => frame.Type is FrameType.Data or FrameType.ResetStream))?.Type);
    }

    [Fact]
    public async Task P16_a_client_that_takes_a_little_now_and_then_is_not_stalled_nor_is_its_origin_silent()
    {
        using var gone = new CountdownEvent(2);
        using var origin = Endless(gone);
        var slow = GatewayRig.Alias("shop/slow", origin.Url);
        await using var rig = await GatewayRig.StartAsync(
            impatient, slow with { Http = HttpView.Default with { Timeouts = TimeoutsView.Default with { Idle = impatient.Stall } } },
            GatewayRig.Alias("shop/other", origin.Url));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(rig.At("shop/slow"));
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: slow\r\n\r\n");
        using var stalled = await rig.Client("shop/other").GetAsync("http://other/", HttpCompletionOption.ResponseHeadersRead);

        // Between two of these pieces the gateway writes nothing: what lies on the way is a thousand times as much. The one beside it shows that it takes long enough.
        var piece = new byte[1024];
        while (rig.Server.Faults.All.IsEmpty)
        {
            Assert.NotEqual(0, await socket.ReceiveAsync(piece).WaitAsync(limit));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }

        Assert.Equal("other", rig.Server.Faults.All.Single().Alias?.Name);
        Assert.NotEqual(0, await socket.ReceiveAsync(piece).WaitAsync(limit));
        await Eventually.TrueAsync(() => rig.Server.Requests == 1, "the other one has ended, and this one goes on");
    }

    [Fact]
    public async Task P16_P23_an_answer_that_has_nothing_to_say_is_not_stalled()
    {
        var go = new TaskCompletionSource();
        using var gone = new CountdownEvent(1);
        using var endless = Endless(gone);
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
            await go.Task;
            await request.SendAsync("data: 2\n\n");
            request.Stream.Close();
        });
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", endless.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/slow"), CancellationToken.None);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: slow\r\nConnection: close\r\n\r\n");
        _ = await socket.ReadUntilAsync("data: 1");

        // The one beside it begins later, and is cut off.
        using var stalled = await rig.Client("shop/other").GetAsync("http://other/", HttpCompletionOption.ResponseHeadersRead);
        await Eventually.TrueAsync(() => rig.Refused(ClientRefusals.TakesNothing) == 1, "a stall has passed");
        go.SetResult();

        Assert.Contains("data: 2", await socket.ReadRestAsync(), StringComparison.Ordinal);
        Assert.Equal("other", rig.Server.Faults.All.Single().Alias?.Name);
    }

    private static RawOrigin Endless(CountdownEvent gone) => new(async request =>
    {
        if (request.Line.StartsWith("GET /other", StringComparison.Ordinal))
        {
            await request.SendAsync(RawOrigin.Answer("here"));
            return;
        }

        try
        {
            await request.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/x\r\nContent-Length: {Huge}\r\n\r\n");
            while (true)
                await request.Stream.WriteAsync(new byte[1 << 16]);
        }
        finally
        {
            gone.Signal();
        }
    });
}
