using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Relay;
using static Elsewhere.Tests.Http.Relay.RelayKit;

namespace Elsewhere.Tests.Http.Relay;

public sealed class RelayUdpTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_datagram_goes_to_the_origin_and_the_reply_comes_from_the_service_address(bool portable)
    {
        using var origin = new UdpOrigin("one");
        await using var relay = Server(portable);
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = Client(listen);

        Assert.Equal("one:hello", await AskAsync(client, "hello"));
        Assert.Equal("one:", await AskAsync(client, ""));
        var big = new string('x', 60_000);
        Assert.Equal("one:" + big, await AskAsync(client, big));
        Assert.Equal(1, origin.Clients);
        Assert.Equal(1, relay.Status.Associations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_client_has_its_own_association_and_gets_its_own_replies(bool portable)
    {
        using var origin = new UdpOrigin("o");
        await using var relay = Server(portable);
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        var clients = Enumerable.Range(0, 20).Select(_ => Client(listen)).ToArray();

        var answers = await Task.WhenAll(clients.Select((c, i) => AskAsync(c, $"{i}")));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"o:{i}"), answers);
        Assert.Equal(20, origin.Clients);
        foreach (var client in clients)
            client.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Associations_move_at_once_when_their_target_is_gone(bool portable)
    {
        using var old = new UdpOrigin("old");
        using var fresh = new UdpOrigin("fresh");
        await using var relay = Server(portable);
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(old.EndPoint))));
        using var client = Client(listen);
        Assert.Equal("old:1", await AskAsync(client, "1"));

        await relay.ApplyAsync(Table(Entry(listen, Target(fresh.EndPoint))));

        Assert.Equal("fresh:2", await AskAsync(client, "2"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_origin_that_refuses_datagrams_is_left_for_the_next_one(bool portable)
    {
        using var works = new UdpOrigin("works");
        await using var relay = Server(portable);
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(Nobody()), Target(works.EndPoint, priority: 1))));
        using var client = Client(listen);

        Assert.Equal("works:x", await AskAsync(client, "x"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_idle_association_ends(bool portable)
    {
        using var origin = new UdpOrigin("one");
        await using var relay = Server(portable, new RelayOptions { UdpIdle = TimeSpan.FromMilliseconds(100) });
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = Client(listen);
        Assert.Equal("one:x", await AskAsync(client, "x"));

        await UntilAsync(() => relay.Status.Associations == 0, "the association ends");

        Assert.Equal("one:y", await AskAsync(client, "y"));
        Assert.NotEqual(1, origin.Clients);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_number_of_associations_is_bounded_and_the_oldest_makes_room(bool portable)
    {
        using var origin = new UdpOrigin("o");
        await using var relay = Server(portable, new RelayOptions { UdpAssociations = 8, Reactors = 1 });
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        var clients = Enumerable.Range(0, 30).Select(_ => Client(listen)).ToArray();

        for (var i = 0; i < clients.Length; i++)
            Assert.Equal($"o:{i}", await AskAsync(clients[i], $"{i}"));

        Assert.Equal(8, relay.Status.Associations);
        foreach (var client in clients)
            client.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_UDP_port_without_targets_is_closed(bool portable)
    {
        using var origin = new UdpOrigin("one");
        await using var relay = Server(portable);
        var listen = Udp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = Client(listen);
        await AskAsync(client, "x");

        await relay.ApplyAsync(Table(Entry(listen)));

        client.Send("y"u8);
        Assert.Equal(SocketError.ConnectionRefused, await client.NextAsync());
        Assert.Equal(0, relay.Status.Associations);
    }

    // Connected, so that only replies from the dialled address and port come in.
    private static Socket Client(RelayListen listen)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(new IPEndPoint(listen.Address, listen.Port));
        return socket;
    }

    // Datagrams may be lost, so a question is asked until it is answered; answers to earlier tries are skipped.
    private static async Task<string> AskAsync(Socket client, string question)
    {
        var buffer = new byte[65_535];
        for (var tries = 0; tries < 60; tries++)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            try
            {
                await client.SendAsync(Encoding.ASCII.GetBytes(question), limit.Token);
                while (true)
                {
                    var answer = Encoding.ASCII.GetString(buffer.AsSpan(0, await client.ReceiveAsync(buffer, limit.Token)));
                    if (answer.EndsWith($":{question}", StringComparison.Ordinal))
                        return answer;
                }
            }
            catch (OperationCanceledException)
            {
                // Once more.
            }
        }

        return "no answer";
    }

    /// <summary>Sends every datagram back with its name in front.</summary>
    private sealed class UdpOrigin : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly HashSet<string> clients = [];

        public UdpOrigin(string name)
        {
            socket.Bind(new IPEndPoint(NextAddress(), 0));
            _ = ServeAsync(Encoding.ASCII.GetBytes($"{name}:"));
        }

        public EndPoint EndPoint => socket.LocalEndPoint!;

        public int Clients => clients.Count;

        public void Dispose() => socket.Dispose();

        private async Task ServeAsync(byte[] name)
        {
            var buffer = new byte[65_535];
            name.CopyTo(buffer, 0);
            try
            {
                while (true)
                {
                    var got = await socket.ReceiveFromAsync(buffer.AsMemory(name.Length), SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                    clients.Add(got.RemoteEndPoint.ToString()!);
                    await socket.SendToAsync(buffer.AsMemory(0, name.Length + got.ReceivedBytes), SocketFlags.None, got.RemoteEndPoint);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }
    }
}
