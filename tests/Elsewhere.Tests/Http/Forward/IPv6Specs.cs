using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Forward.Route;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>IPv6 all the way: the client, the alias' address, the origin.</summary>
public sealed class IPv6Specs
{
    [Fact]
    public async Task A_request_passes_from_an_IPv6_client_to_an_IPv6_origin_and_what_it_says_about_addresses_is_right()
    {
        using var origin = new RawOrigin(
            request => request.SendAsync(RawOrigin.Answer(
                $"<a href=\"http://{request.Field("Host")}/base/next\">", "text/html", $"Location: http://{request.Field("Host")}/base/there\r\n", "302 Found")),
            new IPEndPoint(IPAddress.IPv6Loopback, 0));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/six", $"http://[::1]:{origin.Port}/base"));
        var dialled = await MoveAsync(rig);

        using var socket = await GatewayRig.DialAsync(dialled, CancellationToken.None);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"GET /x HTTP/1.1\r\nHost: [::1]:{dialled.Port}\r\nForwarded: for=\"[2001:db8::17]:4711\";host=\"[::1]:{dialled.Port}\";proto=http\r\nX-Forwarded-For: 2001:db8::17\r\n"
            + $"Referer: http://[::1]:{dialled.Port}/before\r\nConnection: close\r\n\r\n"));
        var answer = await new StreamReader(stream).ReadToEndAsync();

        var request = Assert.Single(origin.Requests);
        Assert.Equal("GET /base/x HTTP/1.1", request.Line);
        Assert.Equal($"[::1]:{origin.Port}", request.Field("Host"));
        Assert.Equal($"for=\"[2001:db8::17]:4711\";host=\"[::1]:{origin.Port}\";proto=http", request.Field("Forwarded"));
        Assert.Equal("2001:db8::17", request.Field("X-Forwarded-For"));
        Assert.Equal($"http://[::1]:{origin.Port}/base/before", request.Field("Referer"));
        Assert.Contains($"\r\nLocation: http://[::1]:{dialled.Port}/there\r\n", answer, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"http://[::1]:{dialled.Port}/next\">", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[::1]:{0}", 302)]
    [InlineData("[0:0:0:0:0:0:0:1]:{0}", 302)]
    [InlineData("six:{0}", 302)]
    [InlineData("[::2]:{0}", 421)]
    [InlineData("::1", 400)]
    [InlineData("[::1", 400)]
    public async Task A_host_in_brackets_is_an_address_however_it_is_written(string host, int status)
    {
        using var answering = new RawOrigin(RawOrigin.Answer("", status: "302 Found"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/six", answering.Url));
        var dialled = await MoveAsync(rig);

        using var socket = await GatewayRig.DialAsync(dialled, CancellationToken.None);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {string.Format(null, host, dialled.Port)}\r\nConnection: close\r\n\r\n"));

        Assert.StartsWith($"HTTP/1.1 {status} ", await new StreamReader(stream).ReadToEndAsync(), StringComparison.Ordinal);
    }

    // Of IPv6, this machine has one address that can be bound without set-up: the alias moves there, to a free port.
    private static async Task<IPEndPoint> MoveAsync(GatewayRig rig)
    {
        using var free = new TcpListener(IPAddress.IPv6Loopback, 0);
        free.Start();
        var dialled = (IPEndPoint)free.LocalEndpoint;
        free.Stop();
        var entry = GatewayTable.Build(rig.Snapshot).Entries.First(static entry => !entry.Port.Secure);
        var alias = entry.Alias with { ServiceAddresses = [IPAddress.IPv6Loopback] };
        var problems = await rig.Server.ApplyAsync(
            new GatewayTable(rig.Snapshot.ClusterDomain, [entry with { Alias = alias, Dialled = dialled, Port = entry.Port with { Port = dialled.Port } }]), TimeSpan.Zero);
        Assert.True(problems.IsEmpty, string.Join('\n', problems));
        return dialled;
    }
}
