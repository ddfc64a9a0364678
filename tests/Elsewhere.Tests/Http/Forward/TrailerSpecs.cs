using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Elsewhere.Http.Forward;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Fields behind the body (RFC 9110 section 6.5), towards clients of HTTP/1.</summary>
public sealed class TrailerSpecs
{
    private const string Body = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n";

    [Theory]
    [InlineData("")]
    [InlineData("Trailer: X-Sum\r\n")]
    public async Task P18_trailers_reach_a_client_of_HTTP_1_1_and_the_next_response_follows_them(string announced)
    {
        using var origin = new RawOrigin($"HTTP/1.1 200 OK\r\nContent-Type: application/x\r\n{announced}{Body}X-Sum: 7\r\nX-Sum: \xe4\r\n\r\n");
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", origin.Url));

        var answer = await rig.RawAsync("shop/api", "GET /1 HTTP/1.1\r\nHost: api\r\n\r\nGET /2 HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");

        const string whole = "\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-Sum: \xe4\r\n\r\n";
        var parts = answer.Split("HTTP/1.1 200 OK");
        Assert.Equal(3, parts.Length);
        Assert.All(parts[1..], part => Assert.EndsWith(whole, part, StringComparison.Ordinal));
        Assert.All(parts[1..], part => Assert.Contains("Transfer-Encoding: chunked\r\n", part, StringComparison.Ordinal));
        Assert.All(parts[1..], part => Assert.Equal(announced.Length > 0, part.Contains(announced.Length > 0 ? announced : "Trailer", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task P18_a_client_of_HTTP_1_0_gets_the_body_alone()
    {
        using var origin = new RawOrigin($"HTTP/1.1 200 OK\r\nContent-Type: application/x\r\nTrailer: X-Sum\r\n{Body}X-Sum: 7\r\n\r\n");
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", origin.Url));

        var answer = await rig.RawAsync("shop/api", "GET / HTTP/1.0\r\nHost: api\r\nTE: trailers\r\n\r\n");

        Assert.EndsWith("\r\n\r\nhello", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Transfer-Encoding", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Trailer", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 99")]
    [InlineData("Transfer-Encoding: chunked")]
    [InlineData("Set-Cookie: a=b")]
    [InlineData("Location: /x")]
    [InlineData("WWW-Authenticate: Basic")]
    public async Task P18_what_must_not_come_late_is_dropped_and_not_announced(string field)
    {
        using var origin = new RawOrigin(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/x\r\nTrailer: {field[..field.IndexOf(':', StringComparison.Ordinal)]}, X-Good\r\n{Body}{field}\r\nX-Good: 1\r\n\r\n");
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", origin.Url));

        var answer = await rig.RawAsync("shop/api", "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n");

        Assert.Contains("\r\nTrailer: X-Good\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n0\r\nX-Good: 1\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Content-Length: 5\r\n", "\r\n\r\nhello")]
    [InlineData("TE: trailers\r\nConnection: TE, close\r\n", "Trailer: X-Sum\r\n", "\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n")]
    public async Task P18_a_length_gives_way_to_trailers_that_are_announced_and_asked_for(string asked, string field, string end)
    {
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/x";
                context.Response.DeclareTrailer("X-Sum");
                context.Response.ContentLength = 5;
                await context.Response.WriteAsync("hello");
                context.Response.AppendTrailer("X-Sum", "7");
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", $"http://127.0.0.1:{origin.Port}") with
        {
            Ports = [new("http", GatewayRig.Plain, Elsewhere.Model.Protocol.Tcp, "", "kubernetes.io/h2c")],
        });

        var answer = await rig.RawAsync("shop/api", $"GET / HTTP/1.1\r\nHost: api\r\n{(asked.Length > 0 ? asked : "Connection: close\r\n")}\r\n");

        Assert.Contains($"\r\n{field}", answer, StringComparison.Ordinal);
        Assert.Equal(asked.Length == 0, !answer.Contains("Trailer", StringComparison.Ordinal));
        Assert.EndsWith(end, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P18_R9_trailers_are_mapped_and_a_digest_of_another_body_is_none()
    {
        using var origin = new RawOrigin(request =>
        {
            var link = $"http://{request.Field("Host")}/x";
            return request.SendAsync(
                $"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n{link.Length:x}\r\n{link}\r\n0\r\nLink: <{link}>\r\nRepr-Digest: sha-256=:x:\r\n\r\n");
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", origin.Url));

        var answer = await rig.RawAsync("shop/api", "GET / HTTP/1.1\r\nHost: api:8080\r\nConnection: close\r\n\r\n");

        Assert.EndsWith("\r\nhttp://api:8080/x\r\n0\r\nLink: <http://api:8080/x>\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P18_answers_without_a_body_have_no_chunks()
    {
        using var origin = new RawOrigin(request => request.SendAsync(
            request.Line.StartsWith("HEAD", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" : "HTTP/1.1 304 Not Modified\r\n\r\n"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", origin.Url));

        Assert.EndsWith("\r\n\r\n", await rig.RawAsync("shop/api", "HEAD / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("chunked", await rig.RawAsync("shop/api", "GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P18_chunks_carry_the_same_bytes_however_they_are_written()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            var writer = new ChunkedWriter().Begin(pipe.Writer);
            using var written = new MemoryStream();
            for (var i = random.Next(30); i > 0; i--)
            {
                var piece = new byte[random.Next(4) == 0 ? random.Next(70_000) : random.Next(300)];
                random.NextBytes(piece);
                written.Write(piece);
                if (random.Next(3) == 0)
                    await writer.WriteAsync(piece);
                else
                    writer.Write(piece);
                if (random.Next(4) == 0)
                    _ = await writer.FlushAsync();
                if (random.Next(4) == 0)
                    _ = writer.GetMemory(random.Next(10_000));
            }

            writer.Trailer("A", "b");
            _ = await writer.EndAsync(CancellationToken.None);
            await pipe.Writer.CompleteAsync();
            Assert.True(pipe.Reader.TryRead(out var read));
            Assert.Equal(Convert.ToHexString(written.ToArray()), Convert.ToHexString(Decode(read.Buffer.ToArray())));
        }
    }

    private static byte[] Decode(byte[] bytes)
    {
        using var body = new MemoryStream();
        for (var at = 0; ;)
        {
            var line = bytes.AsSpan(at).IndexOf("\r\n"u8);
            var size = Convert.ToInt32(Encoding.ASCII.GetString(bytes, at, line), 16);
            at += line + 2;
            if (size == 0)
            {
                Assert.Equal("A: b\r\n\r\n", Encoding.ASCII.GetString(bytes, at, bytes.Length - at));
                return body.ToArray();
            }

            body.Write(bytes, at, size);
            Assert.Equal("\r\n", Encoding.ASCII.GetString(bytes, at + size, 2));
            at += size + 2;
        }
    }
}
