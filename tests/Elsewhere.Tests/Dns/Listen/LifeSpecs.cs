using System.Net;
using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Listen;

/// <summary>Starting, going on while tables are replaced, and stopping.</summary>
public sealed class LifeSpecs
{
    [Fact]
    public async Task An_address_that_cannot_be_bound_is_reported_with_what_to_do_and_the_others_serve()
    {
        await using var first = Servers.Start();
        var taken = first.EndPoints[0];
        var foreign = new IPEndPoint(IPText.Parse("192.0.2.1"), 5353);
        await using var second = DnsServer.Start(
            new DnsServerOptions([taken, foreign, new IPEndPoint(IPAddress.Loopback, 0)]), () => Servers.Table, null, TimeProvider.System);
        Assert.Equal(
            [(false, taken), (false, taken), (false, foreign), (false, foreign)], second.Listeners.Take(4).Select(report => (report.Listens, report.EndPoint)));
        Assert.Contains("another program listens there", second.Listeners[0].Problem, StringComparison.Ordinal);
        Assert.Contains("ss -lnpu", second.Listeners[0].Remedy, StringComparison.Ordinal);
        Assert.Contains("ip address add 192.0.2.1/32", second.Listeners[2].Remedy, StringComparison.Ordinal);
        Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(second.EndPoints[0], Servers.Web)).Answer.ToArray());
    }

    [Fact]
    public async Task D11_a_server_that_is_told_to_stop_goes_on_answering_for_a_while()
    {
        var time = new FakeTimeProvider();
        await using var server = Servers.Start(time: time);
        var stopped = server.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        for (var second = 0; second < 4; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Web)).Answer.ToArray());
            Assert.False(stopped.IsCompleted);
        }

        time.Advance(TimeSpan.FromSeconds(1));
        await stopped;
        using var port = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        port.Bind(server.EndPoints[0]);
    }

    [Fact]
    public void D23_an_upstream_that_is_ourselves_is_found()
    {
        Seq<IPEndPoint> upstreams = [EndPoint("127.0.0.1", 53), EndPoint("192.0.2.1", 53), EndPoint("192.0.2.1", 5353), EndPoint("192.0.2.9", 53), EndPoint("::1", 53)];
        Assert.Equal([EndPoint("127.0.0.1", 53)], DnsServer.OwnAmong(upstreams, [EndPoint("127.0.0.1", 53)], []));
        Assert.Equal(
            [EndPoint("127.0.0.1", 53), EndPoint("192.0.2.1", 53)], DnsServer.OwnAmong(upstreams, [EndPoint("0.0.0.0", 53)], [IPText.Parse("192.0.2.1")]));
        Assert.Equal([EndPoint("192.0.2.1", 53)], DnsServer.OwnAmong(upstreams, [EndPoint("::ffff:192.0.2.1", 53)], []));
        Assert.True(DnsServer.OwnAmong(upstreams, [EndPoint("127.96.0.10", 53)], []).IsEmpty);
    }

    [Fact]
    public async Task D23_a_server_that_is_its_own_upstream_answers_SERVFAIL_and_lives()
    {
        UpstreamResolver? resolver = null;
        await using var server = Servers.Start((question, cancellation) => resolver!.QueryAsync(question, cancellation));
        await using var own = new UpstreamResolver(new UpstreamOptions([server.EndPoints[0]]), TimeProvider.System);
        resolver = own;
        Assert.Equal(Rcode.ServFail, DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Outside)).Rcode);
        Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Web)).Answer.ToArray());
        Assert.InRange(server.Counters.Forwarded, 1, 100);
    }

    [Fact]
    public async Task D25_ten_thousand_tables_replace_each_other_under_load_and_every_answer_is_of_one_of_them()
    {
        DnsTable[] tables = [Tables.Of(Tables.ClusterIP("web", "10.96.0.1")), Tables.Of(Tables.ClusterIP("web", "10.96.0.2") + Tables.ClusterIP("db", "10.96.0.3"))];
        var current = tables[0];
        await using var server = DnsServer.Start(
            new DnsServerOptions([new IPEndPoint(IPAddress.Loopback, 0)]), () => Volatile.Read(ref current), null, TimeProvider.System);
        using var over = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            for (var i = 0L; i < 10_000 || !over.IsCancellationRequested; i++)
                Volatile.Write(ref current, tables[i & 1]);
        });
        for (var i = 0; i < 500; i++)
        {
            var reply = DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Web, tcp: i % 10 == 0));
            var address = Assert.Single(reply.Answer.ToArray()).Rdata.ToArray();
            Assert.InRange(address[3], 1, 2);
        }

        await over.CancelAsync();
        await swapping;
    }

    [Fact]
    public async Task D25_a_server_stops_at_any_moment_of_any_load()
    {
        for (var round = 0; round < 10; round++)
        {
            var server = Servers.Start(Servers.AnswerAsync);
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            await udp.ConnectAsync(server.EndPoints[0]);
            using var tcp = await DnsClient.ConnectAsync(server.EndPoints[0]);
            for (var i = 0; i < 20 * round; i++)
            {
                await udp.SendAsync(i % 2 == 0 ? Servers.Web : Servers.Outside);
                await tcp.SendAsync(DnsClient.Framed(i % 2 == 0 ? Servers.Web : Servers.Outside));
            }

            await server.DisposeAsync();
            Assert.Equal(0, server.Counters.TcpConnections);
        }
    }

    private static IPEndPoint EndPoint(string address, int port) => new(IPText.Parse(address), port);
}
