using Elsewhere.Tests.Http.Http1;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Origins that answer what they should not: the client gets one whole answer to each of its requests, or none that looks whole.</summary>
public sealed class HostileOriginSpecs
{
    private const string Get = "GET /1 HTTP/1.1\r\nHost: payments\r\n\r\n";
    private const string Last = "GET /last HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n";
    private static readonly string Good = RawOrigin.Answer("good");

    [Theory]
    [InlineData("two answers", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("bytes behind an answer", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneevil evil evil")]
    [InlineData("an answer behind one without a body", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("a body of 304", "HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("bytes behind the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    public async Task P26_what_an_origin_sends_too_much_is_nobodys_answer(string what, string bytes)
    {
        var asked = 0;
        using var origin = new RawOrigin(request => request.SendAsync(Interlocked.Increment(ref asked) == 1 ? bytes : Good));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/payments"), default);

        await socket.SendAsync(Get + Last);

        var answer = await socket.ReadRestAsync();
        Assert.True(RawHttp.Statuses(answer).Length == 2, $"{what}: {answer}");
        Assert.DoesNotContain("evil", answer, StringComparison.Ordinal);
        Assert.EndsWith("good", answer, StringComparison.Ordinal);
        Assert.True(origin.Connections > 1, "the connection was used again");
    }

    [Fact]
    public async Task P26_an_answer_that_comes_before_the_request_is_nobodys_answer()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var early = new TaskCompletionSource();
        var serving = Task.Run(async () =>
        {
            for (var connection = 1; connection <= 2; connection++)
            {
                using var socket = await listener.AcceptSocketAsync();
                var head = await socket.ReadUntilAsync("\r\n\r\n");
                await socket.SendAsync(Good);
                if (connection == 1)
                    await socket.SendAsync(RawOrigin.Answer("evil"));
                early.TrySetResult();
                _ = await socket.ReadRestAsync();
            }
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", $"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}"));
        using var client = rig.Client("shop/payments");

        Assert.Equal("good", await client.GetStringAsync("http://payments/1"));
        await early.Task;
        Assert.Equal("good", await client.GetStringAsync("http://payments/2"));
        Assert.False(serving.IsFaulted);
    }

    [Theory]
    [InlineData("rubbish", "\x16\x03\x01 rubbish\r\n\r\n", "gateway-origin-protocol")]
    [InlineData("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "gateway-origin-protocol")]
    [InlineData("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nevil", "gateway-origin-protocol")]
    [InlineData("a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nevil", "gateway-origin-protocol")]
    [InlineData("a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nevil", "gateway-origin-protocol")]
    [InlineData("a length and a coding", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", "gateway-origin-protocol")]
    [InlineData("a coding that nobody knows", "HTTP/1.1 200 OK\r\nTransfer-Encoding: evil\r\n\r\nevil", "gateway-origin-protocol")]
    [InlineData("nothing", "", "gateway-origin-closed")]
    [InlineData("half a head", "HTTP/1.1 200 OK\r\nContent-Le", "gateway-origin-closed")]
    [InlineData("a status that is none", "HTTP/1.1 2x0 OK\r\n\r\n", "gateway-origin-protocol")]
    [InlineData("a switch that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\nevil", "gateway-origin-protocol")]
    public async Task P26_an_answer_that_is_none_is_an_error_with_a_name(string what, string bytes, string code)
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(bytes);
            request.Stream.Close();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.RawAsync("shop/payments", Last);

        Assert.True(RawHttp.Statuses(answer) is [502], $"{what}: {answer}");
        Assert.Contains($"code: {code}\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("evil\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n", 3)]
    [InlineData("HTTP/1.1 102 Processing\r\n\r\n", 1)]
    [InlineData("HTTP/1.1 199 What\r\n\r\n", 2)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", 2)]
    public async Task P8_an_interim_answer_is_not_taken_for_the_final_one(string interim, int times)
    {
        using var origin = new RawOrigin(string.Concat(Enumerable.Repeat(interim, times)) + Good);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.RawAsync("shop/payments", Get + Last);

        Assert.Equal([200, 200], RawHttp.Statuses(answer));
        Assert.EndsWith("good", answer, StringComparison.Ordinal);
        Assert.Equal(1, origin.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P7_a_client_that_waits_is_told_to_go_on_and_one_that_does_not_is_served(bool waits)
    {
        var seen = new List<string>();
        using var origin = new RawOrigin(async request =>
        {
            seen.Add(request.Field("Expect") ?? "none");
            if (request.Field("Expect") is not null)
                await request.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await request.SendAsync(RawOrigin.Answer(System.Text.Encoding.Latin1.GetString(await request.BodyAsync())));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/payments"), default);
        const string head = "POST / HTTP/1.1\r\nHost: payments\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

        if (waits)
        {
            await socket.SendAsync(head);
            Assert.EndsWith("HTTP/1.1 100 Continue\r\n\r\n", await socket.ReadUntilAsync("\r\n\r\n"), StringComparison.Ordinal);
            await socket.SendAsync("hello" + Last);
        }
        else
        {
            await socket.SendAsync(head + "hello" + Last);
        }

        var answer = await socket.ReadRestAsync();
        Assert.Equal([200, 200], RawHttp.Statuses(answer));
        Assert.Contains("\r\n\r\nhello", answer, StringComparison.Ordinal);
        Assert.Equal(["100-continue", "none"], seen);
    }

    [Theory]
    [InlineData("417 Expectation Failed", 417)]
    [InlineData("403 Forbidden", 403)]
    public async Task P7_a_final_answer_to_an_expectation_ends_the_matter_without_the_body(string status, int code)
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer("no thanks", status: status)));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/payments"), default);

        await socket.SendAsync("POST / HTTP/1.1\r\nHost: payments\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n");

        var answer = await socket.ReadUntilAsync("no thanks");
        Assert.StartsWith($"HTTP/1.1 {code} ", answer, StringComparison.Ordinal);
        using var other = await GatewayRig.DialAsync(rig.At("shop/payments"), default);
        await other.SendAsync(Last);
        var next = await other.ReadRestAsync();
        Assert.Equal([code], RawHttp.Statuses(next));
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData("X-A: a\rSet-Cookie: evil\r\n", "a CR that no LF follows")]
    [InlineData("X-A: a\nSet-Cookie: evil\r\n", "LF alone")]
    [InlineData("X-A: a\0Set-Cookie: evil\r\n", "a control character")]
    [InlineData("X-A: a\r\n Set-Cookie: evil\r\n", "folds a header field")]
    [InlineData("X-A : a Set-Cookie: evil\r\n", "white space in front of its colon")]
    public async Task P3_P26_what_some_would_read_as_two_fields_does_not_go_on(string field, string why)
    {
        using var origin = new RawOrigin(RawOrigin.Answer("good", fields: field));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.RawAsync("shop/payments", Last);

        Assert.Equal([502], RawHttp.Statuses(answer));
        Assert.Contains("code: gateway-origin-protocol\n", answer, StringComparison.Ordinal);
        Assert.Contains(why, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-Cookie", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P1_a_body_that_is_refused_half_way_does_not_look_whole_to_the_origin()
    {
        var whole = false;
        var gone = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            try
            {
                _ = await request.BodyAsync();
                whole = true;
            }
            finally
            {
                gone.TrySetResult();
            }
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/payments"), default);
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: payments\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        while (origin.Requests.Count == 0)
            await Task.Yield();

        await socket.SendAsync("0x0\r\n\r\n");

        var answer = await socket.ReadUntilAsync("code: request-chunk-size-malformed\n");
        Assert.Equal([400], RawHttp.Statuses(answer));
        await gone.Task;
        Assert.False(whole);
    }
}
