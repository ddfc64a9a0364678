using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using static Elsewhere.Tests.Http.Relay.RelayKit;

namespace Elsewhere.Tests.Http.Relay;

public sealed class RelayServerTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_reaches_the_origin_as_soon_as_the_table_is_applied(bool portable)
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable);
        var listen = Tcp();

        var report = await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));

        Assert.Equal(new RelayReport(1, 1, 0, []), report);
        Assert.Equal("one", await AskAsync(listen));
        var counters = Assert.Single(await relay.CountersAsync());
        await UntilAsync(() => counters.Active == 0, "the connection is counted as closed");
        Assert.Equal((1, 0, 3, 0), (counters.Connections, counters.BytesToOrigin, counters.BytesToClient, counters.Failures));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ready_origins_take_turns_by_their_weights(bool portable)
    {
        await using var a = TestOrigin.Named("a");
        await using var b = TestOrigin.Named("b");
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(a.EndPoint, weight: 3), Target(b.EndPoint, weight: 1))));

        var answers = new List<string>();
        for (var i = 0; i < 8; i++)
            answers.Add(await AskAsync(listen));

        Assert.Equal("aabaaaba", string.Concat(answers));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_origin_that_refuses_costs_no_client_anything_and_is_avoided_afterwards(bool portable)
    {
        await using var works = TestOrigin.Named("works");
        await using var spare = TestOrigin.Named("spare");
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(Nobody()), Target(works.EndPoint), Target(spare.EndPoint, priority: 1))));

        for (var i = 0; i < 6; i++)
            Assert.Equal("works", await AskAsync(listen));

        var refusing = Assert.Single(relay.Targets(), t => t.Failures > 0);
        Assert.True(refusing.Penalised);
        Assert.Equal(nameof(SocketError.ConnectionRefused), refusing.LastError);
        Assert.Equal(0, (await relay.CountersAsync())[0].Failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_next_priority_serves_when_no_origin_of_the_first_can_be_reached(bool portable)
    {
        await using var spare = TestOrigin.Named("spare");
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(Nobody()), Target(Nobody()), Target(spare.EndPoint, priority: 1))));

        Assert.Equal("spare", await AskAsync(listen));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_nothing_can_be_reached_the_client_is_reset_and_it_is_counted(bool portable)
    {
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(Nobody()))));

        Assert.Equal(SocketError.ConnectionReset, await ConnectAndReadAsync(listen));
        Assert.Equal(1, (await relay.CountersAsync())[0].Failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_port_without_targets_refuses_clients_at_once(bool portable)
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));

        var report = await relay.ApplyAsync(Table(Entry(listen)));

        Assert.Equal(new RelayReport(0, 0, 1, []), report);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listen))).SocketErrorCode);
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        Assert.Equal("one", await AskAsync(listen));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_port_that_is_gone_serves_through_its_grace_and_then_refuses(bool portable)
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable);
        var (gone, stays) = (Tcp(), Tcp());
        await relay.ApplyAsync(Table(Entry(gone, Target(origin.EndPoint)), Entry(stays, Target(origin.EndPoint))));

        var report = await relay.ApplyAsync(Table(Entry(stays, Target(origin.EndPoint))), TimeSpan.FromMinutes(1));
        Assert.Equal(1, report.Retired);
        Assert.Equal("one", await AskAsync(gone));

        // Brought back, then gone for a moment only.
        await relay.ApplyAsync(Table(Entry(gone, Target(origin.EndPoint)), Entry(stays, Target(origin.EndPoint))));
        await relay.ApplyAsync(Table(Entry(stays, Target(origin.EndPoint))), TimeSpan.FromMilliseconds(20));
        await UntilAsync(() => relay.Status.Listening == 1, "the listener closes");
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(gone));
        Assert.Equal("one", await AskAsync(stays));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task T9_a_port_that_another_program_has_is_reported_and_taken_when_it_is_free(bool portable)
    {
        await using var origin = TestOrigin.Named("one");
        await using var relay = Server(portable);
        var (taken, free) = (Tcp(), Tcp());
        var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(taken.Address, taken.Port));
        other.Listen();
        var table = Table(Entry(taken, Target(origin.EndPoint)), Entry(free, Target(origin.EndPoint)));

        var problem = Assert.Single((await relay.ApplyAsync(table)).Problems);

        Assert.Equal((RelayProblemKind.InUse, taken), (problem.Kind, problem.Listen));
        Assert.Contains("sudo ss -tlnp 'sport = :8080'", problem.Remedy, StringComparison.Ordinal);
        Assert.Equal("one", await AskAsync(free));
        other.Dispose();
        Assert.Empty((await relay.ApplyAsync(table)).Problems);
        Assert.Equal("one", await AskAsync(taken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_address_that_no_interface_has_is_reported_with_the_command_that_adds_it(bool portable)
    {
        await using var relay = Server(portable);
        var listen = new RelayListen(IPText.Parse("2001:db8::77"), 8080, Protocol.Tcp);
        var far = new RelayListen(IPText.Parse("198.51.100.7"), 8080, Protocol.Udp);

        var problems = (await relay.ApplyAsync(Table(Entry(listen, Target(Nobody())), Entry(far, Target(Nobody()))))).Problems;

        Assert.Equal([RelayProblemKind.NoSuchAddress, RelayProblemKind.NoSuchAddress], problems.Select(p => p.Kind));
        Assert.Contains("sudo ip addr add 198.51.100.7/32 dev lo", problems[1].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_privileged_port_is_explained_with_the_commands_that_permit_it()
    {
        var listen = new RelayListen(IPAddress.Loopback, 80, Protocol.Tcp);
        var alias = new ObjectKey("shop", "web");

        Assert.Contains("setcap 'cap_net_bind_service=+ep' /opt/elsewhere", Remedies.Explain(alias, listen, SocketError.AccessDenied, "/opt/elsewhere").Remedy, StringComparison.Ordinal);
        Assert.Equal("sudo sysctl net.ipv4.ip_unprivileged_port_start=0", Remedies.Explain(alias, listen, SocketError.AccessDenied, "/usr/bin/dotnet").Remedy);
        Assert.Equal(RelayProblemKind.NoDescriptors, Remedies.Explain(alias, listen, SocketError.TooManyOpenSockets, null).Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_with_affinity_keeps_its_origin_until_that_is_gone(bool portable)
    {
        await using var a = TestOrigin.Named("a");
        await using var b = TestOrigin.Named("b");
        await using var relay = Server(portable);
        var listen = Tcp();
        var entry = Entry(listen, Target(a.EndPoint), Target(b.EndPoint)) with { ClientIPAffinity = TimeSpan.FromHours(3) };
        await relay.ApplyAsync(Table(entry));

        var first = await AskAsync(listen);
        for (var i = 0; i < 5; i++)
            Assert.Equal(first, await AskAsync(listen));

        await relay.ApplyAsync(Table(entry with { Targets = [Target(first == "a" ? b.EndPoint : a.EndPoint)] }));
        Assert.NotEqual(first, await AskAsync(listen));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_retarget_under_load_fails_no_connection(bool portable)
    {
        await using var a = TestOrigin.Named("a");
        await using var b = TestOrigin.Named("b");
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(a.EndPoint))));
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var answers = new List<string>();
            while (!enough.IsCancellationRequested)
                answers.Add(await AskAsync(listen));
            return answers;
        })).ToArray();

        for (var edit = 0; edit < 100; edit++)
        {
            var seen = a.Accepted + b.Accepted;
            var next = edit % 2 == 0 ? b : a;
            await relay.ApplyAsync(Table(Entry(listen, Target(next.EndPoint))));
            await UntilAsync(() => a.Accepted + b.Accepted > seen + 2, "clients go on connecting");
        }

        await enough.CancelAsync();
        var all = (await Task.WhenAll(clients)).SelectMany(x => x).ToArray();
        Assert.Equal(["a", "b"], all.Distinct().Order());
        Assert.Equal(0, (await relay.CountersAsync())[0].Failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task U2_connections_to_a_target_that_is_gone_live_out_the_drain_time_and_new_ones_go_elsewhere(bool portable)
    {
        await using var old = TestOrigin.Echo();
        await using var fresh = TestOrigin.Named("fresh");
        await using var relay = Server(portable, new RelayOptions { DrainTime = TimeSpan.FromMilliseconds(300) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(old.EndPoint))));
        using var client = await ConnectAsync(listen);
        await client.SendAllAsync("x"u8.ToArray());
        await client.ReadAsync(1);

        await relay.ApplyAsync(Table(Entry(listen, Target(fresh.EndPoint))));

        Assert.Equal("fresh", await AskAsync(listen));
        Assert.Equal(SocketError.ConnectionReset, await client.NextAsync());
        await UntilAsync(() => relay.Status.Sessions == 0, "nothing is left at the old origin");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task U2_a_connection_whose_target_comes_back_within_the_drain_time_stays(bool portable)
    {
        await using var origin = TestOrigin.Echo();
        await using var other = TestOrigin.Named("other");
        await using var relay = Server(portable, new RelayOptions { DrainTime = TimeSpan.FromMilliseconds(500) });
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        await client.SendAllAsync("x"u8.ToArray());
        await client.ReadAsync(1);

        await relay.ApplyAsync(Table(Entry(listen, Target(other.EndPoint))));
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, CancellationToken.None);

        await client.SendAllAsync("y"u8.ToArray());
        Assert.Equal("y"u8.ToArray(), await client.ReadAsync(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task U4_a_connection_to_an_address_that_rotated_out_stays_while_it_lingers_and_new_ones_go_elsewhere(bool portable)
    {
        await using var former = TestOrigin.Echo();
        await using var current = TestOrigin.Named("current");
        await using var gone = TestOrigin.Echo();
        await using var relay = Server(portable, new RelayOptions { DrainTime = TimeSpan.FromMilliseconds(100) });
        RelayListen listen = Tcp(), other = Tcp();
        var bound = Entry(listen, Target(former.EndPoint)) with { ClientIPAffinity = TimeSpan.FromHours(1) };
        await relay.ApplyAsync(Table(bound, Entry(other, Target(gone.EndPoint))));
        using var client = await ConnectAsync(listen);
        await client.SendAllAsync("x"u8.ToArray());
        await client.ReadAsync(1);
        using var drained = await ConnectAsync(other);
        await drained.SendAllAsync("x"u8.ToArray());
        await drained.ReadAsync(1);

        var lingering = bound with { Targets = [Target(current.EndPoint)], Lingering = [Target(former.EndPoint, weight: 1)] };
        await relay.ApplyAsync(Table(lingering, Entry(other, Target(current.EndPoint))));

        for (var i = 0; i < 4; i++)
            Assert.Equal("current", await AskAsync(listen));

        // What drains at the same time is gone: the drain time is over.
        Assert.Equal(SocketError.ConnectionReset, await drained.NextAsync());
        await client.SendAllAsync("y"u8.ToArray());
        Assert.Equal("y"u8.ToArray(), await client.ReadAsync(1));

        await relay.ApplyAsync(Table(lingering with { Lingering = [] }, Entry(other, Target(current.EndPoint))));
        Assert.Equal(SocketError.ConnectionReset, await client.NextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Draining_refuses_new_clients_and_lets_open_ones_finish(bool portable)
    {
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        await client.SendAllAsync("before"u8.ToArray());
        await client.ReadAsync(6);

        var draining = relay.DrainAsync(TimeSpan.FromSeconds(30));
        await UntilAsync(() => relay.Status.Listening == 0, "the listener closes");
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listen));
        await client.SendAllAsync("after"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("after"u8.ToArray(), await client.ReadToEndAsync());
        Assert.Equal(0, await draining);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Draining_is_bounded_and_resets_what_is_left(bool portable)
    {
        await using var origin = TestOrigin.Echo();
        await using var relay = Server(portable);
        var listen = Tcp();
        await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint))));
        using var client = await ConnectAsync(listen);
        await client.SendAllAsync("x"u8.ToArray());
        await client.ReadAsync(1);

        Assert.Equal(1, await relay.DrainAsync(TimeSpan.FromMilliseconds(50)));

        Assert.Equal(SocketError.ConnectionReset, await client.NextAsync());
        Assert.Equal(new RelayReport(0, 0, 0, []), await relay.ApplyAsync(Table(Entry(listen, Target(origin.EndPoint)))));
    }

    // The reset may already be there when the connect is looked at.
    private static async Task<SocketError> ConnectAndReadAsync(RelayListen listen)
    {
        try
        {
            using var client = await ConnectAsync(listen);
            return await client.NextAsync();
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static async Task<string> AskAsync(RelayListen listen)
    {
        using var client = await ConnectAsync(listen);
        return Encoding.ASCII.GetString(await client.ReadToEndAsync());
    }
}
