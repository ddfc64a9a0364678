using System.Text;
using Elsewhere.Http.Http1;
using Elsewhere.Tests.Http.Relay;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Http1;

public sealed class GuardedKestrelSpecs
{
    private const string Last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private const string UpgradeRequest = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

    [Fact]
    public async Task P16_a_head_that_takes_too_long_is_answered_with_408()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync, new Http1Limits { Time = time });
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: a");

        var reading = socket.ReadUntilAsync("code: request-head-too-slow\n");
        while (await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System)) != reading)
            time.Advance(TimeSpan.FromSeconds(5));

        Assert.StartsWith("HTTP/1.1 408 ", await reading, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P16_the_time_of_a_head_does_not_run_between_requests_nor_during_a_body()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync, new Http1Limits { Time = time });
        using var slow = await server.ConnectAsync();
        using var idle = await server.ConnectAsync();
        using var body = await server.ConnectAsync();
        await idle.SendAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
        _ = await idle.ReadUntilAsync("GET /1\n");
        await body.SendAsync("POST /2 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        _ = await body.ReadUntilAsync("HTTP/1.1 100 Continue\r\n\r\n");

        // When a head that began after them is out of time, so would these be.
        await slow.SendAsync("GET / HTTP/1.1\r\n");
        var reading = slow.ReadUntilAsync("code: request-head-too-slow\n");
        while (await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System)) != reading)
            time.Advance(TimeSpan.FromSeconds(5));

        await idle.SendAsync(Last);
        Assert.EndsWith("GET /last\n", await idle.ReadRestAsync(), StringComparison.Ordinal);
        await body.SendAsync("hello" + Last);
        var answers = await body.ReadRestAsync();
        Assert.Equal([200, 200], RawHttp.Statuses(answers));
    }

    [Fact]
    public async Task P4_what_follows_an_upgrade_is_a_request_as_long_as_the_answer_is_not_101()
    {
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync);
        using var socket = await server.ConnectAsync();

        await socket.SendAsync(UpgradeRequest + "GET /smuggled HTTP/1.1\r\nHost : a\r\n\r\n");

        var answer = await socket.ReadUntilAsync("code: request-space-before-colon\n");
        Assert.Equal([200, 400], RawHttp.Statuses(answer));
        Assert.DoesNotContain("smuggled", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P4_behind_101_bytes_are_no_requests_any_more()
    {
        await using var server = await GuardedKestrel.StartAsync(EchoTunnelAsync);
        using var socket = await server.ConnectAsync();

        await socket.SendAsync(UpgradeRequest + "\x00\x01GET / HTTP/1.1\nHost : a\r\r\n");

        var answer = await socket.ReadUntilAsync("\x00\x01GET / HTTP/1.1\nHost : a\r\r\n");
        Assert.Equal([101], RawHttp.Statuses(answer));
        await socket.SendAsync("\xff more");
        _ = await socket.ReadUntilAsync("\xff more");
        Assert.Empty(server.Refusals);
    }

    [Fact]
    public async Task P6_a_body_that_nobody_read_is_not_taken_for_the_next_request()
    {
        await using var server = await GuardedKestrel.StartAsync(
            context => context.Request.Path == "/early" ? context.Response.WriteAsync("no thanks\n") : GuardedKestrel.EchoAsync(context));
        using var socket = await server.ConnectAsync();
        var smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

        await socket.SendAsync($"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: {smuggled.Length}\r\n\r\n");
        var answer = await socket.ReadUntilAsync("no thanks\n");
        await socket.SendAsync(smuggled + Last);
        answer += await socket.ReadRestAsync();

        Assert.Equal([200, 200], RawHttp.Statuses(answer));
        Assert.DoesNotContain("smuggled", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_has_begun_is_broken_off_when_the_rest_of_the_body_is_refused()
    {
        await using var server = await GuardedKestrel.StartAsync(async context =>
        {
            await context.Response.WriteAsync("begun\n");
            await context.Response.Body.FlushAsync();
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        using var socket = await server.ConnectAsync();
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
        var answer = await socket.ReadUntilAsync("begun\n");

        await socket.SendAsync("x\r\n");

        answer += await socket.ReadRestAsync();
        Assert.Equal([200], RawHttp.Statuses(answer));
        Assert.DoesNotContain("\r\n0\r\n\r\n", answer, StringComparison.Ordinal);
        Assert.Equal("request-chunk-size-malformed", Assert.Single(server.Refusals).Code);
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n")]
    public async Task A_body_longer_than_allowed_is_refused_as_soon_as_that_is_known(string rest)
    {
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync, new Http1Limits { Body = 10 });
        using var socket = await server.ConnectAsync();

        await socket.SendAsync("POST / HTTP/1.1\r\nHost: a\r\n" + rest);

        Assert.StartsWith("HTTP/1.1 413 ", await socket.ReadUntilAsync("code: request-body-too-large\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_takes_JSON_gets_a_problem_document_and_HEAD_no_body()
    {
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync);
        using var json = await server.ConnectAsync();
        await json.SendAsync("GET / HTTP/1.1\r\nAccept: application/json\r\n\r\n");
        var answer = await json.ReadUntilAsync("}");
        var problem = System.Text.Json.JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..]).RootElement;
        Assert.Contains("Content-Type: application/problem+json\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(("request-host-missing", 400, "client"), (problem.GetProperty("code").GetString(), problem.GetProperty("status").GetInt32(), problem.GetProperty("side").GetString()));

        using var head = await server.ConnectAsync();
        await head.SendAsync("HEAD / HTTP/1.1\r\n\r\n");
        Assert.EndsWith("\r\n\r\n", await head.ReadRestAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_that_leads_nowhere_does_not_reach_the_application()
    {
        var seen = "";
        await using var server = await GuardedKestrel.StartAsync(context =>
        {
            seen = string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}: {h.Value}"));
            return GuardedKestrel.EchoAsync(context);
        });
        using var socket = await server.ConnectAsync();

        await socket.SendAsync(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close, HTTP2-Settings\r\nHTTP2-Settings: AAE\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello");

        Assert.EndsWith("\nhello", await socket.ReadRestAsync(), StringComparison.Ordinal);
        Assert.Equal("Connection: close\nHost: a\nContent-Length: 5", seen);
    }

    [Fact]
    public async Task P19_ten_thousand_targets_arrive_byte_by_byte()
    {
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync);
        using var socket = await server.ConnectAsync();
        var random = new Random(19);
        var targets = Enumerable.Range(0, 10_000).Select(_ => Target(random)).ToArray();

        var sending = socket.SendAllAsync(Encoding.Latin1.GetBytes(string.Concat(targets.Select(t => $"GET {t} HTTP/1.1\r\nHost: a\r\n\r\n")) + Last));
        var answer = await socket.ReadRestAsync();
        await sending;

        var echoed = answer.Split('\n').Where(l => l.StartsWith("GET ", StringComparison.Ordinal)).Select(l => l[4..]);
        Assert.Equal([.. targets, "/last"], echoed);
    }

    [Fact]
    public async Task What_passes_means_to_the_server_what_it_means_to_the_guard()
    {
        await using var server = await GuardedKestrel.StartAsync(GuardedKestrel.EchoAsync);
        for (var seed = 0; seed < 400; seed++)
        {
            var bytes = Http1ParserPropertySpecs.Mutated(new Random(seed));
            var run = ParserRun.Of(new Http1Limits(), bytes);
            var text = Encoding.Latin1.GetString(bytes);

            // Without a refusal, or behind a response that ends the connection, there is no end that could be waited for.
            if (run.Refusal.Length == 0 || text.Contains("HTTP/1.0", StringComparison.Ordinal) || text.Contains("close", StringComparison.OrdinalIgnoreCase))
                continue;
            using var socket = await server.ConnectAsync();
            await socket.SendAllAsync(bytes);
            var answer = await socket.ReadUntilAsync($"code: {run.Refusal[4..]}\n");
            Assert.Equal([.. Enumerable.Repeat(200, run.Requests), int.Parse(run.Refusal[..3], provider: null)], RawHttp.Statuses(answer));
        }
    }

    internal static string Target(Random random)
    {
        const string bytes = "abcXYZ019-._~!$&'()*+,;=:@/%|^`{}[]\"<>";
        var path = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => bytes[random.Next(bytes.Length)])).Replace("%00", "%0", StringComparison.Ordinal);
        return $"/{path}{(random.Next(2) == 0 ? $"?{path}" : "")}";
    }

    private static async Task EchoTunnelAsync(HttpContext context)
    {
        await using var tunnel = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        await tunnel.CopyToAsync(tunnel);
    }
}
