using System.Text;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Http1;
using Elsewhere.Tests.Http.Http2;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Origins that answer before they have read the request, say something in between, or want to be asked first.</summary>
public sealed class EarlyAnswerSpecs
{
    private const string Next = "GET /next HTTP/1.1\r\nHost: up\r\nConnection: close\r\n\r\n";
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("Content-Length: 10000000", "")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nhello\r\n")]
    public async Task P6_an_answer_that_comes_before_the_body_is_passed_on_at_once(string framing, string first)
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(RawOrigin.Answer("too large", status: "413 Content Too Large"));
            if (request.Line.StartsWith("POST", StringComparison.Ordinal))
                _ = await request.Stream.ReadAsync(new byte[1]);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/up"), default);

        await socket.SendAsync($"POST / HTTP/1.1\r\nHost: up\r\n{framing}\r\n\r\n{first}");

        Assert.StartsWith("HTTP/1.1 413 ", await socket.ReadUntilAsync("too large"), StringComparison.Ordinal);
        Assert.EndsWith("too large", await rig.RawAsync("shop/up", Next), StringComparison.Ordinal);
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task P6_the_rest_of_a_body_after_an_early_answer_is_nobodys_request()
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(RawOrigin.Answer(request.Line, status: "401 Unauthorized"));
            if (request.Field("Content-Length") is not null)
                await request.BodyAsync();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/up"), default);
        const string smuggled = "GET /smuggled HTTP/1.1\r\nHost: up\r\n\r\n";

        await socket.SendAsync($"POST / HTTP/1.1\r\nHost: up\r\nContent-Length: {smuggled.Length + 3}\r\n\r\n");
        Assert.Contains("401", await socket.ReadUntilAsync("POST / HTTP/1.1"), StringComparison.Ordinal);
        await socket.SendAsync($"abc{smuggled}{Next}");

        Assert.EndsWith("GET /next HTTP/1.1", await socket.ReadRestAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(origin.Requests, request => request.Line.Contains("smuggled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task P6_both_ways_run_at_the_same_time()
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < 3; i++)
            {
                var chunk = new byte[6];
                await request.Stream.ReadExactlyAsync(chunk);
                await request.SendAsync(Encoding.Latin1.GetString(chunk));
            }

            var end = new byte[5];
            await request.Stream.ReadExactlyAsync(end);
            await request.SendAsync(Encoding.Latin1.GetString(end));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/echo", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/echo"), default);
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: echo\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
        await socket.ReadUntilAsync("\r\n\r\n");

        foreach (var letter in "abc")
        {
            await socket.SendAsync($"1\r\n{letter}\r\n");
            Assert.Equal($"1\r\n{letter}\r\n", await socket.ReadUntilAsync($"{letter}\r\n"));
        }

        await socket.SendAsync("0\r\n\r\n");
        Assert.Equal("0\r\n\r\n", await socket.ReadRestAsync());
    }

    [Theory]
    [InlineData("200 OK")]
    [InlineData("302 Found")]
    [InlineData("403 Forbidden")]
    [InlineData("417 Expectation Failed")]
    [InlineData("500 Internal Server Error")]
    public async Task P7_after_a_final_answer_to_an_expectation_no_body_is_asked_for_and_none_is_sent(string status)
    {
        var rest = new TaskCompletionSource<int>();
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(RawOrigin.Answer("decided", status: status));
            if (request.Field("Expect") is not null)
                rest.TrySetResult(await request.Stream.ReadAsync(new byte[1]));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/up"), default);

        await socket.SendAsync("POST / HTTP/1.1\r\nHost: up\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status}", await socket.ReadUntilAsync("decided"), StringComparison.Ordinal);
        Assert.Equal(0, await rest.Task.WaitAsync(deadline));
        Assert.EndsWith("decided", await rig.RawAsync("shop/up", Next), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("200 OK")]
    [InlineData("417 Expectation Failed")]
    public async Task P7_a_client_that_does_not_wait_gets_the_final_answer_and_its_body_is_nobodys_request(string status)
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(request.Line, status: status)));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/up"), default);
        const string smuggled = "GET /smuggled HTTP/1.1\r\nHost: up\r\n\r\n";

        await socket.SendAsync($"POST / HTTP/1.1\r\nHost: up\r\nExpect: 100-continue\r\nContent-Length: {smuggled.Length}\r\n\r\n{smuggled}{Next}");

        Assert.Contains("POST / HTTP/1.1", await socket.ReadRestAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(origin.Requests, request => request.Line.Contains("smuggled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task P7_an_origin_that_does_not_know_the_expectation_gets_the_body_after_a_while()
    {
        using var origin = new RawOrigin(async request => await request.SendAsync(RawOrigin.Answer(Encoding.Latin1.GetString(await request.BodyAsync()))));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));

        var answer = await rig.RawAsync("shop/up", "POST / HTTP/1.1\r\nHost: up\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");

        Assert.EndsWith("\r\n\r\nhello", answer, StringComparison.Ordinal);
        Assert.Equal([200], RawHttp.Statuses(answer));
    }

    [Fact]
    public async Task P7_a_client_that_waits_for_a_silent_origin_is_asked_for_the_body_after_a_while()
    {
        using var origin = new RawOrigin(async request => await request.SendAsync(RawOrigin.Answer(Encoding.Latin1.GetString(await request.BodyAsync()))));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/up"), default);

        await socket.SendAsync("POST / HTTP/1.1\r\nHost: up\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await socket.ReadUntilAsync("\r\n\r\n"));
        await socket.SendAsync("hello");

        Assert.EndsWith("\r\n\r\nhello", await socket.ReadRestAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Expect: y 100-continue")]
    [InlineData("Expect: 100-continue, 100-continue")]
    [InlineData("Expect: 100-continue\r\nExpect: 100-continue")]
    [InlineData("Expect: 100-continue;x=1")]
    [InlineData("Expect: x")]
    [InlineData("Expect:\r\n 100-continue")]
    [InlineData("Expect : 100-continue")]
    [InlineData("Expect: 100-continue\rX: y")]
    [InlineData("Expect: \"100-continue\"")]
    public async Task P7_an_expectation_that_is_spelled_in_another_way_is_refused_and_its_body_is_nobodys_request(string field)
    {
        using var origin = new RawOrigin(RawOrigin.Answer("served"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        const string smuggled = "GET /smuggled HTTP/1.1\r\nHost: up\r\n\r\n";

        var answer = await rig.RawAsync("shop/up", $"GET / HTTP/1.1\r\nHost: up\r\n{field}\r\nContent-Length: {smuggled.Length}\r\n\r\n{smuggled}{Next}");

        Assert.InRange(Assert.Single(RawHttp.Statuses(answer)), 400, 417);
        Assert.Empty(origin.Requests);
    }

    [Fact]
    public async Task P7_an_expectation_of_HTTP_1_0_is_ignored()
    {
        using var origin = new RawOrigin(async request => await request.SendAsync(RawOrigin.Answer($"{request.Field("Expect")}{Encoding.Latin1.GetString(await request.BodyAsync())}")));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));

        var answer = await rig.RawAsync("shop/up", "POST / HTTP/1.0\r\nHost: up\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");

        Assert.EndsWith("\r\n\r\nhello", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("100 Continue", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", true)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", false)]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData("417", true)]
    [InlineData("417", false)]
    [InlineData("200", true)]
    [InlineData("200", false)]
    public async Task P7_an_expectation_of_HTTP_2_means_the_same(string word, bool waits)
    {
        const byte literalStatus = 8;
        using var origin = new RawOrigin(async request =>
        {
            if (word.Length == 3)
            {
                await request.SendAsync(RawOrigin.Answer("decided", status: $"{word} x"));
                return;
            }

            await request.SendAsync(word);
            await request.SendAsync(RawOrigin.Answer(Encoding.Latin1.GetString(await request.BodyAsync())));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/up"));
        var body = RawHttp2.Frame(FrameType.Data, Frame.EndStream, 1, "hello"u8);

        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request("POST", authority: "up", more: [("expect", "100-continue"), ("content-length", "5")]), end: false));
        if (!waits)
            await client.SendAsync(body);
        else if (word.Length != 3)
            Assert.Equal([literalStatus, 3, .. "100"u8], (await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers))?.Payload);
        if (waits && word.Length != 3)
            await client.SendAsync(body);

        var answer = await client.ReadUntilAsync(static frame => frame.Type == FrameType.Data && frame.Payload.Length > 0);
        Assert.Equal(word.Length == 3 ? "decided" : "hello", Encoding.ASCII.GetString(answer!.Payload));
        await client.SendAsync(RawHttp2.Headers(3, RawHttp2.Request(authority: "up", path: "/next")));
        Assert.NotNull(await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers && frame.Stream == 3));
        Assert.Equal(["POST / HTTP/1.1", "GET /next HTTP/1.1"], origin.Requests.Select(static request => request.Line));
    }

    [Fact]
    public async Task P8_hints_of_the_origin_reach_the_client_in_its_own_terms_and_at_once()
    {
        var go = new TaskCompletionSource();
        string? url = null;
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync($"HTTP/1.1 103 Early Hints\r\nLink: <{url}/a.css>; rel=preload\r\nConnection: close\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
            await go.Task;
            await request.SendAsync(RawOrigin.Answer("final"));
        });
        url = origin.Url;
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/hints", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/hints"), default);

        await socket.SendAsync("GET / HTTP/1.1\r\nHost: hints:8080\r\nConnection: close\r\n\r\n");

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: <http://hints:8080/a.css>; rel=preload\r\n\r\n", await socket.ReadUntilAsync("\r\n\r\n"));
        Assert.Equal("HTTP/1.1 102 Processing\r\n\r\n", await socket.ReadUntilAsync("\r\n\r\n"));
        go.SetResult();
        Assert.EndsWith("final", await socket.ReadRestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P8_P25_interim_answers_without_end_are_cut_off()
    {
        using var origin = new RawOrigin(async request =>
        {
            while (true)
                await request.SendAsync("HTTP/1.1 102 Processing\r\n\r\n");
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/hints", origin.Url));

        var answer = await rig.RawAsync("shop/hints", "GET / HTTP/1.1\r\nHost: hints\r\nConnection: close\r\n\r\n");

        Assert.Equal([502], RawHttp.Statuses(answer));
        Assert.Contains("code: gateway-origin-headers\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P18_trailers_of_a_request_arrive_but_those_that_must_not_come_late()
    {
        using var origin = new RawOrigin(async request =>
        {
            var all = new StringBuilder();
            var one = new byte[1];
            while (!all.ToString().EndsWith("0\r\nX-Sum: 7\r\nX-Other: 8\r\n\r\n", StringComparison.Ordinal) && await request.Stream.ReadAsync(one) > 0)
                all.Append((char)one[0]);
            await request.SendAsync(RawOrigin.Answer(all.ToString()));
        });
        var http = HttpView.Default with { SetHeaders = [new("X-Api-Key", "secret", null)] };
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url) with { Http = http });

        var answer = await rig.RawAsync(
            "shop/up",
            "POST / HTTP/1.1\r\nHost: up\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            + "5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-Api-Key: mine\r\nX-Forwarded-For: 192.0.2.1\r\nX-Other: 8\r\n\r\n");

        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-Other: 8\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P18_trailers_of_an_answer_arrive_with_a_limit()
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
            if (request.Line.Contains("fine", StringComparison.Ordinal))
                await request.SendAsync("X-Sum: 7\r\nContent-Length: 9\r\n\r\n");
            while (true)
                await request.SendAsync($"X-Sum: {new string('7', 1000)}\r\n");
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/down", origin.Url));

        var fine = await rig.RawAsync("shop/down", "GET /fine HTTP/1.1\r\nHost: down\r\nConnection: close\r\nTE: trailers\r\n\r\n");
        using var socket = await GatewayRig.DialAsync(rig.At("shop/down"), default);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: down\r\nConnection: close\r\n\r\n");
        var endless = await socket.ReadRestAsync();

        Assert.EndsWith("\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 7\r\n\r\n", fine, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n0\r\n", endless, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P4_what_follows_an_upgrade_is_no_tunnel_before_the_origin_has_switched()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(request.Line)));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));

        var answer = await rig.RawAsync("shop/up", $"GET /up HTTP/1.1\r\nHost: up\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n{Next}");

        Assert.Equal([200, 200], RawHttp.Statuses(answer));
        Assert.EndsWith("GET /next HTTP/1.1", answer, StringComparison.Ordinal);
        Assert.Equal(["GET /up HTTP/1.1", "GET /next HTTP/1.1"], origin.Requests.Select(static request => request.Line));
        Assert.Equal(1, origin.Connections);
    }
}
