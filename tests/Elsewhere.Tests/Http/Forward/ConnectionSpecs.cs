using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>What a connection is used for, on either side, and when it ends.</summary>
public sealed class ConnectionSpecs
{
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task P7_a_client_that_waits_for_100_hears_it_when_the_origin_wants_the_body()
    {
        using var origin = new RawOrigin(async request =>
        {
            Assert.Equal("100-continue", request.Field("Expect"));
            await request.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await request.SendAsync(RawOrigin.Answer(Encoding.ASCII.GetString(await request.BodyAsync())));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var client = await Client.ConnectAsync(rig.At("shop/up"));

        await client.SendAsync("PUT / HTTP/1.1\r\nHost: up\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.UntilAsync("\r\n\r\n"));
        await client.SendAsync("body");
        Assert.EndsWith("\r\n\r\nbody", await client.UntilAsync("body"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P7_a_client_that_waits_for_100_gets_the_refusal_instead_and_sends_nothing()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("no", status: "417 Expectation Failed"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var client = await Client.ConnectAsync(rig.At("shop/up"));

        await client.SendAsync("PUT / HTTP/1.1\r\nHost: up\r\nExpect: 100-continue\r\nContent-Length: 4000\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 417 ", await client.UntilAsync("no"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P8_interim_answers_of_the_origin_do_not_disturb_the_final_one()
    {
        using var origin = new RawOrigin(
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + RawOrigin.Answer("final"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/hints", origin.Url));

        Assert.Equal("final", await rig.Client("shop/hints").GetStringAsync("http://hints/1"));
        Assert.Equal("final", await rig.Client("shop/hints").GetStringAsync("http://hints/2"));
    }

    [Fact]
    public async Task P6_an_answer_that_comes_before_the_body_belongs_to_its_request_and_to_no_other()
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(RawOrigin.Answer(request.Line, status: "413 Content Too Large"));
            await request.BodyAsync();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/up", origin.Url));
        using var client = await Client.ConnectAsync(rig.At("shop/up"));

        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync($"POST /{i} HTTP/1.1\r\nHost: up\r\nContent-Length: 100000\r\n\r\n");
            await client.SendAsync(new string('x', 100_000));
            Assert.Contains("413", await client.UntilAsync($"POST /{i} HTTP/1.1"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task P26_bytes_behind_a_response_are_nobodys_response()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(request.Line) + RawOrigin.Answer("smuggled")));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/odd", origin.Url));
        using var client = rig.Client("shop/odd");

        for (var i = 0; i < 20; i++)
            Assert.Equal($"GET /{i} HTTP/1.1", await client.GetStringAsync($"http://odd/{i}"));
    }

    [Theory]
    [InlineData("Content-Length: 4\r\n\r\n", "body", "body")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "4\r\nbody\r\n0\r\n\r\n", "0\r\n\r\n")]
    public async Task A_body_that_comes_after_its_head_arrives_although_the_connection_stays_open(string head, string body, string end)
    {
        var go = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\n{head}");
            await go.Task;
            await request.SendAsync(body);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/late", origin.Url));
        using var client = await Client.ConnectAsync(rig.At("shop/late"));

        await client.SendAsync("GET / HTTP/1.1\r\nHost: late\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await client.UntilAsync("\r\n\r\n"), StringComparison.Ordinal);
        go.SetResult();

        Assert.EndsWith(end, await client.UntilAsync(end), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_to_the_origin_are_used_again()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("again"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/web", origin.Url));

        for (var i = 0; i < 20; i++)
            Assert.Equal("again", await rig.Client("shop/web").GetStringAsync("http://web/"));

        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task U7_a_connection_that_the_origin_closes_while_it_is_idle_is_not_felt()
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(RawOrigin.Answer("fine"));
            request.Stream.Close();
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/web", origin.Url));
        using var client = rig.Client("shop/web");

        for (var i = 0; i < 200; i++)
            Assert.Equal("fine", await client.GetStringAsync("http://web/"));
    }

    [Fact]
    public async Task O1_a_drain_lets_what_is_under_way_end_and_asks_the_client_to_go()
    {
        var (asked, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var origin = new RawOrigin(async request =>
        {
            asked.SetResult();
            await go.Task;
            await request.SendAsync(RawOrigin.Answer("ended"));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/slow", origin.Url));
        using var client = await Client.ConnectAsync(rig.At("shop/slow"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: slow\r\n\r\n");
        await asked.Task.WaitAsync(deadline);

        var drain = rig.Server.DrainAsync(deadline);
        await Assert.ThrowsAsync<SocketException>(() => GatewayRig.DialAsync(rig.At("shop/slow"), CancellationToken.None));
        go.SetResult();
        var answer = await client.ToEndAsync();

        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.EndsWith("ended", answer, StringComparison.Ordinal);
        Assert.Equal(0, await drain);
    }

    [Fact]
    public async Task O1_a_drain_does_not_wait_longer_than_it_may()
    {
        var asked = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            asked.SetResult();
            await request.Stream.CopyToAsync(Stream.Null);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/never", origin.Url));
        using var client = await Client.ConnectAsync(rig.At("shop/never"));
        await client.SendAsync("GET / HTTP/1.1\r\nHost: never\r\n\r\n");
        await asked.Task.WaitAsync(deadline);

        Assert.Equal(1, await rig.Server.DrainAsync(TimeSpan.FromMilliseconds(100)));
        Assert.DoesNotContain("200", await client.ToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_origin_is_given_up_and_so_is_one_that_takes_too_long()
    {
        using var silent = new RawOrigin(request => request.Stream.CopyToAsync(Stream.Null));
        using var slow = new RawOrigin(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
                await request.SendAsync("1\r\nx\r\n");
        });
        var idle = HttpView.Default with { Timeouts = new TimeoutsView(TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMilliseconds(200)) };
        var whole = HttpView.Default with { Timeouts = new TimeoutsView(TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(90)) };
        await using var rig = await GatewayRig.StartAsync(
            GatewayRig.Alias("shop/silent", silent.Url) with { Http = idle }, GatewayRig.Alias("shop/slow", slow.Url) with { Http = whole });

        var answer = await rig.Client("shop/silent").GetAsync("http://silent/");
        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Equal("gateway-origin-timeout", Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => rig.Client("shop/slow").GetStringAsync("http://slow/"));
    }

    private sealed class Client(Socket socket) : IDisposable
    {
        private readonly NetworkStream stream = new(socket, ownsSocket: true);

        public static async Task<Client> ConnectAsync(IPEndPoint endPoint) => new(await GatewayRig.DialAsync(endPoint, CancellationToken.None));

        public Task SendAsync(string bytes) => stream.WriteAsync(Encoding.Latin1.GetBytes(bytes)).AsTask();

        public async Task<string> UntilAsync(string end)
        {
            using var limit = new CancellationTokenSource(deadline);
            var text = new StringBuilder();
            var one = new byte[1];
            while (!text.ToString().EndsWith(end, StringComparison.Ordinal) && await stream.ReadAsync(one, limit.Token) > 0)
                text.Append((char)one[0]);
            return text.ToString();
        }

        public async Task<string> ToEndAsync()
        {
            using var limit = new CancellationTokenSource(deadline);
            using var all = new MemoryStream();
            try
            {
                await stream.CopyToAsync(all, limit.Token);
            }
            catch (IOException)
            {
                // A reset is an end as well.
            }

            return Encoding.Latin1.GetString(all.ToArray());
        }

        public void Dispose() => stream.Dispose();
    }
}
