using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Relay;
using Elsewhere.Http.Relay.Linux;
using static Elsewhere.Tests.Http.Relay.RelayKit;

namespace Elsewhere.Tests.Http.Relay;

public sealed class RelayLimitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task U5_a_target_that_does_not_answer_costs_a_moment_and_is_avoided_afterwards(bool portable)
    {
        using var hole = new BlackHole();
        await using var works = TestOrigin.Named("works");
        await using var relay = Server(portable, new RelayOptions { ConnectTimeout = TimeSpan.FromHours(1) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(hole.EndPoint), Target(works.EndPoint))));

        // Answered at all within the test's deadline, since the connect that hangs would hang for an hour.
        Assert.Equal("works", await AskAsync(listen));

        Assert.True(relay.Targets().Single(t => t.Target.Equals(hole.EndPoint)).Penalised);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task U5_many_targets_that_do_not_answer_do_not_keep_the_last_one_from_serving(bool portable)
    {
        var holes = Enumerable.Range(0, 6).Select(_ => new BlackHole()).ToArray();
        await using var works = TestOrigin.Named("works");
        await using var relay = Server(portable, new RelayOptions { ConnectTimeout = TimeSpan.FromHours(1), ConnectStagger = TimeSpan.FromMilliseconds(20) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, [.. holes.Select(h => Target(h.EndPoint)), Target(works.EndPoint, priority: 1)])));

        Assert.Equal("works", await AskAsync(listen));

        await UntilAsync(() => relay.Targets().Sum(t => t.Connecting) == 0, "the other connects are given up");
        foreach (var hole in holes)
            hole.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connect_that_takes_too_long_ends_in_a_reset(bool portable)
    {
        using var hole = new BlackHole();
        await using var relay = Server(portable, new RelayOptions { ConnectTimeout = TimeSpan.FromMilliseconds(100) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(hole.EndPoint))));

        using var client = await ConnectAsync(listen);

        Assert.Equal(SocketError.ConnectionReset, await client.NextAsync());
        Assert.Equal("TimedOut", relay.Targets()[0].LastError);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task U8_a_herd_of_clients_makes_no_more_connects_at_once_than_allowed_and_a_retarget_serves_them_all(bool portable)
    {
        const int Limit = 4;
        await using var works = TestOrigin.Named("in");
        using var hole = new BlackHole();
        await using var relay = Server(portable, new RelayOptions { ConnectsPerTarget = Limit, ConnectTimeout = TimeSpan.FromHours(1) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(hole.EndPoint))));
        var clients = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ConnectAsync(listen)));
        await UntilAsync(() => relay.Status.Sessions == clients.Length, "every client is accepted");
        await UntilAsync(() => relay.Targets()[0].Connecting >= Limit, "connects are under way");
        Assert.Equal(Limit, relay.Targets()[0].Connecting);

        await relay.ApplyAsync(Table(Entry(listen, Target(works.EndPoint))));

        foreach (var client in clients)
        {
            Assert.Equal("in", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
            client.Dispose();
        }
    }

    [Fact]
    public async Task U9_local_ports_that_run_out_are_seen_coming_and_are_not_blamed_on_the_target()
    {
        const int Range = 100;
        var first = (ushort)(34_000 + (Environment.ProcessId % 200 * Range));
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable: false, new RelayOptions { LocalPorts = (first, (ushort)(first + Range - 1)) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        var clients = new List<Socket>();
        for (var i = 0; i <= Range * 7 / 10; i++)
        {
            Assert.False(relay.Targets()[0].PortsRunningOut);
            clients.Add(await PingAsync(listen));
        }

        Assert.True(relay.Targets()[0].PortsRunningOut);
        Assert.Contains(relay.Status.Notes, n => n.Contains("ip_local_port_range", StringComparison.Ordinal));

        // Older systems do not know the option that makes the range small enough to be used up here. Others may have ports of the range.
        if (Environment.OSVersion.Version >= new Version(6, 3))
        {
            while (await TryPingAsync(listen) is { } client)
                clients.Add(client);
            Assert.InRange(clients.Count, Range * 7 / 10, Range);
            Assert.False(relay.Targets()[0].Penalised);
            var open = relay.Targets()[0].Open;
            clients[0].Reset();
            await UntilAsync(() => relay.Targets()[0].Open < open, "a port is free again");
            clients.Add(await PingAsync(listen));
        }

        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task U10_without_descriptors_accepting_pauses_without_spinning_and_everybody_is_served_in_the_end()
    {
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable: false, new RelayOptions { Descriptors = 48 });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));

        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ConnectAsync(listen)));
        await UntilAsync(() => relay.Status.AcceptPauses > 0, "accepting pauses");
        Assert.InRange(relay.Status.Sessions, 10, 24);
        Assert.Contains(relay.Status.Notes, n => n.Contains("ulimit -n", StringComparison.Ordinal));

        // A loop that spins goes round a hundred thousand times in this while.
        var engine = (LinuxEngine)relay.Engine;
        var before = engine.Rounds;
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, CancellationToken.None);
        Assert.InRange(engine.Rounds - before, 0, 1000);

        foreach (var client in clients)
        {
            await client.SendAllAsync("x"u8.ToArray());
            client.Shutdown(SocketShutdown.Send);
        }

        foreach (var client in clients)
        {
            Assert.Equal("x"u8.ToArray(), await client.ReadToEndAsync());
            client.Dispose();
        }

        Assert.Equal(0, (await relay.CountersAsync())[0].Failures);
    }

    [Fact]
    public async Task U10_without_descriptors_bytes_are_copied_instead_of_spliced()
    {
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable: false, new RelayOptions { Descriptors = 16 });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        var clients = await Task.WhenAll(Enumerable.Range(0, 7).Select(_ => ConnectAsync(listen)));
        var bytes = new byte[4 << 20];
        new Random(1).NextBytes(bytes);

        await Task.WhenAll(clients.Select(async client =>
        {
            var reading = client.ReadToEndAsync();
            await client.SendAllAsync(bytes);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(bytes, await reading);
            client.Dispose();
        }));
    }

    [Fact]
    public async Task T11_connections_are_shared_evenly_among_the_threads()
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable: false, new RelayOptions { Reactors = 4 });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));

        for (var i = 0; i < 20; i++)
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => AskAsync(listen)));

        Assert.All(((LinuxEngine)relay.Engine).Accepted, count => Assert.InRange(count, 45, 55));
    }

    [Fact]
    public async Task T11_a_port_that_is_given_up_still_serves_whoever_is_queued()
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable: false);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));

        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ConnectAsync(listen)));
        var draining = relay.DrainAsync(TimeSpan.FromMinutes(1));

        foreach (var client in clients)
        {
            Assert.Equal("one", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
            client.Dispose();
        }

        Assert.Equal(0, await draining);
    }

    private static async Task<string> AskAsync(RelayListen listen)
    {
        using var client = await ConnectAsync(listen);
        return Encoding.ASCII.GetString(await client.ReadToEndAsync());
    }

    private static async Task<Socket?> TryPingAsync(RelayListen listen)
    {
        try
        {
            return await PingAsync(listen);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return null;
        }
    }

    private static async Task<Socket> PingAsync(RelayListen listen)
    {
        var client = await ConnectAsync(listen);
        await client.SendAllAsync("x"u8.ToArray());
        await client.ReadAsync(1);
        return client;
    }
}
