using System.Net;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Relay;

public sealed class RelayTableTests
{
    private static readonly IPAddress Service = IPText.Parse("127.96.0.11");
    private static readonly IPAddress Origin = IPText.Parse("192.0.2.7");

    [Fact]
    public void Every_port_of_every_service_address_has_an_entry_and_SCTP_has_none()
    {
        var alias = Alias("db", [Service, IPText.Parse("fd00::b")], Port(80, Protocol.Tcp), Port(53, Protocol.Udp), Port(7, Protocol.Sctp));

        var table = Build([alias]);

        Assert.Equal(
            ["TCP 127.96.0.11:80", "UDP 127.96.0.11:53", "TCP [fd00::b]:80", "UDP [fd00::b]:53"],
            table.Entries.Select(e => e.Listen.ToString()));
        Assert.Empty(table.Problems);
    }

    [Fact]
    public void Equal_snapshots_make_equal_tables() =>
        Assert.Equal(Build([Alias("db", [Service], Port(80, Protocol.Tcp))]), Build([Alias("db", [Service], Port(80, Protocol.Tcp))]));

    [Fact]
    public void Only_ClusterIP_aliases_are_relayed() =>
        Assert.Empty(Build([Alias("db", [Service], Port(80, Protocol.Tcp)) with { Kind = AliasKind.Headless }]).Entries);

    [Fact]
    public void Targets_come_by_priority_and_a_name_shares_its_weight_among_its_addresses()
    {
        var name = DnsName.Parse("origin.example.");
        var origins = OriginAddresses.Create([new OriginState(name, [IPText.Parse("192.0.2.1"), IPText.Parse("2001:db8::1")], TimeSpan.FromSeconds(5), null, null)]);
        var port = new AliasPort("", 80, Protocol.Tcp, "", [new Backend(Origin, null, 81, Priority: 1), new Backend(null, name, 82, Weight: 50), new Backend(Origin, null, 83, Weight: 50)]);

        var targets = RelayTable.Build(Snapshot([Alias("db", [Service], port)]), origins, DialPolicy.OneMachine).Entries[0].Targets;

        Assert.Equal(["192.0.2.1", "2001:db8::1", "192.0.2.7", "192.0.2.7"], targets.Select(t => t.Address.ToString()));
        Assert.Equal([0, 0, 0, 1], targets.Select(t => t.Priority));
        Assert.Equal(targets[2].Weight, targets[0].Weight + targets[1].Weight);
    }

    [Fact]
    public void U6_what_a_name_resolves_to_outside_the_ranges_of_an_AliasPolicy_is_left_out_and_reported_former_addresses_too()
    {
        var name = DnsName.Parse("origin.example.");
        var origins = OriginAddresses.Create([
            new OriginState(name, [.. "192.0.2.1 10.0.0.1 ::ffff:10.0.0.2 64:ff9b::192.0.2.3".Split(' ').Select(IPText.Parse)], TimeSpan.FromSeconds(5), null, null)
            {
                Lingering = [IPText.Parse("10.0.0.9"), IPText.Parse("192.0.2.9")],
            },
        ]);
        var port = new AliasPort("", 80, Protocol.Tcp, "", [new Backend(null, name, 82, Within: [Cidr.Parse("192.0.2.0/24")])]);

        var table = RelayTable.Build(Snapshot([Alias("db", [Service], port)]), origins, DialPolicy.OneMachine);

        Assert.Equal(["192.0.2.1"], table.Entries[0].Targets.Select(t => t.Address.ToString()));
        Assert.Equal(["192.0.2.9"], table.Entries[0].Lingering.Select(t => t.Address.ToString()));
        Assert.Equal(3, table.Problems.Count);
        Assert.All(table.Problems, problem => Assert.EndsWith(" is in no range that an AliasPolicy allows here", problem.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_without_addresses_leads_nowhere()
    {
        var port = new AliasPort("", 80, Protocol.Tcp, "", [new Backend(null, DnsName.Parse("origin.example."), 82)]);

        Assert.Empty(Build([Alias("db", [Service], port)]).Entries[0].Targets);
    }

    [Fact]
    public void U6_an_address_that_may_not_be_dialled_is_left_out_and_reported_also_in_its_IPv6_form()
    {
        var port = new AliasPort("", 80, Protocol.Tcp, "", [new Backend(IPText.Parse("169.254.169.254"), null, 80), new Backend(IPText.Parse("::ffff:169.254.169.254"), null, 80), new Backend(Origin, null, 80)]);

        var table = Build([Alias("db", [Service], port)]);

        Assert.Equal(Origin, Assert.Single(table.Entries[0].Targets).Address);
        Assert.Equal([RelayProblemKind.Denied, RelayProblemKind.Denied], table.Problems.Select(p => p.Kind));
        Assert.Contains("metadata", table.Problems[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void U4_former_addresses_of_a_name_linger_unless_they_are_targets_or_may_not_be_dialled()
    {
        var name = DnsName.Parse("origin.example.");
        Seq<IPAddress> former = [IPText.Parse("169.254.169.254"), Origin, Service, IPText.Parse("192.0.2.2"), IPText.Parse("192.0.2.3")];
        var origins = OriginAddresses.Create([new OriginState(name, [IPText.Parse("192.0.2.1")], TimeSpan.FromSeconds(5), null, null, former)]);
        var port = new AliasPort("", 80, Protocol.Tcp, "", [new Backend(null, name, 80), new Backend(null, name, 80), new Backend(Origin, null, 80)]);

        var table = RelayTable.Build(Snapshot([Alias("db", [Service], port)]), origins, DialPolicy.OneMachine);

        Assert.Equal(["192.0.2.1", "192.0.2.7"], table.Entries[0].Targets.Select(t => t.Address.ToString()));
        Assert.Equal(["192.0.2.2", "192.0.2.3"], table.Entries[0].Lingering.Select(t => t.Address.ToString()));
        Assert.Empty(table.Problems);
    }

    [Fact]
    public void A_target_that_is_a_service_address_itself_is_left_out_since_the_relay_would_dial_itself()
    {
        var port = new AliasPort("", 80, Protocol.Tcp, "", [new Backend(Service, null, 80)]);

        var table = Build([Alias("db", [Service], port)]);

        Assert.Empty(table.Entries[0].Targets);
        Assert.Equal(RelayProblemKind.Loop, Assert.Single(table.Problems).Kind);
    }

    [Fact]
    public void T9_of_two_aliases_on_one_address_and_port_the_holder_wins_and_otherwise_the_first_by_name()
    {
        Alias[] aliases = [Alias("a", [Service], Port(80, Protocol.Tcp)), Alias("b", [Service], Port(80, Protocol.Tcp), Port(81, Protocol.Tcp))];

        var byName = Build(aliases);
        var held = Build(aliases, new AddressBook([new AddressEntry(aliases[1].Key, Service)]));

        Assert.Equal(["a 80", "b 81"], byName.Entries.Select(e => $"{e.Alias.Name} {e.Listen.Port}"));
        Assert.Equal(["b 80", "b 81"], held.Entries.Select(e => $"{e.Alias.Name} {e.Listen.Port}"));
        Assert.Equal("TCP 127.96.0.11:80 belongs to a.shop already", Assert.Single(byName.Problems).Reason);
        Assert.Equal("a", Assert.Single(held.Problems).Alias.Name);
    }

    [Fact]
    public void Weights_are_turns_spread_evenly()
    {
        Assert.Equal([0], Shares.Schedule([5]));
        Assert.Equal([0, 1], Shares.Schedule([100, 100]));
        Assert.Equal([0, 0, 1, 0], Shares.Schedule([300, 100]));
        var uneven = Shares.Schedule([1_000_000, 1, 3]);
        Assert.True(uneven.Length < 1100);
        Assert.Equal([0, 1, 2], uneven.Distinct().Order().Select(i => (int)i));
    }

    private static RelayTable Build(Alias[] aliases, AddressBook? book = null) =>
        RelayTable.Build(Snapshot(aliases, book), OriginAddresses.Empty, DialPolicy.OneMachine);

    private static AliasSnapshot Snapshot(Alias[] aliases, AddressBook? book = null) =>
        new(DnsName.Parse("cluster.local."), [], aliases.ToSeq(), [], [], book ?? AddressBook.Empty);

    private static Alias Alias(string name, IPAddress[] addresses, params AliasPort[] ports) =>
        new(new ObjectKey("shop", name), ObjectRef.None, AliasKind.ClusterIP, addresses.ToSeq(), null, ports.ToSeq(), null, null);

    private static AliasPort Port(int port, Protocol protocol) => new("", port, protocol, "", [new Backend(Origin, null, 9000)]);
}
