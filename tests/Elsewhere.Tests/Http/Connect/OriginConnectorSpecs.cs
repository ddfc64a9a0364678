using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Network;
using Elsewhere.Http.Relay.Live;
using Elsewhere.Http.Tls;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Relay;
using Elsewhere.Tests.Http.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Connect;

public sealed class OriginConnectorSpecs : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(20);
    private readonly Socket origin = Listen(IPAddress.Loopback);
    private readonly FakeTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    private int Port => ((IPEndPoint)origin.LocalEndPoint!).Port;

    public void Dispose() => origin.Dispose();

    [Fact]
    public async Task A_connection_has_no_delay_and_probes_a_silent_peer()
    {
        var connection = await new OriginConnector(new ConnectOptions(), TimeProvider.System).ConnectAsync(Target("127.0.0.1"), CancellationToken.None);

        await using var stream = Assert.IsAssignableFrom<SocketStream>(connection.Stream);
        Assert.True(stream.Socket.NoDelay);
        Assert.Equal(1, (int)stream.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
        Assert.Equal(60, (int)stream.Socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, Port), connection.Peer);
    }

    [Fact]
    public async Task U5_an_address_that_refuses_is_passed_over_at_once_and_tried_last_from_then_on()
    {
        var connector = new OriginConnector(new ConnectOptions(), clock);
        var target = Target("127.0.0.2", "127.0.0.1");

        // The clock stands: nobody waits for a stagger.
        for (var i = 0; i < 4; i++)
        {
            var connection = await connector.ConnectAsync(target, CancellationToken.None).WaitAsync(patience);
            Assert.Equal(OriginFailure.None, connection.Failure);
            await connection.Stream!.DisposeAsync();
        }

        var order = new AddressBoard(new ConnectOptions(), new RelayClock(clock));
        foreach (var dialled in order.Order(target.Addresses, Port).Where(static dialled => dialled.EndPoint.Address.ToString() == "127.0.0.2"))
            dialled.Health.Failed(clock.GetTimestamp() / (clock.TimestampFrequency / 1000), "ConnectionRefused");
        for (var i = 0; i < 4; i++)
            Assert.Equal("127.0.0.1", order.Order(target.Addresses, Port)[0].EndPoint.Address.ToString());
        clock.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Contains("127.0.0.2", Enumerable.Range(0, 2).Select(_ => order.Order(target.Addresses, Port)[0].EndPoint.Address.ToString()));
    }

    [Fact]
    public async Task U5_beside_an_address_that_does_not_answer_the_next_one_is_tried_after_250_ms()
    {
        using var hole = new BlackHole();
        using var works = Listen(IPAddress.Loopback);
        var relayClock = new RelayClock(clock);
        DialledAddress[] order = [new(hole.EndPoint.Address, hole.EndPoint.Port, 1), new(IPAddress.Loopback, ((IPEndPoint)works.LocalEndPoint!).Port, 1)];

        var racing = ConnectRace.RunAsync([.. order], new ConnectOptions(), relayClock, static () => false, CancellationToken.None);
        clock.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(works.Poll(0, SelectMode.SelectRead));
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var (stream, address, failure) = await racing.WaitAsync(patience);

        using (stream)
            Assert.Equal((order[1], OriginFailure.None), (address, failure));
        Assert.True(order[0].Health.IsPenalised(relayClock.Now));
        Assert.True(SpinWait.SpinUntil(() => order[0].IsIdle, patience));
    }

    [Fact]
    public void U5_families_take_turns_and_addresses_within_a_family_too()
    {
        var board = new AddressBoard(new ConnectOptions(), new RelayClock(clock));
        var addresses = Addresses("2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2");

        var orders = Enumerable.Range(0, 6).Select(_ => board.Order(addresses, 443).Select(static dialled => dialled.EndPoint.Address).ToArray()).ToArray();

        Assert.All(orders, order =>
        {
            Assert.Equal(addresses.Order(Comparer<IPAddress>.Create(static (a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))),
                order.Order(Comparer<IPAddress>.Create(static (a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))));
            Assert.Equal([true, false, true, false, true], order.Select(static address => address.AddressFamily == AddressFamily.InterNetworkV6));
        });
        Assert.Equal(3, orders.Select(static order => order[0]).Distinct().Count());
    }

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public async Task U6_what_may_never_be_dialled_is_not_dialled_as_an_origin_nor_as_a_proxy_nor_behind_one(string address)
    {
        var connector = new OriginConnector(new ConnectOptions(), TimeProvider.System);

        var direct = await connector.ConnectAsync(Target(address), CancellationToken.None);
        Assert.Equal(OriginFailure.Denied, direct.Failure);
        Assert.Equal(IPText.Parse(address), Assert.Single(direct.Denied).Address);
        Assert.Contains(address, direct.Detail, StringComparison.Ordinal);

        var proxy = await connector.ConnectAsync(Target("127.0.0.1") with { Proxy = new ProxyTarget("proxy", 3128, Addresses(address)) }, CancellationToken.None);
        Assert.Equal(OriginFailure.ProxyDenied, proxy.Failure);

        var behind = await connector.ConnectAsync(
            Target(address) with { Addresses = [], Name = address, Proxy = new ProxyTarget("proxy", Port, [IPAddress.Loopback]) }, CancellationToken.None);
        Assert.Equal(OriginFailure.Denied, behind.Failure);
        Assert.False(origin.Poll(0, SelectMode.SelectRead));
    }

    [Theory]
    [InlineData("2852039166")]
    [InlineData("0xa9fea9fe")]
    [InlineData("0251.0376.0251.0376")]
    [InlineData("169.254.43518")]
    [InlineData("169.254.169.0xfe")]
    [InlineData("169.254.169.254.")]
    public async Task U6_a_proxy_is_not_asked_for_an_address_in_a_form_that_only_it_may_read(string name)
    {
        var connection = await new OriginConnector(new ConnectOptions(), TimeProvider.System).ConnectAsync(
            Target() with { Name = name, Proxy = new ProxyTarget("proxy", Port, [IPAddress.Loopback]) }, CancellationToken.None);

        Assert.Equal(OriginFailure.Denied, connection.Failure);
        Assert.Contains(name, connection.Detail, StringComparison.Ordinal);
        Assert.False(origin.Poll(0, SelectMode.SelectRead));
    }

    [Fact]
    public async Task U6_a_name_whose_answers_are_partly_denied_uses_the_rest_and_reports()
    {
        var connector = new OriginConnector(new ConnectOptions(), TimeProvider.System);

        var connection = await connector.ConnectAsync(Target("169.254.169.254", "::ffff:127.0.0.1", "10.0.0.1") with { Policy = DialPolicy.OneMachine with { Deny = [Cidr.Parse("10.0.0.0/8")] } },
            CancellationToken.None);

        Assert.Equal(OriginFailure.None, connection.Failure);
        Assert.Equal(IPAddress.Loopback, connection.Peer!.Address);
        Assert.Equal([DialVerdict.Metadata, DialVerdict.Denied], connection.Denied.Select(static denied => denied.Verdict));
        await connection.Stream!.DisposeAsync();
    }

    [Fact]
    public async Task U8_no_more_connects_to_one_address_are_under_way_than_allowed_and_the_others_wait_their_turn()
    {
        using var silent = new BlackHole();
        var connector = new OriginConnector(new ConnectOptions { ConnectsPerAddress = 3 }, clock);
        var target = Target(silent.EndPoint.Port, silent.EndPoint.Address.ToString()) with { ConnectTimeout = TimeSpan.FromSeconds(5) };
        var before = SynSent(silent.EndPoint);

        var all = Enumerable.Range(0, 200).Select(_ => connector.ConnectAsync(target, CancellationToken.None)).ToArray();
        Assert.True(SpinWait.SpinUntil(() => SynSent(silent.EndPoint) - before == 3, patience), $"{SynSent(silent.EndPoint) - before}");
        Assert.DoesNotContain(all, static one => one.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(5));

        foreach (var connection in await Task.WhenAll(all).WaitAsync(patience))
            Assert.Equal(OriginFailure.TimedOut, connection.Failure);

        // All places are free again.
        using var listening = Listen(IPAddress.Loopback);
        var many = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => connector.ConnectAsync(Target(((IPEndPoint)listening.LocalEndPoint!).Port, "127.0.0.1"), CancellationToken.None))).WaitAsync(patience);
        Assert.All(many, static connection => Assert.Equal(OriginFailure.None, connection.Failure));
        foreach (var connection in many)
            await connection.Stream!.DisposeAsync();
    }

    [Fact]
    public async Task Failures_to_connect_are_told_apart()
    {
        var connector = new OriginConnector(new ConnectOptions(), TimeProvider.System);
        Assert.Equal(OriginFailure.NoAddress, (await connector.ConnectAsync(Target(), CancellationToken.None)).Failure);
        Assert.Equal(OriginFailure.Refused, (await connector.ConnectAsync(Target("127.0.0.2"), CancellationToken.None)).Failure);
        using var silent = new BlackHole();
        var late = await connector.ConnectAsync(Target(silent.EndPoint.Port, silent.EndPoint.Address.ToString()) with { ConnectTimeout = TimeSpan.FromMilliseconds(50) }, CancellationToken.None);
        Assert.Equal(OriginFailure.TimedOut, late.Failure);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connector.ConnectAsync(Target(silent.EndPoint.Port, silent.EndPoint.Address.ToString()), cancelled.Token));
        foreach (var failure in Enum.GetValues<OriginFailure>())
            Assert.NotEqual("", OriginFailures.Explain(failure));
    }

    [Fact]
    public async Task A_handshake_that_does_not_end_is_cut_off_by_the_time_out()
    {
        var client = OriginTlsClient.Create(new OriginTls("a.example", null, null, TlsMinimum.Tls12, true));
        var connector = new OriginConnector(new ConnectOptions(), TimeProvider.System);

        Assert.Equal(OriginFailure.TlsTimedOut, (await connector.ConnectAsync(Target("127.0.0.1") with { Tls = client, ConnectTimeout = TimeSpan.FromMilliseconds(100) }, CancellationToken.None)).Failure);
    }

    [Fact]
    public async Task What_is_known_of_addresses_is_bounded()
    {
        var board = new AddressBoard(new ConnectOptions { Addresses = 100 }, new RelayClock(clock));
        for (var i = 0; i < 1_000; i++)
            board.Order(Addresses($"10.0.{i / 250}.{i % 250}"), 443);
        Assert.InRange(board.Count, 1, 101);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Through_a_proxy_the_origin_is_asked_for_by_name_and_tls_is_spoken_with_the_origin()
    {
        var ca = new TestCa();
        await using var tls = new TlsOrigin(ca.Issue(["api.example"]));
        var asked = ProxyAsync("HTTP/1.1 200 Connection established\r\n\r\n", tls.Port);
        var client = OriginTlsClient.Create(new OriginTls("api.example", ca.Ca, null, TlsMinimum.Tls12, true));

        var connection = await new OriginConnector(new ConnectOptions(), TimeProvider.System).ConnectAsync(
            Target() with { Name = "api.example", Port = 8443, Tls = client, Proxy = new ProxyTarget("proxy", Port, [IPAddress.Loopback]) }, CancellationToken.None);

        Assert.Equal(OriginFailure.None, connection.Failure);
        Assert.Equal(1, await connection.Stream!.ReadAsync(new byte[1]));
        Assert.Equal("api.example", Assert.Single(tls.ServerNames));
        await connection.Stream.DisposeAsync();
        Assert.Equal("CONNECT api.example:8443 HTTP/1.1\r\nHost: api.example:8443\r\n\r\n", await asked);
    }

    [Theory]
    [InlineData("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno", OriginFailure.ProxyAuthenticationRequired)]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\n\r\n", OriginFailure.ProxyRefused)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", OriginFailure.ProxyRefused)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", OriginFailure.ProxyRefused)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", OriginFailure.ProxyGarbled)]
    [InlineData("HTTP/1.1 200 OK\r\n", OriginFailure.ProxyGarbled)]
    [InlineData("rubbish", OriginFailure.ProxyGarbled)]
    [InlineData("", OriginFailure.ProxyGarbled)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", OriginFailure.None)]
    public async Task What_a_proxy_answers_is_named(string answer, OriginFailure failure)
    {
        var asked = ProxyAsync(answer, null);

        var connection = await new OriginConnector(new ConnectOptions(), TimeProvider.System).ConnectAsync(
            Target("2001:db8::1") with { Proxy = new ProxyTarget("proxy", Port, [IPAddress.Loopback]) }, CancellationToken.None);

        Assert.Equal(failure, connection.Failure);
        if (connection.Stream is not null)
            await connection.Stream.DisposeAsync();
        Assert.StartsWith($"CONNECT [2001:db8::1]:{Port} HTTP/1.1\r\n", await asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_sends_interim_answers_for_ever_or_a_head_without_end_is_cut_off()
    {
        foreach (var piece in (string[])["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nA: " + new string('x', 10_000)])
        {
            _ = ProxyAsync(string.Concat(Enumerable.Repeat(piece, 100)), null);
            var connection = await new OriginConnector(new ConnectOptions(), TimeProvider.System).ConnectAsync(
                Target() with { Proxy = new ProxyTarget("proxy", Port, [IPAddress.Loopback]) }, CancellationToken.None).WaitAsync(patience);
            Assert.Equal(OriginFailure.ProxyGarbled, connection.Failure);
        }
    }

    [Fact]
    public async Task A_proxy_that_is_not_there_or_silent_is_named()
    {
        var connector = new OriginConnector(new ConnectOptions(), TimeProvider.System);
        var target = Target() with { ConnectTimeout = TimeSpan.FromMilliseconds(200) };

        Assert.Equal(OriginFailure.ProxyUnreachable, (await connector.ConnectAsync(target with { Proxy = new ProxyTarget("proxy", Port, Addresses("127.0.0.2")) }, CancellationToken.None)).Failure);
        Assert.Equal(OriginFailure.ProxyUnreachable, (await connector.ConnectAsync(target with { Proxy = new ProxyTarget("proxy", Port, []) }, CancellationToken.None)).Failure);
        Assert.Equal(OriginFailure.ProxyTimedOut, (await connector.ConnectAsync(target with { Proxy = new ProxyTarget("proxy", Port, [IPAddress.Loopback]) }, CancellationToken.None)).Failure);
    }

    // Connects under way to an address and port (proc(5), net/tcp: state 2 is SYN_SENT).
    private static int SynSent(IPEndPoint endPoint)
    {
        var octets = endPoint.Address.GetAddressBytes();
        var remote = $"{octets[3]:X2}{octets[2]:X2}{octets[1]:X2}{octets[0]:X2}:{endPoint.Port:X4} 02";
        return File.ReadLines("/proc/net/tcp").Count(line => line.Contains(remote, StringComparison.Ordinal));
    }

    // Takes one connection, answers its CONNECT, and leads it on if that is wanted; what it was asked.
    private async Task<string> ProxyAsync(string answer, int? onTo)
    {
        using var client = await origin.AcceptAsync();
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append(Encoding.Latin1.GetString(buffer, 0, await client.ReceiveAsync(buffer)));
        try
        {
            // In small pieces: an answer has no packets.
            foreach (var piece in Encoding.Latin1.GetBytes(answer).Chunk(answer.Length > 1000 ? 1000 : 3))
                await client.SendAsync(piece);
            if (onTo is { } port)
            {
                using var further = new TcpClient();
                await further.ConnectAsync(IPAddress.Loopback, port);
                await using var near = new NetworkStream(client);
                await Task.WhenAny(near.CopyToAsync(further.GetStream()), further.GetStream().CopyToAsync(near));
            }
            else
            {
                client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Cut off.
        }

        return head.ToString();
    }

    private static Socket Listen(IPAddress address, int port = 0)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen();
        return socket;
    }

    private static IPAddress[] Addresses(params string[] addresses) => [.. addresses.Select(IPText.Parse)];

    private OriginTarget Target(params string[] addresses) => Target(Port, addresses);

    private static OriginTarget Target(int port, params string[] addresses) =>
        new("origin.example", port, Addresses(addresses), DialPolicy.OneMachine, null, [SslApplicationProtocol.Http11], null, TimeSpan.FromSeconds(10));
}
