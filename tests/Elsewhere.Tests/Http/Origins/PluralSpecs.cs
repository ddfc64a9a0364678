using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Forward;

namespace Elsewhere.Tests.Http.Origins;

/// <summary>Origins in plural, over real sockets.</summary>
public sealed class PluralSpecs
{
    private const string Key = "shop/payments";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Requests_are_shared_by_weight_and_what_is_drained_gets_none()
    {
        using var a = Named("a");
        using var b = Named("b");
        using var drained = Named("drained");
        await using var rig = await GatewayRig.StartAsync(With(Origins(a, b, drained), (1, o => o with { Weight = 50 }), (2, o => o with { Weight = 0 })));
        using var client = rig.Client(Key);

        var answers = await AskAsync(client, 30);

        Assert.Equal(20, answers.Count(answer => answer == "a"));
        Assert.Equal(10, answers.Count(answer => answer == "b"));
    }

    [Fact]
    public async Task A_dead_origin_is_not_felt_and_the_next_priority_serves_only_without_the_first()
    {
        using var first = Named("first");
        using var backup = Named("backup");
        await using var rig = await GatewayRig.StartAsync(With(Origins(first, backup), (1, o => o with { Priority = 1 })));
        using var client = rig.Client(Key);
        Assert.All(await AskAsync(client, 5), answer => Assert.Equal("first", answer));

        first.Dispose();
        Assert.All(await AskAsync(rig.Client(Key), 20), answer => Assert.Equal("backup", answer));
    }

    [Fact]
    public async Task U11_an_origin_that_comes_back_serves_again_without_a_request_that_had_to_find_out()
    {
        var port = FreePort();
        using var backup = Named("backup");
        await using var rig = await GatewayRig.StartAsync(With(Given(port, backup.Port), (1, o => o with { Priority = 1 })));
        using var client = rig.Client(Key);
        for (var flip = 0; flip < 3; flip++)
        {
            using (Named("first", port))
                await UntilAsync(async () => (await AskAsync(client, 1))[0] == "first");
            Assert.Equal("backup", (await AskAsync(client, 1))[0]);
        }
    }

    [Fact]
    public async Task U11_what_one_alias_learns_of_an_address_all_know()
    {
        var dead = FreePort();
        using var works = Named("works");
        var one = Given(dead, works.Port);
        var other = one with { Key = new ObjectKey("shop", "other") };
        await using var rig = await GatewayRig.StartAsync(one, other);
        await AskAsync(rig.Client(Key), 2);

        var state = Assert.Single(rig.Server.Origins.Addresses, address => address.Key.Origin.Port == dead);
        Assert.Equal(AddressHealth.Unreachable, state.Health);
        Assert.Equal(2, rig.Server.Origins.Addresses.Count);
    }

    [Fact]
    public async Task An_origin_that_answers_502_five_times_in_a_row_is_left_alone()
    {
        using var bad = new RawOrigin(RawOrigin.Answer("bad", status: "502 Bad Gateway"));
        using var good = Named("good");
        await using var rig = await GatewayRig.StartAsync(Origins(bad, good));
        using var client = rig.Client(Key);

        var answers = await AskAsync(client, 20);

        Assert.Equal(5, answers.Count(answer => answer == "bad"));
        Assert.Equal(5, bad.Requests.Count);
    }

    [Fact]
    public async Task A_status_that_may_be_retried_is_retried_at_another_origin_for_GET_and_passed_on_for_POST()
    {
        using var bad = new RawOrigin(RawOrigin.Answer("bad", status: "503 Service Unavailable"));
        using var good = Named("good");
        var alias = Origins(bad, good);
        await using var rig = await GatewayRig.StartAsync(alias with { Http = HttpView.Default with { Retries = new(1, [RetryCondition.RetriableStatus]) } });
        using var client = rig.Client(Key);

        Assert.All(await AskAsync(client, 4), answer => Assert.Equal("good", answer));
        await client.PostAsync("http://payments:8080/", new StringContent("x"));
        await client.PostAsync("http://payments:8080/", new StringContent("x"));

        Assert.Equal(1, bad.Requests.Count(request => request.Line.StartsWith("POST", StringComparison.Ordinal)));
        Assert.Equal(1, good.Requests.Count(request => request.Line.StartsWith("POST", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task With_every_origin_dead_the_client_is_told_what_is_wrong_with_them()
    {
        await using var rig = await GatewayRig.StartAsync(Given(FreePort(), FreePort()));
        using var client = rig.Client(Key);
        for (var i = 0; i < 3; i++)
        {
            var answer = await client.GetAsync("http://payments:8080/");
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            Assert.Equal("gateway-origin-unreachable", answer.Headers.GetValues("Elsewhere-Error").Single());
        }
    }

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
    public async Task Requests_over_the_rate_get_429_and_when_to_come_again()
    {
        using var origin = Named("ok");
        await using var rig = await GatewayRig.StartAsync(
            GatewayRig.Alias(Key, origin.Url) with { Http = HttpView.Default with { RateLimit = new(1, 2, 0) } });
        using var client = rig.Client(Key);
        var answers = new List<HttpResponseMessage>();
        for (var i = 0; i < 10; i++)
            answers.Add(await client.GetAsync("http://payments:8080/"));

        var refused = answers.Where(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta));
        Assert.Equal(10 - refused.Count, origin.Requests.Count);
        Assert.Equal("gateway-over-rate", refused[0].Headers.GetValues("Elsewhere-Error").Single());
    }

    [Fact]
    public async Task Requests_over_the_concurrency_get_429_and_a_place_is_free_when_one_ends()
    {
        var release = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            arrived.TrySetResult();
            await release.Task;
            await request.SendAsync(RawOrigin.Answer("ok"));
        });
        await using var rig = await GatewayRig.StartAsync(
            GatewayRig.Alias(Key, origin.Url) with { Http = HttpView.Default with { RateLimit = new(0, 0, 1) } });
        using var client = rig.Client(Key);
        var first = client.GetAsync("http://payments:8080/");
        await arrived.Task.WaitAsync(Deadline);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.GetAsync("http://payments:8080/")).StatusCode);
        release.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        await UntilAsync(async () => (await client.GetAsync("http://payments:8080/")).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_check_of_the_manifest_takes_an_origin_out_and_brings_it_back()
    {
        var status = "200 OK";
        using var checkedOne = new RawOrigin(request => request.SendAsync(
            RawOrigin.Answer("checked", status: request.Line.StartsWith("GET /healthz ", StringComparison.Ordinal) ? Volatile.Read(ref status) : "200 OK")));
        using var backup = Named("backup");
        var alias = With(Origins(checkedOne, backup), (1, o => o with { Priority = 1 }));
        await using var rig = await GatewayRig.StartAsync(alias with
        {
            HealthCheck = new("/healthz", [new StatusRange(200, 399)], TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2), 1, 2),
        });
        using var client = rig.Client(Key);
        Assert.Equal("checked", (await AskAsync(client, 1))[0]);

        Volatile.Write(ref status, "500 Internal Server Error");
        await UntilAsync(async () => (await AskAsync(client, 1))[0] == "backup");
        var health = rig.Server.Origins.Addresses.Single(address => address.Key.Origin.Port == checkedOne.Port).Status;
        Assert.EndsWith("answered 500 to GET /healthz", health.Reason, StringComparison.Ordinal);

        Volatile.Write(ref status, "204 No Content");
        await UntilAsync(async () => (await AskAsync(client, 1))[0] == "checked");
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

    [Fact]
    public async Task Of_three_thousand_requests_each_origin_has_its_share_by_weight_and_the_next_priority_none()
    {
        using var a = Named("a");
        using var b = Named("b");
        using var c = Named("c");
        using var backup = Named("backup");
        await using var rig = await GatewayRig.StartAsync(
            With(Origins(a, b, c, backup), (0, o => o with { Weight = 7 }), (1, o => o with { Weight = 2 }), (2, o => o with { Weight = 1 }), (3, o => o with { Priority = 1, Weight = 1_000_000 })));
        using var client = rig.Client(Key);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            for (var i = 0; i < 300; i++)
                await client.GetStringAsync("http://payments:8080/");
        }));

        Assert.Equal([2_100, 600, 300, 0], ((RawOrigin[])[a, b, c, backup]).Select(static origin => origin.Requests.Count));
    }

    private static OriginAddresses Resolved(string name, string address) => OriginAddresses.Create(
        [new OriginState(DnsName.Parse(name), [IPText.Parse(address)], TimeSpan.FromSeconds(30), TimeProvider.System.GetUtcNow(), null)]);

    private static RawOrigin Named(string name) => new(RawOrigin.Answer(name));

    private static RawOrigin Named(string name, int port, IPAddress? address = null, Action? closed = null) =>
        new(request => request.SendAsync(RawOrigin.Answer(name)), new IPEndPoint(address ?? IPAddress.Loopback, port), closed);

    private static AliasView Origins(params RawOrigin[] origins) => GatewayRig.Alias(Key, [.. origins.Select(static origin => origin.Url)]);

    private static AliasView Given(params int[] ports) => GatewayRig.Alias(Key, [.. ports.Select(static port => $"http://127.0.0.1:{port}")]);

    private static AliasView With(AliasView alias, params (int Index, Func<OriginView, OriginView> Change)[] changes)
    {
        var origins = alias.Origins.ToArray();
        foreach (var (index, change) in changes)
            origins[index] = change(origins[index]);
        return alias with { Origins = origins.ToSeq() };
    }

    private static async Task<List<string>> AskAsync(HttpClient client, int times)
    {
        var answers = new List<string>();
        for (var i = 0; i < times; i++)
            answers.Add(await client.GetStringAsync(new Uri("http://payments:8080/")).ContinueWith(static asked => asked.IsCompletedSuccessfully ? asked.Result : "bad", TaskScheduler.Default));
        return answers;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!await isSo())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }
    }

    private static int FreePort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }
}
