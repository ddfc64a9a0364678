using System.Net;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Forward;
using static Elsewhere.Tests.Http.Origins.NamedOrigins;

namespace Elsewhere.Tests.Http.Origins;

/// <summary>Origins in plural, over real sockets.</summary>
public sealed class PluralSpecs
{
    [Fact]
    public async Task Requests_are_shared_by_weight_and_what_is_drained_gets_none()
    {
        using var a = Named("a");
        using var b = Named("b");
        using var drained = Named("drained");
        await using var rig = await GatewayRig.StartAsync(With(To(a, b, drained), (1, o => o with { Weight = 50 }), (2, o => o with { Weight = 0 })));
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
        await using var rig = await GatewayRig.StartAsync(With(To(first, backup), (1, o => o with { Priority = 1 })));
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
        await using var rig = await GatewayRig.StartAsync(To(bad, good));
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
        var alias = To(bad, good);
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
        var alias = With(To(checkedOne, backup), (1, o => o with { Priority = 1 }));
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
    public async Task Of_three_thousand_requests_each_origin_has_its_share_by_weight_and_the_next_priority_none()
    {
        using var a = Named("a");
        using var b = Named("b");
        using var c = Named("c");
        using var backup = Named("backup");
        await using var rig = await GatewayRig.StartAsync(
            With(To(a, b, c, backup), (0, o => o with { Weight = 7 }), (1, o => o with { Weight = 2 }), (2, o => o with { Weight = 1 }), (3, o => o with { Priority = 1, Weight = 1_000_000 })));
        using var client = rig.Client(Key);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            for (var i = 0; i < 300; i++)
                await client.GetStringAsync("http://payments:8080/");
        }));

        Assert.Equal([2_100, 600, 300, 0], ((RawOrigin[])[a, b, c, backup]).Select(static origin => origin.Requests.Count));
    }
}
