using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Requests that come before the names of the origins have been resolved: they go the way of all others.</summary>
public sealed class FirstRequestSpecs
{
    [Fact]
    public async Task The_first_request_is_tried_again_elsewhere_and_what_it_learns_serves_the_next()
    {
        using var alive = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("alive")));
        var alias = GatewayRig.Alias("shop/payments", $"http://dead.example:{ClosedPort()}", $"http://alive.example:{alive.Port}");
        await using var rig = await GatewayRig.StartAsync(alias);
        rig.With("dead.example", IPAddress.Loopback).With("alive.example", IPAddress.Loopback);

        Assert.Equal("alive", await rig.Client("shop/payments").GetStringAsync("http://payments/"));

        Assert.Equal([false, true], Members(rig).Select(static member => member.Address.IsUp));
        Assert.Equal("alive", await rig.Client("shop/payments").GetStringAsync("http://payments/"));
    }

    [Fact]
    public async Task A_name_of_the_next_priority_serves_while_those_of_the_first_do_not_resolve()
    {
        using var alive = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("alive")));
        var alias = GatewayRig.Alias("shop/payments", "http://nowhere.example", $"http://alive.example:{alive.Port}");
        alias = alias with { Origins = [alias.Origins[0], alias.Origins[1] with { Priority = 1 }] };
        await using var rig = await GatewayRig.StartAsync(alias);
        rig.With("alive.example", IPAddress.Loopback);

        Assert.Equal("alive", await rig.Client("shop/payments").GetStringAsync("http://payments/"));
    }

    [Fact]
    public async Task Many_that_come_at_once_are_all_served()
    {
        using var alive = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("alive")));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", $"http://alive.example:{alive.Port}"));
        rig.With("alive.example", IPAddress.Loopback);
        using var client = rig.Client("shop/payments");

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.GetStringAsync("http://payments/")));

        Assert.All(answers, static answer => Assert.Equal("alive", answer));
        Assert.Single(Members(rig));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_said_to_be_so_and_one_that_leads_where_nothing_may_too()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/nowhere", "http://nowhere.example"), GatewayRig.Alias("shop/denied", "http://metadata.example"));
        rig.With("metadata.example", IPText.Parse("169.254.169.254"));

        Assert.Equal("gateway-origin-unresolved", await CodeAsync("nowhere"));
        Assert.Equal("gateway-origin-denied", await CodeAsync("denied"));

        async Task<string> CodeAsync(string name)
        {
            using var answer = await rig.Client($"shop/{name}").GetAsync($"http://{name}/");
            return answer.Headers.GetValues("Elsewhere-Error").Single();
        }
    }

    private static Seq<Elsewhere.Http.Origins.OriginMember> Members(GatewayRig rig) =>
        rig.Server.Origins.Find(rig.Snapshot.Aliases[0].Key, rig.Snapshot.Aliases[0].Gateway!.Ports[0]).Members;

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
