using System.Net;
using System.Net.WebSockets;
using System.Text;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Http2;
using Elsewhere.Tests.Http.Http2Client;
using Elsewhere.Tests.Http.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>HTTP/2, TLS, gRPC's way of speaking, WebSockets.</summary>
public sealed class ProtocolSpecs
{
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(GatewayRig.Plain)]
    [InlineData(GatewayRig.Secure)]
    public async Task P12_a_header_that_is_larger_than_an_origin_of_HTTP_2_takes_is_the_clients_fault_and_costs_the_origin_nothing(int port)
    {
        var connections = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await using var origin = await KestrelOrigin.StartAsync(
            context => context.Response.WriteAsync($"{connections.TryAdd(context.Connection.Id, 0)}"), HttpProtocols.Http2, limits: static limits => limits.MaxRequestHeadersTotalSize = 10_000);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));
        using var client = rig.Client("shop/grpc", port);
        var url = $"http{(port == GatewayRig.Secure ? "s" : "")}://grpc:{port}/";
        Assert.Equal("True", await client.GetStringAsync(url));
        using var large = new HttpRequestMessage(HttpMethod.Get, url);
        large.Headers.Add("X-Large", new string('x', 10_000));

        var answer = await client.SendAsync(large);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, answer.StatusCode);
        Assert.Equal("gateway-head-too-large", Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
        Assert.Contains("more than 10000 bytes", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("False", await client.GetStringAsync(url));
        Assert.Single(connections);
        Assert.All(rig.Server.Origins.Addresses, static address => Assert.True(address.IsUp));
    }

    [Theory]
    [InlineData(1, 66_000, "the fields have ")]
    [InlineData(140, 10, "there are 14")]
    public async Task P12_a_header_of_HTTP_2_that_is_larger_than_it_may_be_costs_its_request_and_not_the_connection(int fields, int length, string why)
    {
        await using var origin = await KestrelOrigin.StartAsync(static context => context.Response.WriteAsync("an answer"), HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/grpc"));
        byte[][] parts = [.. RawHttp2.Request(authority: "grpc", more: [.. Enumerable.Range(0, fields).Select(i => ($"x-{i}", new string('x', length)))]).Chunk(16_000)];
        for (var i = 0; i < parts.Length; i++)
            await client.SendAsync(RawHttp2.Frame(i == 0 ? FrameType.Headers : FrameType.Continuation, (byte)((i == 0 ? Frame.EndStream : 0) | (i == parts.Length - 1 ? Frame.EndHeaders : 0)), 1, parts[i]));

        var refused = await client.ReadUntilAsync(static frame => frame is { Type: FrameType.Headers, Stream: 1 });
        var said = await client.ReadUntilAsync(static frame => frame is { Type: FrameType.Data, Stream: 1, Payload.Length: > 0 });
        await client.SendAsync(RawHttp2.Headers(3, RawHttp2.Request(authority: "grpc")));
        var next = await client.ReadUntilAsync(static frame => frame is { Type: FrameType.Data, Stream: 3, Payload.Length: > 0 });

        Assert.Contains("gateway-head-too-large", Encoding.Latin1.GetString(refused!.Payload), StringComparison.Ordinal);
        Assert.Contains("431", Encoding.Latin1.GetString(refused.Payload), StringComparison.Ordinal);
        Assert.Contains(why, Encoding.Latin1.GetString(said!.Payload), StringComparison.Ordinal);
        Assert.Equal("an answer", Encoding.Latin1.GetString(next!.Payload));
    }

    [Fact]
    public async Task P6_an_answer_that_comes_before_the_body_asks_a_client_of_HTTP_2_to_stop_without_an_error()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("enough"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/up"));
        await client.SendAsync([.. RawHttp2.Headers(1, RawHttp2.Request("PUT", authority: "up", more: ("content-length", "1000000")), end: false), .. RawHttp2.Frame(FrameType.Data, 0, 1, new byte[1000])]);

        var ended = await client.ReadUntilAsync(static frame => frame.Type is FrameType.Data or FrameType.Headers && (frame.Flags & Frame.EndStream) != 0);
        var reset = await client.ReadUntilAsync(static frame => frame.Type == FrameType.ResetStream);

        Assert.Equal(1, ended!.Stream);
        Assert.Equal(0, reset!.Error);
    }

    [Fact]
    public async Task P8_hints_of_an_origin_reach_a_client_of_HTTP_2_in_its_own_terms()
    {
        using var origin = new RawOrigin(request => request.SendAsync(
            $"HTTP/1.1 103 Early Hints\r\nLink: <http://{request.Field("Host")}/a.css>; rel=preload\r\n\r\n{RawOrigin.Answer("final")}"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/hints", origin.Url));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/hints"));
        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request(authority: "hints:8080")));

        var hints = await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers);
        var final = await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers);

        Assert.Contains("<http://hints:8080/a.css>; rel=preload", Encoding.Latin1.GetString(hints!.Payload), StringComparison.Ordinal);
        Assert.Equal(0, hints.Flags & Frame.EndStream);
        Assert.Equal(1, final!.Stream);
    }

    [Fact]
    public async Task P8_P18_hints_of_an_origin_and_trailers_of_a_request_pass_from_HTTP_2_to_HTTP_2()
    {
        var trailers = new TaskCompletionSource<string>();
        using var origin = new ScriptedOrigin(async (connection, _) =>
        {
            await ScriptedOrigin.HeadAsync(connection);
            await connection.SendAsync(RawHttp2.Headers(1, RawHttp2.Fields((":status", "103"), ("link", "</a.css>")), end: false));
            trailers.SetResult(Encoding.Latin1.GetString((await ScriptedOrigin.HeadAsync(connection))!.Payload));
            await connection.SendAsync(ScriptedOrigin.Answer(1, "ok"));
            await connection.ReadUntilAsync(static _ => false);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));
        using var client = await RawHttp2.ConnectAsync(rig.At("shop/grpc"));

        await client.SendAsync(
        [
            .. RawHttp2.Headers(1, RawHttp2.Request("POST", authority: "grpc:8080", more: ("te", "trailers")), end: false),
            .. RawHttp2.Frame(FrameType.Data, 0, 1, "x"u8), .. RawHttp2.Headers(1, RawHttp2.Fields(("x-sum", "7"))),
        ]);

        var hints = await client.ReadUntilAsync(static frame => frame.Type == FrameType.Headers);
        Assert.Contains("</a.css>", Encoding.Latin1.GetString(hints!.Payload), StringComparison.Ordinal);
        Assert.Contains("x-sum", await trailers.Task.WaitAsync(deadline), StringComparison.Ordinal);
        Assert.NotNull(await client.ReadUntilAsync(static frame => frame.Type == FrameType.Data));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    public async Task T3_an_origin_is_asked_for_by_its_own_name_whatever_Host_says_and_spoken_to_as_it_likes(HttpProtocols protocols, string spoken)
    {
        var ca = new TestCa();
        await using var origin = await KestrelOrigin.StartAsync(
            context => context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Host} {context.Request.Scheme}"), protocols, ca.Issue(["api.payments.example"]));
        var alias = Verified(GatewayRig.Alias("shop/payments", $"https://api.payments.example:{origin.Port}")) with
        {
            Http = HttpView.Default with { Host = HostRule.Alias },
        };
        await using var rig = await GatewayRig.StartAsync(alias, MapOf(ca));
        rig.With("api.payments.example", IPAddress.Loopback);

        Assert.Equal($"{spoken} payments https", await rig.Client("shop/payments").GetStringAsync("http://payments/"));
        Assert.Equal("api.payments.example", origin.ServerName);
    }

    [Fact]
    public async Task T1_an_origin_with_a_certificate_of_somebody_else_is_not_spoken_to()
    {
        var ca = new TestCa();
        await using var origin = await KestrelOrigin.StartAsync(_ => Task.CompletedTask, HttpProtocols.Http1, ca.Issue(["other.example"]));
        await using var rig = await GatewayRig.StartAsync(Verified(GatewayRig.Alias("shop/payments", $"https://api.payments.example:{origin.Port}")), MapOf(ca));
        rig.With("api.payments.example", IPAddress.Loopback);

        var answer = await rig.Client("shop/payments").GetAsync("http://payments/");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("gateway-origin-tls", Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
        Assert.Contains("other.example", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, GatewayRig.Plain)]
    [InlineData(1, GatewayRig.Secure)]
    [InlineData(2, GatewayRig.Secure)]
    [InlineData(2, GatewayRig.Plain)]
    public async Task P22_a_WebSocket_of_either_version_passes_frame_by_frame(int version, int port)
    {
        await using var origin = await KestrelOrigin.StartAsync(EchoAsync, HttpProtocols.Http1);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/ws", $"http://127.0.0.1:{origin.Port}"));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = new Version(version, version == 1 ? 1 : 0);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat");
        using var limit = new CancellationTokenSource(deadline);
        using var invoker = rig.Client("shop/ws", port);

        await socket.ConnectAsync(new Uri($"{(port == GatewayRig.Secure ? "wss" : "ws")}://ws/x?y"), invoker, limit.Token);
        Assert.Equal("chat", socket.SubProtocol);
        var buffer = new byte[70_000];
        foreach (var length in (int[])[0, 1, 125, 126, 65_535, 65_536])
        {
            await socket.SendAsync(new byte[length], WebSocketMessageType.Binary, true, limit.Token);
            var count = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(count), limit.Token);
                count += received.Count;
            }
            while (!received.EndOfMessage);
            Assert.Equal(length, count);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task An_upload_is_held_back_as_long_as_the_origin_does_not_take_it()
    {
        const int piece = 1 << 20, most = 16 << 20, total = 96 << 20;
        var permits = new SemaphoreSlim(0);
        long taken = 0, sent = 0;
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                var buffer = new byte[piece];
                for (var count = 1; count > 0;)
                {
                    await permits.WaitAsync(context.RequestAborted);
                    for (var read = 0; read < piece && (count = await context.Request.Body.ReadAsync(buffer.AsMemory(read))) > 0; read += count)
                        Interlocked.Add(ref taken, count);
                }

                await context.Response.WriteAsync($"{taken}");
            },
            HttpProtocols.Http1);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/big", $"http://127.0.0.1:{origin.Port}"));
        using var content = new Turns();
        using var ask = new HttpRequestMessage(HttpMethod.Put, "http://big/") { Content = content };
        var call = rig.Client("shop/big").SendAsync(ask);

        var sending = Task.Run(async () =>
        {
            for (; sent < total; Interlocked.Add(ref sent, piece))
                await content.SayAsync(new byte[piece]);
            content.End();
        });
        for (var i = 0; i <= total / piece; i++)
        {
            permits.Release();
            Assert.InRange(Interlocked.Read(ref sent) - Interlocked.Read(ref taken), -piece, most);
        }

        await sending.WaitAsync(deadline);
        permits.Release(10);
        using var answer = await call;
        Assert.Equal($"{total}", await answer.Content.ReadAsStringAsync());
    }

    private static AliasView Verified(AliasView alias) => alias with
    {
        Origins = [alias.Origins[0] with { Tls = OriginTlsView.Default with { CaCertificates = new KeyReference(ReferenceKind.ConfigMap, "ca", "ca.crt") } }],
    };

    private static ConfigMapView MapOf(TestCa ca) => new(new ObjectKey("shop", "ca"), [new DataEntry("ca.crt", ca.Bundle)], null);

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("chat");
        var buffer = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
    }
}
