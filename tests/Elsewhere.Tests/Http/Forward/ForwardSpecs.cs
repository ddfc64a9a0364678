using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>What goes on to the origin, and what comes back.</summary>
public sealed class ForwardSpecs
{
    [Fact]
    public async Task Links_redirects_and_cookies_of_the_origin_come_back_in_the_clients_terms()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(
            $"{{\"next\":\"http://{request.Field("Host")}/page/2\"}}",
            "application/json",
            $"Location: http://{request.Field("Host")}/there\r\nSet-Cookie: a=b; Domain=127.0.0.1; Path=/\r\nETag: \"v1\"\r\n",
            "201 Created")));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.Client("shop/payments").GetAsync("http://payments.shop:8080/");

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("{\"next\":\"http://payments.shop:8080/page/2\"}", await answer.Content.ReadAsStringAsync());
        Assert.Equal("http://payments.shop:8080/there", answer.Headers.Location!.OriginalString);
        Assert.True(answer.Headers.ETag!.IsWeak);
        Assert.DoesNotContain("127.0.0.1", answer.Headers.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_base_path_is_added_on_the_way_out_and_taken_off_on_the_way_back()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer("ok", fields: "Location: /v2/things/7\r\n", status: "201 Created")));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/api", $"{origin.Url}/v2"));

        var answer = await rig.Client("shop/api").PostAsync("http://api/things?x=1", new StringContent("{}"));

        Assert.Equal("POST /v2/things?x=1 HTTP/1.1", Assert.Single(origin.Requests).Line);
        Assert.Equal("/things/7", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_compressed_text_is_mapped_inside_and_a_part_of_it_is_asked_for_whole()
    {
        using var origin = new RawOrigin(async request =>
        {
            using var coded = new MemoryStream();
            using (var gzip = new GZipStream(coded, CompressionLevel.Fastest, leaveOpen: true))
                gzip.Write(Encoding.UTF8.GetBytes($"<a href='http://{request.Field("Host")}/x'>"));
            var isPart = request.Field("Range") is not null;
            await request.SendAsync($"HTTP/1.1 {(isPart ? "206 Partial Content\r\nContent-Range: bytes 0-9/99" : "200 OK")}\r\nContent-Type: text/html\r\n"
                + (isPart ? "Content-Length: 10\r\n\r\n<a href='ht" : $"Content-Encoding: gzip\r\nContent-Length: {coded.Length}\r\n\r\n"));
            if (!isPart)
                await request.Stream.WriteAsync(coded.ToArray());
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/web", origin.Url));
        using var ask = new HttpRequestMessage(HttpMethod.Get, "http://web/");
        ask.Headers.Range = new(0, 9);
        ask.Headers.AcceptEncoding.ParseAdd("gzip");

        var answer = await rig.Client("shop/web").SendAsync(ask);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("<a href='http://web/x'>", await answer.Content.ReadAsStringAsync());
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task P17_what_belongs_to_one_connection_does_not_go_on()
    {
        using var origin = new RawOrigin("HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nX-End: 1\r\nContent-Length: 0\r\n\r\n");
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        using var socket = await GatewayRig.DialAsync(rig.At("shop/payments"), CancellationToken.None);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "GET / HTTP/1.1\r\nHost: payments\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nProxy-Authorization: Basic x\r\nProxy-Connection: keep-alive\r\nTE: trailers, deflate\r\nX-End: 2\r\n\r\n"));
        var answer = await UntilAsync(stream, "\r\n\r\n");

        var request = Assert.Single(origin.Requests);
        Assert.Null(request.Field("X-Mine"));
        Assert.Null(request.Field("Proxy-Authorization"));
        Assert.Null(request.Field("Proxy-Connection"));
        Assert.Equal("trailers", request.Field("TE"));
        Assert.Equal("2", request.Field("X-End"));
        Assert.DoesNotContain("X-Hop", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Keep-Alive", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Proxy-Authenticate", answer, StringComparison.Ordinal);
        Assert.Contains("X-End: 1", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task P17_nothing_that_is_for_a_proxy_goes_on_and_what_other_proxies_say_of_the_way_does(int version)
    {
        using var origin = new RawOrigin(
            "HTTP/1.1 200 OK\r\nProxy-Authenticate: Basic\r\nProxy-Authentication-Info: a\r\nProxy-Connection: close\r\nProxy-Status: cdn; hit\r\nVia: 1.1 cdn\r\nContent-Length: 0\r\n\r\n");
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://payments/") { Version = new Version(version, version == 1 ? 1 : 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var name in (string[])["Proxy", "Proxy-Authorization", "proxy-features", "Proxy-Instruction", "Proxy-Status"])
            Assert.True(request.Headers.TryAddWithoutValidation(name, "evil"));
        request.Headers.Via.ParseAdd("1.1 edge");

        var answer = await rig.Client("shop/payments").SendAsync(request);

        var head = Assert.Single(origin.Requests).Head;
        Assert.DoesNotContain("evil", head, StringComparison.Ordinal);
        Assert.Equal("1.1 edge", origin.Requests[0].Field("Via"));
        Assert.Equal("cdn; hit", Assert.Single(answer.Headers.GetValues("Proxy-Status")));
        Assert.Equal("1.1 cdn", Assert.Single(answer.Headers.GetValues("Via")));
        Assert.Single(answer.Headers, static field => field.Key.StartsWith("Proxy", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Header_fields_of_the_manifest_are_set_added_and_removed_byte_by_byte()
    {
        using var origin = new RawOrigin("HTTP/1.1 204 No Content\r\n\r\n");
        var http = HttpView.Default with
        {
            SetHeaders = [new("X-Api-Key", "geheim-ü", null)],
            AddHeaders = [new("X-Tag", "two", null)],
            RemoveHeaders = ["X-Secret"],
        };
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url) with { Http = http });

        await rig.RawAsync("shop/payments", "GET / HTTP/1.1\r\nHost: payments\r\nx-api-key: client\r\nX-Tag: one\r\nX-Secret: 1\r\nX-Latin: \xe4\r\nConnection: close\r\n\r\n");

        var head = Assert.Single(origin.Requests).Head;
        Assert.Contains("X-Api-Key: geheim-Ã¼\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("client", head, StringComparison.Ordinal);
        Assert.Contains("X-Tag: one\r\n", head, StringComparison.Ordinal);
        Assert.Contains("X-Tag: two\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Secret", head, StringComparison.Ordinal);
        Assert.Contains("X-Latin: \xe4\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P23_an_event_arrives_before_the_next_one_is_sent()
    {
        var next = new SemaphoreSlim(0);
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var i = 0; i < 3; i++)
            {
                await next.WaitAsync();
                var text = $"data: http://{request.Field("Host")}/{i}\n\n";
                await request.SendAsync($"{text.Length:x}\r\n{text}\r\n");
            }

            await request.SendAsync("0\r\n\r\n");
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/events", origin.Url));

        var answer = await rig.Client("shop/events").GetAsync("http://events/", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var i = 0; i < 3; i++)
        {
            next.Release();
            Assert.Equal($"data: http://events/{i}", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
        }

        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task A_body_of_any_framing_arrives_whole()
    {
        using var origin = new RawOrigin(async request =>
            await request.SendAsync(RawOrigin.Answer($"{request.Field("Transfer-Encoding")}{request.Field("Content-Length")}:{Encoding.Latin1.GetString(await request.BodyAsync())}")));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        const string head = "Host: payments\r\nConnection: close\r\n";

        Assert.EndsWith("5:hello", await rig.RawAsync("shop/payments", $"PUT / HTTP/1.1\r\n{head}Content-Length: 5\r\n\r\nhello"), StringComparison.Ordinal);
        Assert.EndsWith("chunked:hello", await rig.RawAsync("shop/payments", $"PUT / HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), StringComparison.Ordinal);
        Assert.EndsWith("0:", await rig.RawAsync("shop/payments", $"POST / HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n"), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n:", await rig.RawAsync("shop/payments", $"GET / HTTP/1.1\r\n{head}\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P22_an_upgrade_becomes_a_tunnel_only_after_101()
    {
        using var origin = new RawOrigin(async request =>
        {
            if (request.Line.Contains("/no", StringComparison.Ordinal))
            {
                await request.SendAsync(RawOrigin.Answer("no"));
                return;
            }

            Assert.Equal("echo", request.Field("Upgrade"));
            await request.SendAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            var buffer = new byte[100];
            int count;
            while ((count = await request.Stream.ReadAsync(buffer)) > 0)
                await request.Stream.WriteAsync(buffer.AsMemory(0, count));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/ws", origin.Url));
        const string upgrade = "HTTP/1.1\r\nHost: ws\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

        using var socket = await GatewayRig.DialAsync(rig.At("shop/ws"), CancellationToken.None);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / {upgrade}"));
        Assert.StartsWith("HTTP/1.1 101 ", await UntilAsync(stream, "\r\n\r\n"), StringComparison.Ordinal);
        await stream.WriteAsync("ping"u8.ToArray());
        Assert.Equal("ping", await UntilAsync(stream, "ping"));

        using var other = await GatewayRig.DialAsync(rig.At("shop/ws"), CancellationToken.None);
        using var second = new NetworkStream(other);
        await second.WriteAsync(Encoding.ASCII.GetBytes($"GET /no {upgrade}"));
        Assert.StartsWith("HTTP/1.1 200 ", await UntilAsync(second, "no"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp", GatewayRig.Plain)]
    [InlineData("tcp", GatewayRig.Secure)]
    [InlineData("websocket", GatewayRig.Plain)]
    public async Task P22_a_client_that_has_said_all_is_heard_to_its_end_and_hears_the_rest(string protocol, int port)
    {
        var go = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
            using var all = new MemoryStream();
            await request.Stream.CopyToAsync(all);
            await request.SendAsync($"<{Encoding.ASCII.GetString(all.ToArray())}");
            await go.Task;
            await request.SendAsync(">");
            request.Stream.Close();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/attach", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/attach", port), CancellationToken.None);
        await using Stream plain = new NetworkStream(socket);
        await using var secure = port == GatewayRig.Secure ? new SslStream(plain) : null;
        if (secure is not null)
            await secure.AuthenticateAsClientAsync(rig.Trusting("attach.shop"));
        var stream = secure ?? plain;
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: attach.shop\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 101 ", await UntilAsync(stream, "\r\n\r\n"), StringComparison.Ordinal);

        await stream.WriteAsync("all"u8.ToArray());
        if (secure is not null)
            await secure.ShutdownAsync();
        else
            socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("<all", await UntilAsync(stream, "all"));
        go.SetResult();
        Assert.Equal(">", await UntilAsync(stream, ">"));
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task P24_a_client_that_goes_away_is_noticed_by_the_origin()
    {
        var gone = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
            Assert.Equal(0, await request.Stream.ReadAsync(new byte[1]));
            gone.SetResult();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/slow", origin.Url));

        using (var answer = await rig.Client("shop/slow").GetAsync("http://slow/", HttpCompletionOption.ResponseHeadersRead))
        {
            var body = await answer.Content.ReadAsStreamAsync();
            Assert.Equal('x', body.ReadByte());
        }

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("rubbish\r\n\r\n", 502, "gateway-origin-protocol")]
    [InlineData("", 502, "gateway-origin-closed")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", 502, "gateway-origin-closed")]
    public async Task An_origin_that_answers_rubbish_or_nothing_is_named(string bytes, int status, string code)
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(bytes);
            request.Stream.Close();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.Client("shop/payments").PostAsync("http://payments/", new StringContent("x"));

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
    }

    [Fact]
    public async Task P25_a_header_without_end_costs_one_request_and_no_more()
    {
        using var origin = new RawOrigin(async request =>
        {
            if (request.Line.Contains("/fine", StringComparison.Ordinal))
            {
                await request.SendAsync(RawOrigin.Answer("fine"));
                return;
            }

            await request.SendAsync("HTTP/1.1 200 OK\r\n");
            while (true)
                await request.SendAsync($"Set-Cookie: a={new string('x', 1000)}\r\n");
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.Client("shop/payments").GetAsync("http://payments/");

        Assert.Equal("gateway-origin-headers", Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
        Assert.Equal("fine", await rig.Client("shop/payments").GetStringAsync("http://payments/fine"));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_does_not_look_complete()
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf");
            request.Stream.Close();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => rig.Client("shop/payments").GetStringAsync("http://payments/"));
    }

    private static async Task<string> UntilAsync(Stream stream, string end)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, limit.Token) == 0)
                return text.ToString();
            text.Append((char)one[0]);
        }

        return text.ToString();
    }
}
