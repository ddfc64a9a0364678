using System.Net;
using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns.Listen;

public sealed class UdpSpecs
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Both_families_and_both_transports_answer()
    {
        var options = new DnsServerOptions([new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.IPv6Loopback, 0)]);
        await using var server = Servers.Start(options: options);
        Assert.Equal(2, server.EndPoints.Count);
        foreach (var endPoint in server.EndPoints.ToArray())
        {
            Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(endPoint, Servers.Web)).Answer.ToArray());
            Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(endPoint, Servers.Web, tcp: true)).Answer.ToArray());
        }
    }

    [Fact]
    public async Task A_reply_comes_from_the_address_that_was_asked()
    {
        await using var server = Servers.Start(Servers.AnswerAsync, new DnsServerOptions([new IPEndPoint(IPAddress.Any, 0)]) { Workers = 1 });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        foreach (var query in (byte[][])[Servers.Web, Servers.Outside])
        {
            var asked = new IPEndPoint(IPText.Parse("127.0.0.77"), server.EndPoints[0].Port);
            await socket.SendToAsync(query, asked);
            var (reply, from) = await ReceiveAsync(socket);
            Assert.Single(DnsMessage.Read(reply).Answer.ToArray());
            Assert.Equal(asked, from);
        }
    }

    [Fact]
    public async Task D10_of_many_questions_from_one_socket_none_is_lost_and_a_repeated_one_is_answered_again()
    {
        await using var server = Servers.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.EndPoints[0]);
        var six = QueryBuilder.Bytes("web.shop.svc.cluster.local.", "AAAA");
        for (var round = 0; round < 200; round++)
        {
            // A stub resolver sends both at once, sometimes with one id, and again when it was not patient.
            byte[][] queries = [Servers.WithId(Servers.Web, round), Servers.WithId(six, round), Servers.WithId(Servers.Web, round)];
            foreach (var query in queries)
                await socket.SendAsync(query);
            for (var i = 0; i < queries.Length; i++)
                Assert.Equal(round, DnsMessage.Read((await ReceiveAsync(socket)).Reply).Id);
        }

        Assert.Equal(0, server.Counters.Lost);
    }

    [Fact]
    public async Task D10_what_the_kernel_dropped_is_counted()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var held = new ManualResetEventSlim();
        await using var server = DnsServer.Start(Servers.Options, Hold, null, TimeProvider.System);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.EndPoints[0]);
        var large = new byte[1400];
        for (var i = 0; i < 20_000 && server.Counters.Lost == 0; i++)
            await socket.SendAsync(large);
        Assert.True(server.Counters.Lost > 0);
        held.Set();

        DnsTable Hold()
        {
            held.Wait();
            return Servers.Table;
        }
    }

    [Fact]
    public async Task D14_garbage_is_no_trouble_to_the_next_client()
    {
        await using var server = Servers.Start(Servers.AnswerAsync);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.EndPoints[0]);
        var random = new Random(14);
        for (var i = 0; i < 2000; i++)
        {
            var garbage = new byte[random.Next(1400)];
            random.NextBytes(garbage);
            await socket.SendAsync(garbage);
        }

        Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Web)).Answer.ToArray());
        Assert.True(server.Counters.Dropped > 0);
    }

    [Fact]
    public async Task A_dead_upstream_is_not_felt_by_the_names_of_the_cluster()
    {
        var asked = new TaskCompletionSource();
        var released = new TaskCompletionSource();
        await using var server = Servers.Start(WaitAsync, Servers.Options with { MaxForwards = 2 });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.EndPoints[0]);
        await socket.SendAsync(Servers.WithId(Servers.Outside, 1));
        await socket.SendAsync(Servers.WithId(Servers.Outside, 2));
        await asked.Task;

        // The third one is too many: it is told so at once, and the table answers as ever.
        await socket.SendAsync(Servers.WithId(Servers.Outside, 3));
        var refused = DnsMessage.Read((await ReceiveAsync(socket)).Reply);
        Assert.Equal((3, Rcode.ServFail), (refused.Id, refused.Rcode));
        Assert.Single(DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], Servers.Web)).Answer.ToArray());
        Assert.Equal((2, 1), (server.Counters.Forwarded, server.Counters.ForwardsRefused));
        released.SetResult();
        var late = new[] { DnsMessage.Read((await ReceiveAsync(socket)).Reply), DnsMessage.Read((await ReceiveAsync(socket)).Reply) };
        Assert.Equal([1, 2], late.Select(reply => (int)reply.Id).Order());
        Assert.All(late, reply => Assert.Equal(Rcode.ServFail, reply.Rcode));

        async ValueTask<UpstreamReply?> WaitAsync(UpstreamQuestion question, CancellationToken cancellation)
        {
            asked.TrySetResult();
            await released.Task;
            return null;
        }
    }

    [Fact]
    public void D18_one_network_gets_so_many_answers_a_second_and_others_are_not_touched()
    {
        var limit = new RateLimit(10, 0);
        limit.At(1);
        for (var i = 0; i < 10; i++)
            Assert.Equal(RateVerdict.Answer, limit.Count([192, 0, 2, (byte)i]));
        Assert.Equal([RateVerdict.Slip, RateVerdict.Drop, RateVerdict.Slip, RateVerdict.Drop], Enumerable.Range(0, 4).Select(i => limit.Count([192, 0, 2, 1])));
        Assert.Equal(RateVerdict.Answer, limit.Count([198, 51, 100, 1]));
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Equal(RateVerdict.Answer, limit.Count([10, 0, 0, (byte)i])));
        limit.At(2);
        Assert.Equal(RateVerdict.Answer, limit.Count([192, 0, 2, 1]));
        Assert.Null(RateLimit.For(new IPEndPoint(IPAddress.Loopback, 53), Servers.Options));
        Assert.NotNull(RateLimit.For(new IPEndPoint(IPAddress.Any, 53), Servers.Options));
        Assert.Null(RateLimit.For(new IPEndPoint(IPAddress.Any, 53), Servers.Options with { AnswersPerNetwork = 0 }));
    }

    [Fact]
    public async Task D18_what_is_sent_to_a_forged_address_is_not_more_than_it_cost_and_a_real_client_is_led_to_TCP()
    {
        await using var server = Servers.Start(options: new DnsServerOptions([new IPEndPoint(IPAddress.Any, 0)]) { Workers = 1, AnswersPerNearNetwork = 1 });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.EndPoints[0].Port));
        var many = QueryBuilder.Bytes("many.shop.svc.cluster.local.", "A");
        byte[] slipped;
        do
        {
            // The second in which the limit counts may turn between two queries.
            await socket.SendAsync(many);
            await socket.SendAsync(many);
            _ = await ReceiveAsync(socket);
            slipped = (await ReceiveAsync(socket)).Reply;
        }
        while (slipped.Length > many.Length);
        Assert.True(DnsMessage.Read(slipped).Truncated);
        Assert.True(DnsMessage.Read(slipped).Answer.IsEmpty);
        Assert.Equal(1000, DnsMessage.Read(await DnsClient.AskAsync(new IPEndPoint(IPAddress.Loopback, server.EndPoints[0].Port), many, tcp: true)).Answer.Count);
    }

    [Fact]
    public async Task D24_every_one_of_many_names_that_nobody_has_is_denied_and_asked_of_nobody()
    {
        const int Names = 20_000;
        await using var server = Servers.Start(Servers.AnswerAsync);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server.EndPoints[0]);
        for (var name = 0; name < Names; name++)
        {
            await socket.SendAsync(QueryBuilder.Bytes($"n{name}.shop.svc.cluster.local.", "A"));
            Assert.Equal(Rcode.NXDomain, DnsMessage.Read((await ReceiveAsync(socket)).Reply).Rcode);
        }

        Assert.Equal(0, server.Counters.Forwarded);
    }

    private static async Task<(byte[] Reply, IPEndPoint From)> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[2048];
        using var over = new CancellationTokenSource(Deadline);
        var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), over.Token);
        return (buffer[..received.ReceivedBytes], (IPEndPoint)received.RemoteEndPoint);
    }
}
