using System.Text;
using Elsewhere.Tests.Http.Forward;

namespace Elsewhere.Tests.Http.Http2;

/// <summary>Requests of HTTP/2 on their way to an origin that speaks HTTP/1.1.</summary>
public sealed class RequestSpecs
{
    public static TheoryData<string, string> BadFields() => new()
    {
        { "x-a", "b\r\nx-evil: c" }, { "x-a", "b\nc" }, { "x-a", "b\0c" }, { "x-a", "b\rc" }, { "x-a", "b\x07" }, { "x a", "b" }, { "x:a", "b" }, { "X-A", "b" }, { "x\r\na", "b" },
        { "x: b\r\ny", "b" }, { "", "b" }, { "x\0", "b" }, { "x\xe9", "b" }, { "transfer-encoding", "chunked" }, { "connection", "keep-alive" }, { "upgrade", "h2c" },
        { "proxy-connection", "x" }, { "keep-alive", "x" }, { "te", "gzip" }, { ":path", "/x" }, { ":unknown", "x" }, { ":status", "200" }, { "content-length", "x" },
        { "content-length", "-1" }, { "content-length", "5" },
    };

    [Theory]
    [MemberData(nameof(BadFields))]
    public async Task P9_a_field_that_would_be_another_request_in_HTTP_1_is_refused(string name, string value) =>
        await AssertRefusedAsync(RawHttp2.Request(authority: "payments", more: (name, value)));

    [Theory]
    [InlineData("GET", "/a b")]
    [InlineData("GET", "/a HTTP/1.1\r\nX: y")]
    [InlineData("GET", "/a\nb")]
    [InlineData("GET", "/a\0b")]
    [InlineData("GET", "/a%00b")]
    [InlineData("GET", "/a#b")]
    [InlineData("GET", "/a\\b")]
    [InlineData("GET", "/\xe9")]
    [InlineData("GET", "")]
    [InlineData("GET", "*")]
    [InlineData("GET", "http://payments/")]
    [InlineData("GET / HTTP/1.1\r\nX: y", "/")]
    [InlineData("GE T", "/")]
    [InlineData("", "/")]
    [InlineData("TRACE", "/")]
    [InlineData("CONNECT", "/")]
    public async Task P9_P19_a_request_line_that_would_be_another_one_is_refused(string method, string path) =>
        await AssertRefusedAsync(RawHttp2.Request(method, path, "payments"));

    [Theory]
    [InlineData("payments\r\nx: y")]
    [InlineData("payments/x")]
    [InlineData("me@payments")]
    [InlineData("")]
    public async Task P9_an_authority_that_is_none_is_refused(string authority) => await AssertRefusedAsync(RawHttp2.Request(authority: authority));

    [Fact]
    public async Task P9_host_does_not_say_otherwise_than_the_authority()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: "payments", more: [("host", "evil"), ("x-good", "\xe9 \t")])));

        Assert.NotNull(await client.ReadUntilAsync(f => f.Type == FrameType.Data));
        Assert.DoesNotContain("evil", Assert.Single(origin.Requests).Head, StringComparison.Ordinal);
        Assert.Equal("\xe9", origin.Requests[0].Field("x-good"));
    }

    [Theory]
    [InlineData("5", "hell")]
    [InlineData("5", "hello!")]
    public async Task P9_a_length_that_is_not_the_bodys_does_not_reach_the_origin_as_a_whole(string length, string body)
    {
        var whole = false;
        using var origin = new RawOrigin(async request =>
        {
            _ = await request.BodyAsync();
            whole = true;
            await request.SendAsync(RawOrigin.Answer("x"));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync([.. RawHttp2.Headers(1, RawHttp2.Request("POST", authority: "payments", more: ("content-length", length)), end: false),
            .. RawHttp2.Frame(FrameType.Data, Frame.EndStream, 1, Encoding.ASCII.GetBytes(body))]);

        Assert.NotNull(await client.ReadUntilAsync(f => f.Type is FrameType.GoAway or FrameType.ResetStream));
        Assert.False(whole);
    }

    [Theory]
    [InlineData("x", "a\r\nb: c")]
    [InlineData("x\r\n\r\nget / http/1.1", "a")]
    [InlineData("x y", "a")]
    [InlineData("x", "a\0")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "close")]
    public async Task P9_P18_a_trailer_that_would_be_something_else_in_HTTP_1_breaks_its_request_off(string name, string value)
    {
        var whole = false;
        using var origin = new RawOrigin(async request =>
        {
            if (!request.Line.StartsWith("GET", StringComparison.Ordinal))
            {
                _ = await request.BodyAsync();
                whole = true;
            }

            await request.SendAsync(RawOrigin.Answer("x"));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync([.. RawHttp2.Headers(1, RawHttp2.Request("POST", authority: "payments"), end: false), .. RawHttp2.Frame(FrameType.Data, 0, 1, "hello"u8), .. RawHttp2.Headers(1, RawHttp2.Fields((name, value)))]);
        var answer = await client.ReadUntilAsync(static frame => frame.Type is FrameType.Data or FrameType.ResetStream or FrameType.GoAway);
        if (answer!.Type == FrameType.Data)
            Assert.Contains("gateway-bad-body", Encoding.ASCII.GetString(answer.Payload), StringComparison.Ordinal);
        Assert.False(whole);

        if (answer.Type == FrameType.GoAway)
            return;
        await client.SendAsync(RawHttp2.Headers(3, RawHttp2.Request(authority: "payments")));
        Assert.NotNull(await client.ReadUntilAsync(static frame => frame.Type == FrameType.Data && frame.Stream == 3));
    }

    [Fact]
    public async Task P9_white_space_around_a_value_does_not_go_on()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: "payments", more: [("x-a", " \tb c\t "), ("x-empty", " "), ("origin", " http://payments ")])));

        Assert.NotNull(await client.ReadUntilAsync(static frame => frame.Type == FrameType.Data));
        Assert.Contains("\r\nx-a: b c\r\nx-empty: \r\n", Assert.Single(origin.Requests).Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P9_a_request_without_a_host_is_malformed()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Fields((":method", "GET"), (":scheme", "http"), (":path", "/"))));

        Assert.Contains("gateway-bad-request", Encoding.ASCII.GetString((await client.ReadUntilAsync(static frame => frame.Type == FrameType.Data))!.Payload), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 206 Partial Content\r\n\r\nhello")]
    public async Task P4_P22_an_origin_that_answers_a_WebSocket_well_without_switching_opens_no_tunnel(string bytes)
    {
        var after = "";
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(bytes);
            if (request.Line.Contains("/ws", StringComparison.Ordinal))
            {
                var rest = new byte[100];
                after = Encoding.ASCII.GetString(rest, 0, await request.Stream.ReadAsync(rest));
            }
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync(
        [
            .. RawHttp2.Headers(1, RawHttp2.Fields((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/ws"), (":authority", "payments")), end: false),
            .. RawHttp2.Frame(FrameType.Data, 0, 1, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"u8),
        ]);

        var answer = await client.ReadUntilAsync(static frame => frame.Type == FrameType.Data && frame.Payload.Length > 0);
        Assert.Contains("gateway-origin-protocol", Encoding.ASCII.GetString(answer!.Payload), StringComparison.Ordinal);
        Assert.Contains("without switching", Encoding.ASCII.GetString(answer.Payload), StringComparison.Ordinal);
        Assert.DoesNotContain("smuggled", after, StringComparison.Ordinal);
        Assert.All(rig.Server.Origins.Addresses, static address => Assert.True(address.IsUp));
    }

    private static async Task AssertRefusedAsync(byte[] fields)
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/payments"));

        await client.SendAsync(RawHttp2.Headers(1, fields));

        // A malformed request is answered with an error, reset, or the end of the connection.
        _ = await client.ReadUntilAsync(f => f.Type is FrameType.GoAway or FrameType.ResetStream || (f.Type is FrameType.Headers or FrameType.Data && (f.Flags & Frame.EndStream) != 0));
        Assert.Empty(origin.Requests);
    }
}
