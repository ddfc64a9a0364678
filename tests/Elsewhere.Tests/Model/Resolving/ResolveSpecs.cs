using Elsewhere.Model;
using static Elsewhere.Tests.Model.Resolving.Given;

namespace Elsewhere.Tests.Model.Resolving;

public sealed class ResolveSpecs
{
    [Fact]
    public void The_articles_first_option_leads_port_80_to_1_1_1_1_port_9000()
    {
        var snapshot = Resolved(
            Service("external-service", Port(80, targetPort: "9000")),
            Endpoints("external-service", Subset("1.1.1.1", SlicePort(9000))));
        var alias = snapshot.AliasOf("external-service");
        Assert.Equal(AliasKind.ClusterIP, alias.Kind);
        Assert.True(Cidr.Parse("127.96.0.0/16").Contains(Assert.Single(alias.ServiceAddresses)));
        Assert.Equal(80, Assert.Single(alias.Ports).Port);
        Assert.Equal("1.1.1.1:9000", snapshot.BackendsOf("external-service"));
    }

    [Fact]
    public void The_articles_second_option_is_a_cname()
    {
        var alias = Resolved(ExternalName("my-namespace/database", "prod.database.k8salliance.com")).AliasOf("my-namespace/database");
        Assert.Equal(AliasKind.ExternalName, alias.Kind);
        Assert.Equal(DnsName.Parse("prod.database.k8salliance.com"), alias.Target);
        Assert.Empty(alias.ServiceAddresses);
    }

    [Fact]
    public void An_address_as_externalName_is_no_cname() => Assert.Null(Resolved(ExternalName("a", "1.2.3.4")).AliasOf("a").Target);

    [Theory]
    [InlineData("http", Protocol.Tcp, "http", Protocol.Tcp, true)]
    [InlineData("", Protocol.Tcp, "", Protocol.Tcp, true)]
    [InlineData("http", Protocol.Tcp, "", Protocol.Tcp, false)]
    [InlineData("", Protocol.Tcp, "http", Protocol.Tcp, false)]
    [InlineData("dns", Protocol.Udp, "dns", Protocol.Tcp, false)]
    public void Ports_are_joined_by_name_and_protocol(string name, Protocol protocol, string sliceName, Protocol sliceProtocol, bool joined)
    {
        var snapshot = Resolved(
            Service("a", Port(80, name, protocol)), Slice("a-1", "a", "192.0.2.1", SlicePort(8080, sliceName, sliceProtocol)));
        Assert.Equal(joined ? "192.0.2.1:8080" : "", snapshot.BackendsOf("a"));
    }

    [Fact]
    public void A_slice_port_without_a_number_leads_nowhere() =>
        Assert.Equal("", Resolved(Service("a", Port(80)), Slice("a-1", "a", "192.0.2.1", SlicePort(null))).BackendsOf("a"));

    [Fact]
    public void Several_slices_are_one_set_in_the_order_of_their_names() =>
        Assert.Equal(
            "192.0.2.3:8080 192.0.2.1:8080 192.0.2.1:8081",
            Resolved(
                Service("a", Port(80)),
                Slice("a-3", "a", "192.0.2.1", SlicePort(8081)),
                Slice("a-2", "a", "192.0.2.1 192.0.2.3", SlicePort(8080)),
                Slice("a-1", "a", "192.0.2.3", SlicePort(8080))).BackendsOf("a"));

    [Fact]
    public void What_is_not_ready_gets_no_connection_unless_it_still_serves_and_nothing_else_does()
    {
        var (up, down, leaving) = (IPs("192.0.2.1")[0], IPs("192.0.2.2")[0], IPs("192.0.2.3")[0]);
        var slice = Slice("a-1", "a", "", SlicePort(80)) with
        {
            Endpoints = [Endpoint(up), Endpoint(down, ready: false), Endpoint(leaving, ready: false, serving: true, terminating: true)],
        };
        Assert.Equal("192.0.2.1:80", Resolved(Service("a", Port(80)), slice).BackendsOf("a"));
        Assert.Equal(
            "192.0.2.3:80", Resolved(Service("a", Port(80)), slice with { Endpoints = slice.Endpoints.Skip(1).ToSeq() }).BackendsOf("a"));
    }

    [Fact]
    public void Only_the_first_address_of_an_endpoint_is_dialled()
    {
        var slice = Slice("a-1", "a", "", SlicePort(80)) with { Endpoints = [new EndpointView(IPs("192.0.2.1 192.0.2.2"), [], "", null, null, null)] };
        Assert.Equal("192.0.2.1:80", Resolved(Service("a", Port(80)), slice).BackendsOf("a"));
    }

    [Fact]
    public void A_service_leads_only_to_endpoints_of_its_own_family() =>
        Assert.Equal(
            "192.0.2.1:80",
            Resolved(
                Service("a", Port(80)),
                Slice("a-4", "a", "192.0.2.1", SlicePort(80)),
                Slice("a-6", "a", "2001:db8::1", SlicePort(80))).BackendsOf("a"));

    [Fact]
    public void A_slice_without_a_service_stays_in_the_snapshot() =>
        Assert.Equal(Key("lost/x"), Assert.Single(Resolved(Slice("lost/x", "gone", "192.0.2.1", SlicePort(80))).EndpointSlices).Key);

    [Fact]
    public void Namespaces_are_those_declared_those_used_and_kubernetes_own() =>
        Assert.Equal(
            ["a", "b", "c", "d", "default", "e", "kube-node-lease", "kube-public", "kube-system"],
            Resolved(
                new NamespaceView("e", null, null),
                Service("d/x"),
                Endpoints("c/x"),
                Slice("b/x", "x", ""),
                Alias("a/x", AliasMode.ExternalName, "https://example.com")).Namespaces);

    [Fact]
    public void An_alias_in_mode_Endpoints_leads_to_names_and_addresses_by_share()
    {
        var alias = Alias("a", AliasMode.Endpoints, "tcp://one.example:5432", "tcp://192.0.2.9:5433", "tcp://drained.example:5432");
        alias = alias with
        {
            Origins = [alias.Origins[0], alias.Origins[1] with { Priority = 1, Weight = 7 }, alias.Origins[2] with { Weight = 0 }],
            Ports = [Port(5432)],
        };
        Assert.Equal(
            [new Backend(null, DnsName.Parse("one.example"), 5432, 0, 100), new Backend(IPs("192.0.2.9")[0], null, 5433, 1, 7)],
            Resolved(alias).AliasOf("a").Ports[0].Backends);
    }

    [Fact]
    public void An_origin_with_two_addresses_has_no_larger_share_than_one_with_one()
    {
        var alias = Alias("a", AliasMode.Endpoints, "tcp://one.example:1", "tcp://two.example:1");
        alias = alias with { Origins = [alias.Origins[0], alias.Origins[1] with { Addresses = IPs("192.0.2.1 192.0.2.2") }] };
        Assert.Equal([200, 100, 100], Resolved(alias).AliasOf("a").Ports[0].Backends.Select(b => b.Weight));
    }

    [Fact]
    public void An_alias_in_mode_ExternalName_is_a_cname_to_the_best_origin()
    {
        var alias = Alias("a", AliasMode.ExternalName, "https://second.example", "https://first.example");
        alias = alias with { Origins = [alias.Origins[0] with { Priority = 1 }, alias.Origins[1]] };
        Assert.Equal(DnsName.Parse("first.example"), Resolved(alias).AliasOf("a").Target);
    }

    [Fact]
    public void An_alias_in_mode_Gateway_has_an_address_and_a_route_with_the_origins_that_take_part()
    {
        var alias = Alias("a", AliasMode.Gateway, "https://one.example", "https://drained.example", "tcp://other.example:1");
        alias = alias with { Origins = [alias.Origins[0], alias.Origins[1] with { Weight = 0 }, alias.Origins[2]] };
        var resolved = Resolved(alias).AliasOf("a");
        Assert.Single(resolved.ServiceAddresses);
        Assert.Equal([DnsName.Parse("one.example")], resolved.Gateway!.Ports.Single(p => p.Port == 443).Origins.Select(o => o.Url.Host));
    }

    [Fact]
    public void What_is_nearest_to_a_Service_decides_whether_the_gateway_serves_it()
    {
        bool Served(bool all, bool? ns, bool? own) => Resolve.Run(
            View(new NamespaceView("shop", ns, null), ExternalName("shop/a", "api.example.com") with { Gateway = own }), Options() with { GatewayForAll = all })
            .AliasOf("shop/a").Gateway is not null;

        Assert.False(Served(all: false, ns: null, own: null));
        Assert.True(Served(all: true, ns: null, own: null));
        Assert.True(Served(all: false, ns: true, own: null));
        Assert.False(Served(all: true, ns: false, own: null));
        Assert.True(Served(all: false, ns: false, own: true));
        Assert.False(Served(all: true, ns: true, own: false));
    }

    [Fact]
    public void A_Service_wins_over_an_Alias_of_the_same_name() =>
        Assert.Equal("Service", Resolved(Alias("a", AliasMode.Endpoints, "tcp://x.example:1"), Service("a", Port(1))).AliasOf("a").Declared.Kind);

    [Fact]
    public void Nothing_at_all_has_a_snapshot()
    {
        var snapshot = Resolve.Run(ClusterView.Empty, ResolveOptions.Default with { ServiceCidrs = [] });
        Assert.Empty(snapshot.Aliases);
        Assert.Equal(4, snapshot.Namespaces.Count);
    }
}
