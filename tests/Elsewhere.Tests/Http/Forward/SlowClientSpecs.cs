using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Forward.Listen;
using Elsewhere.Http.Http1;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Http1;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Clients that take their time, or more than their share; a neighbour is served meanwhile.</summary>
public sealed class SlowClientSpecs
{
    private static readonly ClientLimits impatient = new()
    {
        Http = new Http1Limits { HeadTimeout = TimeSpan.FromSeconds(0.5), RateGrace = TimeSpan.FromSeconds(1.1), MinimumRate = 100_000_000, KeepAlive = TimeSpan.FromSeconds(3) },
    };

    [Fact]
    public async Task P16_a_head_or_a_handshake_that_does_not_come_ends_the_connection_and_what_is_silent_ends_too()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("here"));
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        string[] beginnings = ["G", "PRI * HT", "GET / HTTP/1.1\r\nHost: slow\r\nX-Slow: a"];

        var heads = beginnings.Select(beginning => rig.RawAsync("shop/slow", beginning)).ToArray();
        var silent = rig.RawAsync("shop/slow", "");
        var handshakes = Task.WhenAll(rig.RawAsync("shop/slow", "\x16\x03\x01\x02", GatewayRig.Secure), rig.RawAsync("shop/slow", "", GatewayRig.Secure));
        Assert.Equal("here", await rig.Client("shop/other").GetStringAsync("http://other/"));

        Assert.All(await Task.WhenAll(heads), answer => Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal));
        Assert.Equal(heads.Length, rig.Refused("request-head-too-slow"));
        Assert.Equal("", await silent);
        Assert.All(await handshakes, Assert.Empty);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task P16_a_body_that_does_not_come_is_answered_with_408_and_given_up_at_the_origin()
    {
        var gone = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            if (request.Line.StartsWith("PUT", StringComparison.Ordinal))
            {
                await request.Stream.CopyToAsync(Stream.Null);
                gone.SetResult();
            }

            await request.SendAsync(RawOrigin.Answer("here"));
        });
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var socket = await GatewayRig.DialAsync(rig.At("shop/slow"), CancellationToken.None);
        await socket.SendAsync("PUT / HTTP/1.1\r\nHost: slow\r\nContent-Length: 1000\r\n\r\nx");
        Assert.Equal("here", await rig.Client("shop/other").GetStringAsync("http://other/"));

        var answer = await socket.ReadRestAsync();

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("Elsewhere-Error: gateway-bad-body\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, rig.Refused(ClientRefusals.BodyTooSlow));
        Assert.Equal("slow", rig.Server.Faults.All.Single().Alias?.Name);
        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task P16_a_response_that_is_not_taken_is_broken_off_and_given_up_at_the_origin()
    {
        using var gone = new CountdownEvent(2);
        using var origin = new RawOrigin(async request =>
        {
            if (request.Line.StartsWith("GET /other", StringComparison.Ordinal))
            {
                await request.SendAsync(RawOrigin.Answer("here"));
                return;
            }

            try
            {
                await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/x\r\nContent-Length: 1000000000\r\n\r\n");
                while (true)
                    await request.Stream.WriteAsync(new byte[1 << 16]);
            }
            finally
            {
                gone.Signal();
            }
        });
        await using var rig = await GatewayRig.StartAsync(impatient, GatewayRig.Alias("shop/slow", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var plain = await rig.Client("shop/slow").GetAsync("http://slow/", HttpCompletionOption.ResponseHeadersRead);
        using var secure = await rig.Client("shop/slow", GatewayRig.Secure).GetAsync("https://slow/", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("here", await rig.Client("shop/other").GetStringAsync("http://other/other"));

        Assert.True(await Task.Run(() => gone.Wait(TimeSpan.FromSeconds(20))));

        Assert.Equal(2, rig.Refused(ClientRefusals.ReadsTooSlowly));
        Assert.Equal("slow", rig.Server.Faults.All.Single().Alias?.Name);
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await plain.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
        await Assert.ThrowsAnyAsync<Exception>(async () => await (await secure.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task P16_one_client_has_no_more_connections_than_it_may_at_one_alias_and_the_next_alias_does_not_notice()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("here"));
        await using var rig = await GatewayRig.StartAsync(new ClientLimits { PerAddressAndAlias = 2 }, GatewayRig.Alias("shop/busy", origin.Url), GatewayRig.Alias("shop/other", origin.Url));
        using var first = await GatewayRig.DialAsync(rig.At("shop/busy"), CancellationToken.None);
        using var second = await GatewayRig.DialAsync(rig.At("shop/busy"), CancellationToken.None);
        await AskAsync(first);
        await AskAsync(second);

        using var third = await GatewayRig.DialAsync(rig.At("shop/busy"), CancellationToken.None);
        Assert.Equal("", await third.ReadRestAsync());
        Assert.Equal(1, rig.Refused(ClientRefusals.ConnectionsPerAddress));
        Assert.Equal("here", await rig.Client("shop/other").GetStringAsync("http://other/"));
        await AskAsync(first);

        // A place is free when the connection has ended here, too: its end is what the client waits for.
        await first.SendAsync("GET / HTTP/1.1\r\nHost: busy\r\nConnection: close\r\n\r\n");
        _ = await first.ReadRestAsync();
        for (var answer = ""; answer.Length == 0;)
        {
            using var next = await GatewayRig.DialAsync(rig.At("shop/busy"), CancellationToken.None);
            await next.SendAsync("GET / HTTP/1.1\r\nHost: busy\r\nConnection: close\r\n\r\n");
            answer = await next.ReadRestAsync();
        }
    }

    [Fact]
    public async Task P16_all_clients_have_no_more_connections_than_they_may()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("here"));
        await using var rig = await GatewayRig.StartAsync(
            new ClientLimits { Connections = 2, PerAddressAndAlias = 9 }, GatewayRig.Alias("shop/a", origin.Url), GatewayRig.Alias("shop/b", origin.Url));
        using var first = await GatewayRig.DialAsync(rig.At("shop/a"), CancellationToken.None);
        using var second = await GatewayRig.DialAsync(rig.At("shop/b", GatewayRig.Secure), CancellationToken.None);
        await AskAsync(first, "a");

        using var third = await GatewayRig.DialAsync(rig.At("shop/a"), CancellationToken.None);
        Assert.Equal("", await third.ReadRestAsync());
        Assert.Equal(1, rig.Refused(ClientRefusals.Connections));
    }

    [Fact]
    public void P16_addresses_are_counted_each_and_networks_of_IPv6_as_one()
    {
        var slots = new ClientSlots(most: 10, mostPerAddress: 3, mostPerAddressAndAlias: 2);
        IPAddress one = IPText.Parse("192.0.2.1"), other = IPText.Parse("192.0.2.2"), alias = IPText.Parse("127.96.0.1"), next = IPText.Parse("127.96.0.2");

        Assert.Null(slots.Take(one, alias));
        Assert.Null(slots.Take(IPText.Parse("::ffff:192.0.2.1"), alias));
        Assert.Equal(ClientRefusals.ConnectionsPerAddress, slots.Take(one, alias));
        Assert.Null(slots.Take(one, next));
        Assert.Equal(ClientRefusals.ConnectionsPerAddress, slots.Take(one, next));
        Assert.Null(slots.Take(other, next));
        slots.Return(one, alias);
        Assert.Null(slots.Take(one, next));

        Assert.Null(slots.Take(IPText.Parse("2001:db8::1"), alias));
        Assert.Null(slots.Take(IPText.Parse("2001:db8::ffff:1"), alias));
        Assert.Equal(ClientRefusals.ConnectionsPerAddress, slots.Take(IPText.Parse("2001:db8::2"), alias));
        Assert.Null(slots.Take(IPText.Parse("2001:db8:0:1::2"), alias));

        Assert.Null(slots.Take(IPAddress.Loopback, IPText.Parse("127.96.0.3")));
        Assert.Null(slots.Take(IPAddress.Loopback, IPText.Parse("127.96.0.4")));
        Assert.Null(slots.Take(IPAddress.Loopback, IPText.Parse("127.96.0.5")));
        Assert.Equal(ClientRefusals.Connections, slots.Take(IPText.Parse("192.0.2.3"), alias));
    }

    private static async Task AskAsync(Socket socket, string host = "busy")
    {
        await socket.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", await socket.ReadUntilAsync("here"), StringComparison.Ordinal);
    }
}
