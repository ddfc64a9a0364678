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
