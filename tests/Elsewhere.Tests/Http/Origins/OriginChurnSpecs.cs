using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Forward;
using static Elsewhere.Tests.Http.Origins.NamedOrigins;

namespace Elsewhere.Tests.Http.Origins;

/// <summary>Origins whose connections end and whose names lead elsewhere while requests are under way.</summary>
public sealed class OriginChurnSpecs
{
    [Theory]
    [InlineData("POST", true)]
    [InlineData("POST", false)]
    [InlineData("GET", false)]
    public async Task U7_a_connection_that_ends_as_it_is_used_again_costs_no_GET_and_doubles_no_POST(string method, bool hasBody)
    {
        var seen = new ConcurrentDictionary<string, int>();
        var perConnection = new ConcurrentDictionary<NetworkStream, int>();
        using var origin = new RawOrigin(async request =>
        {
            seen.AddOrUpdate(request.Field("X-Id")!, 1, static (_, n) => n + 1);
            await request.BodyAsync();
            if (perConnection.AddOrUpdate(request.Stream, 1, static (_, n) => n + 1) > 1)
            {
                request.Stream.Socket.Close(0);
                return;
            }

            await request.SendAsync(RawOrigin.Answer("ok"));
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias(Key, origin.Url));
        using var client = rig.Client(Key);
        for (var i = 0; i < 20; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "http://payments:8080/") { Content = hasBody ? new StringContent("once") : null };
            request.Headers.Add("X-Id", $"{i}");
            var answer = await client.SendAsync(request);
            Assert.True(method == "POST" || answer.IsSuccessStatusCode);
        }

        Assert.Equal(20, seen.Count);
        Assert.All(seen.Values, times => Assert.True(method == "GET" || times == 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task U7_connections_that_end_at_any_moment_after_an_answer_fail_no_request_that_may_be_repeated(bool byReset)
    {
        using var origin = new RawOrigin(async request =>
        {
            await request.BodyAsync();
            await request.SendAsync(RawOrigin.Answer("ok"));
            var turn = Random.Shared.Next(8);
            if (turn > 3)
                return;
            for (var wait = 0; wait < turn; wait++)
                await Task.Yield();
            request.Stream.Socket.Close(byReset ? 0 : 1);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias(Key, origin.Url));
        using var client = rig.Client(Key);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            for (var i = 0; i < 150; i++)
            {
                using var answer = await client.GetAsync("http://payments:8080/");
                var body = await answer.Content.ReadAsStringAsync();
                Assert.True(body == "ok", body);
            }
        }));
    }

    [Fact]
    public async Task U7_connections_that_end_at_any_moment_double_no_POST()
    {
        var seen = new ConcurrentDictionary<string, int>();
        using var origin = new RawOrigin(async request =>
        {
            seen.AddOrUpdate(request.Field("X-Id")!, 1, static (_, n) => n + 1);
            await request.BodyAsync();
            var turn = Random.Shared.Next(8);
            if (turn > 1)
                await request.SendAsync(RawOrigin.Answer("ok"));
            if (turn < 4)
                request.Stream.Socket.Close(turn % 2);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias(Key, origin.Url) with { Http = HttpView.Default with { Retries = new(3, [.. Enum.GetValues<RetryCondition>()]) } });
        using var client = rig.Client(Key);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            for (var i = 0; i < 100; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "http://payments:8080/") { Headers = { { "X-Id", $"{worker}-{i}" } }, Content = new ByteArrayContent(new byte[i % 3]) };
                using var answer = await client.SendAsync(request);
                Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadGateway, $"{answer}");
            }
        }));

        Assert.All(seen, static one => Assert.Equal(1, one.Value));
    }

    [Fact]
    public async Task U2_a_name_that_leads_elsewhere_a_hundred_times_under_load_fails_no_request()
    {
        var port = FreePort();
        using var a = Named("127.0.0.2", port, IPText.Parse("127.0.0.2"));
        using var b = Named("127.0.0.3", port, IPText.Parse("127.0.0.3"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias(Key, $"http://origin.test:{port}"));
        await rig.Server.RouteAsync(Resolved("origin.test.", "127.0.0.2"));
        using var client = rig.Client(Key);
        using var over = new CancellationTokenSource();
        var sent = 0;
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                using var answer = await client.GetAsync("http://payments:8080/");
                Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
                Interlocked.Increment(ref sent);
            }
        })).ToArray();

        for (var flip = 0; flip < 100; flip++)
        {
            var next = flip % 2 == 0 ? "127.0.0.3" : "127.0.0.2";
            await rig.Server.RouteAsync(Resolved("origin.test.", next));
            Assert.Equal(next, (await AskAsync(client, 1))[0]);
            var before = Volatile.Read(ref sent);
            await UntilAsync(() => Task.FromResult(Volatile.Read(ref sent) > before || load.Any(static one => one.IsCompleted)));
        }

        await over.CancelAsync();
        await Task.WhenAll(load);
    }

    [Fact]
    public async Task U2_when_a_name_leads_elsewhere_requests_go_there_at_once_and_the_old_connections_close()
    {
        var old = new TaskCompletionSource();
        var port = FreePort();
        using var before = Named("before", port, IPText.Parse("127.0.0.2"), () => old.TrySetResult());
        using var after = Named("after", port, IPText.Parse("127.0.0.3"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias(Key, $"http://origin.test:{port}"));
        using var client = rig.Client(Key);
        await rig.Server.RouteAsync(Resolved("origin.test.", "127.0.0.2"));
        Assert.All(await AskAsync(client, 3), answer => Assert.Equal("before", answer));

        await rig.Server.RouteAsync(Resolved("origin.test.", "127.0.0.3"));

        Assert.All(await AskAsync(client, 10), answer => Assert.Equal("after", answer));
        await old.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task U6_a_name_that_leads_to_what_may_not_be_dialled_after_it_was_checked_is_not_asked_any_more()
    {
        var old = new TaskCompletionSource();
        var port = FreePort();
        using var before = Named("before", port, IPText.Parse("127.0.0.2"), () => old.TrySetResult());
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias(Key, $"http://origin.test:{port}"));
        rig.With("origin.test.", IPText.Parse("169.254.169.254"));
        using var client = rig.Client(Key);
        await rig.Server.RouteAsync(Resolved("origin.test.", "127.0.0.2"));
        Assert.Equal("before", (await AskAsync(client, 1))[0]);

        foreach (var denied in (string[])["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "0.0.0.0"])
        {
            await rig.Server.RouteAsync(Resolved("origin.test.", denied));

            using var answer = await client.GetAsync("http://payments:8080/");
            Assert.Equal("gateway-origin-denied", answer.Headers.GetValues("Elsewhere-Error").Single());
            Assert.Equal(IPText.Parse(denied), Assert.Single(rig.Server.Origins.Denied).Address);
        }

        await old.Task.WaitAsync(Deadline);
        Assert.Single(before.Requests);
    }
}
