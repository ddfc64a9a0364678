using System.Net;
using Elsewhere.Model;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Origins behind an HTTP proxy: whole requests, over real sockets.</summary>
public sealed class ProxySpecs
{
    [Fact]
    public async Task A_request_goes_through_the_tunnel_and_the_next_one_through_the_same()
    {
        // Behind 200, what it speaks is the origin.
        using var proxy = new RawOrigin(request => request.SendAsync(
            request.Line.StartsWith("CONNECT", StringComparison.Ordinal) ? "HTTP/1.1 200 Connection established\r\n\r\n" : RawOrigin.Answer("there")));
        await using var rig = await GatewayRig.StartAsync(Behind(proxy));
        using var client = rig.Client("shop/far");

        Assert.Equal("there", await client.GetStringAsync("http://far/one"));
        Assert.Equal("there", await client.GetStringAsync("http://far/two"));

        Assert.Equal(["CONNECT api.example:8080 HTTP/1.1", "GET /one HTTP/1.1", "GET /two HTTP/1.1"], proxy.Requests.Select(static request => request.Line));
        Assert.Equal("api.example:8080", proxy.Requests[1].Field("Host"));
        Assert.Equal(1, proxy.Connections);
    }

    [Fact]
    public async Task Listed_addresses_are_what_the_proxy_is_asked_for_and_what_may_not_be_dialled_is_left_out()
    {
        using var proxy = new RawOrigin(request => request.SendAsync(
            request.Line.StartsWith("CONNECT", StringComparison.Ordinal) ? "HTTP/1.1 200 Connection established\r\n\r\n" : RawOrigin.Answer("there")));
        await using var rig = await GatewayRig.StartAsync(Behind(proxy, "169.254.169.254", "203.0.113.7"));

        Assert.Equal("there", await rig.Client("shop/far").GetStringAsync("http://far/one"));

        Assert.Equal(["CONNECT 203.0.113.7:8080 HTTP/1.1", "GET /one HTTP/1.1"], proxy.Requests.Select(static request => request.Line));
        Assert.Equal("api.example:8080", proxy.Requests[1].Field("Host"));

        await rig.ApplyAsync(Behind(proxy, "198.51.100.9"));
        Assert.Equal("there", await rig.Client("shop/far").GetStringAsync("http://far/two"));
        Assert.Equal("CONNECT 198.51.100.9:8080 HTTP/1.1", proxy.Requests[2].Line);
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe")]
    public async Task U6_a_proxy_is_asked_for_nothing_that_may_not_be_dialled(params string[] addresses)
    {
        using var proxy = new RawOrigin("HTTP/1.1 200 Connection established\r\n\r\n");
        var alias = GatewayRig.Alias("shop/far", addresses.Length == 1 ? $"http://{addresses[0]}" : "http://api.example:8080");
        await using var rig = await GatewayRig.StartAsync(alias with
        {
            Origins = [alias.Origins[0] with { Proxy = Given.Url(proxy.Url), Addresses = addresses.Length == 1 ? [] : addresses.Select(IPText.Parse).ToSeq() }],
            HealthCheck = new("/", [new StatusRange(200, 399)], TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2), 1, 1),
        });

        using var answer = await rig.Client("shop/far").GetAsync("http://far/");
        var denied = addresses.Length == 1 ? $"http://{addresses[0]}:80" : "http://api.example:8080";

        Assert.Equal("gateway-origin-denied", answer.Headers.GetValues("Elsewhere-Error").Single());
        Assert.Contains(addresses[0], await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(addresses.Select(IPText.Parse), rig.Server.Origins.Denied.Select(static denied => denied.Address));
        Assert.StartsWith($"{denied} has the address {addresses[0]}, which ", await rig.Server.TryOriginsAsync(rig.Snapshot.AliasOf("shop/far").Gateway!.Ports[0].Origins, null, CancellationToken.None), StringComparison.Ordinal);
        Assert.Empty(rig.Server.Origins.Addresses);
        Assert.Equal(0, proxy.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", HttpStatusCode.BadGateway)]
    [InlineData("SSH-2.0-OpenSSH\r\n", HttpStatusCode.BadGateway)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", HttpStatusCode.BadGateway)]
    [InlineData("", HttpStatusCode.GatewayTimeout)]
    public async Task What_a_proxy_says_instead_is_the_answer_of_nobody(string says, HttpStatusCode status)
    {
        using var proxy = new RawOrigin(says);
        await using var rig = await GatewayRig.StartAsync(Behind(proxy) with
        {
            Http = HttpView.Default with { Timeouts = TimeoutsView.Default with { Connect = TimeSpan.FromSeconds(1) } },
        });

        using var answer = await rig.Client("shop/far").GetAsync("http://far/");

        Assert.Equal(status, answer.StatusCode);
        Assert.StartsWith("gateway-origin-", answer.Headers.GetValues("Elsewhere-Error").Single(), StringComparison.Ordinal);
        Assert.Contains("proxy", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.All(proxy.Requests, static request => Assert.StartsWith("CONNECT api.example:8080 ", request.Line, StringComparison.Ordinal));
    }

    private static AliasView Behind(RawOrigin proxy, params string[] addresses)
    {
        var alias = GatewayRig.Alias("shop/far", "http://api.example:8080");
        return alias with { Origins = [alias.Origins[0] with { Proxy = Given.Url(proxy.Url), Addresses = addresses.Select(IPText.Parse).ToSeq() }] };
    }
}
