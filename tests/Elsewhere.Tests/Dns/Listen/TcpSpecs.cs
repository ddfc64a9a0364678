using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Tests.Dns.Resolver;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Listen;

public sealed class TcpSpecs
{
    [Fact]
    public async Task D13_a_hundred_queries_in_one_segment_are_all_answered_in_order()
    {
        await using var server = Servers.Start();
        using var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
        await socket.SendAsync(Enumerable.Range(0, 100).SelectMany(id => DnsClient.Framed(Servers.WithId(Servers.Web, id))).ToArray());
        for (var id = 0; id < 100; id++)
            Assert.Equal(id, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);
    }

    [Fact]
    public async Task D13_segments_of_one_octet_make_the_same_queries()
    {
        await using var server = Servers.Start();
        using var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
        socket.NoDelay = true;
        foreach (var octet in (byte[])[.. DnsClient.Framed(Servers.WithId(Servers.Web, 1)), .. DnsClient.Framed(Servers.WithId(Servers.Web, 2))])
            await socket.SendAsync(new[] { octet });
        Assert.Equal(1, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);
        Assert.Equal(2, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);
    }

    [Fact]
    public async Task D13_what_waits_for_upstream_does_not_hold_up_what_comes_behind()
    {
        var released = new TaskCompletionSource();
        await using var server = Servers.Start(WaitAsync);
        using var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
        await socket.SendAsync((byte[])[.. DnsClient.Framed(Servers.WithId(Servers.Outside, 1)), .. DnsClient.Framed(Servers.WithId(Servers.Web, 2))]);
        Assert.Equal(2, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);
        released.SetResult();
        Assert.Equal(1, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);

        async ValueTask<UpstreamReply?> WaitAsync(UpstreamQuestion question, CancellationToken cancellation)
        {
            await released.Task;
            return await Servers.AnswerAsync(question, cancellation);
        }
    }

    [Fact]
    public async Task D13_a_client_that_says_it_has_no_more_questions_still_gets_its_answers()
    {
        await using var server = Servers.Start(Servers.AnswerAsync);
        using var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
        await socket.SendAsync((byte[])[.. DnsClient.Framed(Servers.WithId(Servers.Web, 1)), .. DnsClient.Framed(Servers.WithId(Servers.Outside, 2))]);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(1, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);
        Assert.Equal(2, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Id);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task D13_a_large_query_and_a_large_answer_go_through()
    {
        await using var server = Servers.Start();
        using var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
        var padded = (QueryBuilder.Of("many.shop.svc.cluster.local.", "A") with { UdpSize = 1232, Options = [(12, new byte[60_000])] }).ToBytes();
        await socket.SendAsync(DnsClient.Framed(padded));
        Assert.Equal(1000, DnsMessage.Read(await DnsClient.ReceiveFramedAsync(socket)).Answer.Count);
    }

    [Fact]
    public async Task D13_an_idle_connection_is_closed_and_half_a_query_does_not_keep_it()
    {
        var time = new FakeTimeProvider();
        await using var server = Servers.Start(time: time);
        using var idle = await DnsClient.ConnectAsync(server.EndPoints[0]);
        await idle.SendAsync(DnsClient.Framed(Servers.Web).AsMemory(0, 5));
        await Eventually.TrueAsync(() => server.Counters.TcpConnections == 1, "the connection is accepted");
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(0, await idle.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task D13_of_too_many_connections_the_one_that_is_idle_longest_is_closed()
    {
        var time = new FakeTimeProvider();
        await using var server = Servers.Start(options: Servers.Options with { MaxTcpConnections = 8 }, time: time);
        var sockets = new List<Socket>();
        for (var i = 0; i < 20; i++)
        {
            var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
            sockets.Add(socket);
            await socket.SendAsync(DnsClient.Framed(Servers.Web));
            await DnsClient.ReceiveFramedAsync(socket);
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Equal(8, server.Counters.TcpConnections);
        foreach (var gone in sockets[..12])
            Assert.Equal(0, await gone.ReceiveAsync(new byte[1]));
        Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Web)).Answer.ToArray());
        sockets.ForEach(socket => socket.Dispose());
        await Eventually.TrueAsync(() => server.Counters.TcpConnections == 0, "all connections are gone");
    }

    [Fact]
    public async Task D15_a_response_over_TCP_ends_the_connection()
    {
        await using var server = Servers.Start();
        using var socket = await DnsClient.ConnectAsync(server.EndPoints[0]);
        var response = (byte[])Servers.Web.Clone();
        response[2] |= 0x80;
        await socket.SendAsync(DnsClient.Framed(response));
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]));
    }
}
