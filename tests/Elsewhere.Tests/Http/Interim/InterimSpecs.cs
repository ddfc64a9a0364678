using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Elsewhere.Http.Interim;
using Elsewhere.Tests.Http.Http1;
using Elsewhere.Tests.Http.Http2;
using Elsewhere.Tests.Http.Tls;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Elsewhere.Tests.Http.Interim;

/// <summary>Interim responses, which Kestrel cannot send, beside what Kestrel sends.</summary>
public sealed class InterimSpecs
{
    private const string Hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    private static readonly TestCa ca = new();
    private static readonly (string, string)[] fields = [("Link", "</a.css>; rel=preload")];

    [Fact]
    public async Task P8_hints_come_before_the_final_response_and_belong_to_their_request_also_where_requests_are_pipelined()
    {
        await using var server = await GuardedKestrel.StartAsync(HintAsync);
        using var socket = await server.ConnectAsync();

        await socket.SendAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        var answers = Dateless(await socket.ReadRestAsync());
        const string final = "HTTP/1.1 200 OK\r\nContent-Length: ";
        Assert.Equal(
            $"{Hints}{Hints}{final}2\r\n\r\n/1{final}5\r\n\r\n/none{Hints}{Hints}{final}2\r\nConnection: close\r\n\r\n/3",
            answers);
    }

    [Fact]
    public async Task P8_hints_arrive_at_once()
    {
        var go = new TaskCompletionSource();
        await using var server = await GuardedKestrel.StartAsync(async context =>
        {
            Assert.True(Write(context));
            await go.Task;
            Assert.True(Write(context));
            await context.Response.WriteAsync("x");
            Assert.False(Write(context));
        });
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Equal(Hints, await socket.ReadUntilAsync("\r\n\r\n"));
        go.SetResult();
        var rest = await socket.ReadRestAsync();
        Assert.StartsWith($"{Hints}HTTP/1.1 200 OK\r\n", rest, StringComparison.Ordinal);
        Assert.EndsWith("\r\n1\r\nx\r\n0\r\n\r\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P8_P7_hints_and_100_come_one_after_the_other_whoever_is_first()
    {
        await using var server = await GuardedKestrel.StartAsync(async context =>
        {
            var hints = Task.Run(() =>
            {
                for (var i = 0; i < 3; i++)
                    Assert.True(Write(context));
            });
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await hints;
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body.ToArray());
        });
        for (var i = 0; i < 200; i++)
        {
            using var socket = await server.ConnectAsync();
            await socket.SendAsync("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
            var first = await socket.ReadUntilAsync("100 Continue\r\n\r\n");
            await socket.SendAsync("body");
            var all = Dateless(first + await socket.ReadRestAsync());
            Assert.Equal("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
                all.Replace(Hints, "", StringComparison.Ordinal).Replace("HTTP/1.1 100 Continue\r\n\r\n", "", StringComparison.Ordinal));
            Assert.Equal(3, all.Split(Hints).Length - 1);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P8_a_client_that_does_not_read_its_hints_holds_nobody_up_and_gets_the_rest_unharmed(bool secure)
    {
        var done = new TaskCompletionSource<int>();
        var large = new string('x', 8000);
        await using var server = await GuardedKestrel.StartAsync(async context =>
        {
            var sent = 0;
            while (context.Features.Get<IInterimWriter>()!.TryWrite(0, 103, [("Link", large)]))
                sent++;
            done.SetResult(sent);
            await context.Response.WriteAsync("final");
        },
        before: listen => Secure(listen, secure));
        using var stream = await DialAsync(server, secure);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());

        var sent = await done.Task.WaitAsync(TimeSpan.FromSeconds(20));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var rest = await reader.ReadToEndAsync();

        var head = $"HTTP/1.1 103 Early Hints\r\nLink: {large}\r\n\r\n";
        Assert.InRange((rest.Length - rest.Replace(head, "", StringComparison.Ordinal).Length) / head.Length, sent - 9, sent);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", rest.Replace(head, "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.EndsWith("5\r\nfinal\r\n0\r\n\r\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P8_hints_of_HTTP_2_are_frames_between_the_servers_own()
    {
        await using var server = await GuardedKestrel.StartAsync(HintAsync, protocols: HttpProtocols.Http2);
        using var client = await RawHttp2.ConnectAsync(server.Address);

        foreach (var stream in (int[])[1, 3, 5])
        {
            await client.SendAsync(RawHttp2.Headers(stream, RawHttp2.Request(path: $"/{stream}")));
            var first = await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
            var second = await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
            var final = await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
            byte[] hints = [0x18, 3, .. "103"u8, 0x10, 4, .. "link"u8, 21, .. "</a.css>; rel=preload"u8];
            Assert.Equal(hints, first!.Payload);
            Assert.Equal((stream, Frame.EndHeaders), (first.Stream, first.Flags));
            Assert.Equal(hints, second!.Payload);
            Assert.Equal(stream, final!.Stream);
            Assert.Equal(0x88, final.Payload[0]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task P8_hints_and_bodies_of_many_streams_at_once_disturb_no_frame(bool secure)
    {
        await using var server = await GuardedKestrel.StartAsync(
            async context =>
            {
                for (var i = 0; i < 5; i++)
                {
                    Assert.True(Write(context));
                    await Task.Yield();
                }

                for (var i = 0; i < 20; i++)
                    await context.Response.Body.WriteAsync(new byte[1500]);
            },
            protocols: HttpProtocols.Http2,
            before: listen => Secure(listen, secure));
        using var handler = new SocketsHttpHandler { SslOptions = Trusting() };
        using var http = new HttpClient(handler) { DefaultRequestVersion = new(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => http.GetByteArrayAsync(new Uri($"http{(secure ? "s" : "")}://{server.Address}/"))));

        Assert.All(answers, answer => Assert.Equal(30_000, answer.Length));
    }

    [Theory]
    [InlineData(0, new byte[] { 0x20 })]
    [InlineData(30, new byte[] { 0x3e })]
    [InlineData(31, new byte[] { 0x3f, 0 })]
    [InlineData(4095, new byte[] { 0x3f, 0xe0, 0x1f })]
    [InlineData(4096, new byte[0])]
    [InlineData(65_536, new byte[0])]
    public async Task P8_a_client_with_a_small_header_table_is_told_first_that_it_is_kept_to(int size, byte[] update)
    {
        await using var server = await GuardedKestrel.StartAsync(HintAsync, protocols: HttpProtocols.Http2);
        using var client = await RawHttp2.ConnectAsync(server.Address, [0, 1, .. RawHttp2.Number(size)]);

        // The server says so once, in its own first header block; saying it again changes nothing.
        for (var stream = 1; stream < 6; stream += 2)
        {
            await client.SendAsync(RawHttp2.Headers(stream, RawHttp2.Request()));
            var hints = await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
            Assert.Equal([.. update, 0x18], hints!.Payload[..(update.Length + 1)]);
            _ = await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
            var final = await client.ReadUntilAsync(f => f.Type == FrameType.Headers);
            Assert.Equal([.. stream == 1 ? update : [], 0x88], final!.Payload[..((stream == 1 ? update.Length : 0) + 1)]);
        }
    }

    [Fact]
    public async Task P8_a_client_whose_header_table_shrinks_on_the_way_gets_none_since_the_server_owes_it_word_of_that_first()
    {
        var sent = new TaskCompletionSource<bool>();
        await using var server = await GuardedKestrel.StartAsync(
            context =>
            {
                sent.SetResult(Write(context));
                return Task.CompletedTask;
            },
            protocols: HttpProtocols.Http2);
        using var client = await RawHttp2.ConnectAsync(server.Address);

        await client.SendAsync([.. RawHttp2.Frame(FrameType.Settings, 0, 0, [0, 1, 0, 0, 0x0f, 0xff]), .. RawHttp2.Headers(1, RawHttp2.Request())]);

        Assert.False(await sent.Task.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.NotEqual(0x18, (await client.ReadUntilAsync(f => f.Type == FrameType.Headers))!.Payload[0]);
    }

    [Fact]
    public async Task P8_a_stream_that_was_reset_gets_none_however_many_were_reset_since()
    {
        var (reset, over) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        await using var server = await GuardedKestrel.StartAsync(
            async context =>
            {
                var stream = context.Features.Get<IHttp2StreamIdFeature>()!.StreamId;
                var writer = context.Features.Get<IInterimWriter>()!;
                if (context.Request.Path == "/last")
                    return;
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(2);
                if (stream > 1)
                    return;
                await reset.Task;
                over.SetResult(writer.TryWrite(stream, 103, fields));
            },
            protocols: HttpProtocols.Http2);
        using var client = await RawHttp2.ConnectAsync(server.Address);
        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request()));
        for (var stream = 3; stream < 2500; stream += 2)
        {
            await client.SendAsync(RawHttp2.Headers(stream, RawHttp2.Request()));
            Assert.NotNull(await client.ReadUntilAsync(f => f.Type == FrameType.ResetStream && f.Stream == stream));
        }

        reset.SetResult();
        await over.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await client.SendAsync(RawHttp2.Headers(2501, RawHttp2.Request(path: "/last")));

        Assert.Equal(2501, (await client.ReadUntilAsync(f => f.Type == FrameType.Headers))?.Stream);
    }

    [Fact]
    public async Task P8_a_stream_that_the_server_has_reset_gets_none()
    {
        var after = new TaskCompletionSource<bool>();
        await using var server = await GuardedKestrel.StartAsync(
            async context =>
            {
                if (context.Request.Path == "/other")
                    return;
                var stream = context.Features.Get<IHttp2StreamIdFeature>()!.StreamId;
                var writer = context.Features.Get<IInterimWriter>()!;
                context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(2);
                await Task.Yield();
                after.SetResult(writer.TryWrite(stream, 103, fields));
            },
            protocols: HttpProtocols.Http2);
        using var client = await RawHttp2.ConnectAsync(server.Address);
        await client.SendAsync(RawHttp2.Headers(1, RawHttp2.Request()));
        await after.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await client.SendAsync(RawHttp2.Headers(3, RawHttp2.Request(path: "/other")));

        var seen = new List<(FrameType, int)>();
        _ = await client.ReadUntilAsync(f =>
        {
            seen.Add((f.Type, f.Stream));
            return f.Type == FrameType.Headers && f.Stream == 3;
        });
        Assert.Contains((FrameType.ResetStream, 1), seen);
        Assert.DoesNotContain((FrameType.Headers, 1), seen);
    }

    private static SslClientAuthenticationOptions Trusting()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(ca.Certificate);
        return new() { TargetHost = "127.0.0.1", CertificateChainPolicy = policy };
    }

    private static void Secure(ListenOptions listen, bool secure)
    {
        if (secure)
            listen.UseHttps(ca.Issue(["127.0.0.1"]));
    }

    private static async Task<Stream> DialAsync(GuardedKestrel server, bool secure)
    {
        var plain = new NetworkStream(await server.ConnectAsync(), ownsSocket: true);
        if (!secure)
            return plain;
        var tls = new SslStream(plain);
        await tls.AuthenticateAsClientAsync(Trusting());
        return tls;
    }

    private static Task HintAsync(HttpContext context)
    {
        if (context.Request.Path != "/none")
        {
            Assert.True(Write(context));
            Assert.True(Write(context));
        }

        var text = Encoding.ASCII.GetBytes(context.Request.Path.Value!);
        context.Response.ContentLength = text.Length;
        return context.Response.Body.WriteAsync(text, 0, text.Length);
    }

    private static bool Write(HttpContext context) =>
        context.Features.Get<IInterimWriter>()!.TryWrite(context.Features.Get<IHttp2StreamIdFeature>()?.StreamId ?? 0, 103, fields);

    private static string Dateless(string text) => System.Text.RegularExpressions.Regex.Replace(text, "Date: [^\r]*\r\n", "");
}
