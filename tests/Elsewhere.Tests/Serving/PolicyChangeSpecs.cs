using System.Net;
using System.Net.WebSockets;
using Elsewhere.Http.Forward;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Forward;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Serving;

/// <summary>An AliasPolicy that changes while clients are connected, through the whole engine and over real sockets.</summary>
public sealed class PolicyChangeSpecs
{
    private static readonly AliasPolicyView Broken = new("partners", ["shop"], [], null, "it breaks a rule");

    [Fact]
    public async Task What_is_no_longer_allowed_is_not_asked_again_on_a_connection_that_is_open()
    {
        using var origin = Named("a");
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port), Allowing("127.0.0.0/8"));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        Assert.Equal("a", await client.GetStringAsync("/"));

        engine.Accept(At(origin.Port), Broken);

        await Eventually.TrueAsync(() => engine.Findings.Any(static finding => finding.Code == "origin-not-allowed"), "the policy is in force");
        using var refused = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var body = await refused.Content.ReadAsStringAsync();
        Assert.Contains("gateway-no-origin", body, StringComparison.Ordinal);
        Assert.Contains("partners is invalid and allows no origin 127.0.0.1 ", body, StringComparison.Ordinal);
        Assert.Contains(" Correct the AliasPolicy partners; ", body, StringComparison.Ordinal);
        Assert.StartsWith("partners is invalid and allows no origin 127.0.0.1 ", engine.Findings.Single(static finding => finding.Code == "origin-not-allowed").Message, StringComparison.Ordinal);

        engine.Accept(At(origin.Port));
        await Eventually.TrueAsync(() => client.GetAsync("/").GetAwaiter().GetResult().IsSuccessStatusCode, "without policies it serves again");
    }

    [Fact]
    public async Task What_is_no_longer_allowed_is_not_kept_for_new_origins_that_do_not_serve()
    {
        using var origin = Named("a");
        AliasView two = GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{origin.Port}", "http://127.0.0.2:1");
        await using var engine = await GatewayEngine.StartAsync(two);

        engine.Accept(two, Allowing("127.0.0.2/32"));

        await Eventually.TrueAsync(() => engine.Served.Gateway!.Ports[0].Origins is [{ Url.Port: 1 }], "the origin that is refused is gone");
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        using var answer = await client.GetAsync("/");
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
    }

    [Fact]
    public async Task A_range_that_becomes_narrower_binds_at_once_although_the_origin_is_the_same()
    {
        using var origin = Named("a");
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port), Allowing("127.0.0.0/8"));
        Assert.Equal([Cidr.Parse("127.0.0.0/8")], engine.Served.Gateway!.Ports[0].Origins[0].Within);

        engine.Accept(At(origin.Port), Allowing("127.0.0.0/30"));

        await Eventually.TrueAsync(() => engine.Served.Gateway!.Ports[0].Origins[0].Within == [Cidr.Parse("127.0.0.0/30")], "the narrower range is in force");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_tunnel_to_what_is_no_longer_allowed_is_broken_off(int version)
    {
        var limit = TimeSpan.FromSeconds(20);
        await using var origin = await KestrelOrigin.StartAsync(HoldAsync, HttpProtocols.Http1);
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port), Allowing("127.0.0.0/8"));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = new Version(version, version == 1 ? 1 : 0);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(new Uri("ws://payments/"), client, CancellationToken.None);
        var received = socket.ReceiveAsync(new byte[1], CancellationToken.None);

        engine.Accept(At(origin.Port), Allowing("127.0.0.0/8") with { Name = "another" });
        await Eventually.TrueAsync(() => engine.Live.Snapshot.Policies is [{ Name: "another" }], "the other policy is in force");
        Assert.False(received.IsCompleted);

        engine.Accept(At(origin.Port), Broken);
        await Assert.ThrowsAsync<WebSocketException>(() => received).WaitAsync(limit);
    }

    [Fact]
    public async Task A_request_to_what_is_no_longer_allowed_gets_a_while_and_is_then_broken_off_and_one_that_stays_allowed_goes_on()
    {
        var limits = new ClientLimits { Forbidden = TimeSpan.FromSeconds(0.2) };
        using var forbidden = Endless();
        using var allowed = Endless();
        await using var rig = await GatewayRig.StartAsync(limits, Alias("shop/a", forbidden), Alias("shop/b", allowed), Allowing("127.0.0.0/8"));
        using var first = await rig.Client("shop/a").GetAsync("http://a/", HttpCompletionOption.ResponseHeadersRead);
        using var second = await rig.Client("shop/b").GetAsync("http://b/", HttpCompletionOption.ResponseHeadersRead);
        var (ends, goesOn) = (await first.Content.ReadAsStreamAsync(), await second.Content.ReadAsStreamAsync());
        var piece = new byte[4];

        // Other words for the same leave it.
        await rig.ApplyAsync(Alias("shop/a", forbidden), Alias("shop/b", allowed), Allowing("127.0.0.0/9"));
        await ends.ReadExactlyAsync(piece);

        await rig.ApplyAsync(Alias("shop/a", forbidden), Alias("shop/b", allowed), new AliasPolicyView("partners", ["shop"], [new AliasPolicyRule([], [], [allowed.Port])], null));

        await Assert.ThrowsAnyAsync<IOException>(() => ends.CopyToAsync(Stream.Null)).WaitAsync(TimeSpan.FromSeconds(20));
        await goesOn.ReadExactlyAsync(piece);
        await Eventually.TrueAsync(() => rig.Server.Requests == 1, "the origin's end is given up, too");
    }

    [Fact]
    public async Task A_request_that_waits_for_its_answer_is_told_that_a_policy_forbids_it_now()
    {
        var asked = new TaskCompletionSource();
        using var origin = new RawOrigin(request =>
        {
            asked.TrySetResult();
            return request.Stream.CopyToAsync(Stream.Null);
        });
        await using var rig = await GatewayRig.StartAsync(new ClientLimits { Forbidden = TimeSpan.FromSeconds(0.2) }, Alias("shop/a", origin), Allowing("127.0.0.0/8"));
        var answer = rig.Client("shop/a").GetAsync("http://a/");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(20));

        await rig.ApplyAsync(Alias("shop/a", origin), Broken);

        using var refused = await answer;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("an AliasPolicy forbids", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static AliasView Alias(string key, RawOrigin origin) => GatewayRig.Alias(key, origin.Url);

    private static RawOrigin Endless() => new(async request =>
    {
        await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        while (true)
        {
            await request.SendAsync("data: again\n\n");
            await Task.Yield();
        }
    });

    private static AliasPolicyView Allowing(string range) => new("partners", ["shop"], [new AliasPolicyRule([], [Cidr.Parse(range)], [])], null);

    private static AliasView At(int port) => GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{port}");

    private static RawOrigin Named(string name) => new(request => request.SendAsync(RawOrigin.Answer(name)));

    private static async Task HoldAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            await socket.ReceiveAsync(new byte[1], context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // Broken off.
        }
    }
}
