using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;
using static Elsewhere.Tests.Model.Resolving.Given;

namespace Elsewhere.Tests.Model.Resolving;

public sealed class AddressAllocationSpecs
{
    private static string AddressesOf(AliasSnapshot snapshot, string key) => string.Join(' ', snapshot.AliasOf(key).ServiceAddresses);

    private static AliasSnapshot Run(string cidrs, params object[] objects) => Resolve.Run(View(objects), Options(cidrs));

    [Fact]
    public void An_explicit_clusterIP_is_honoured_also_outside_the_range()
    {
        var service = Service("a", Port(80)) with { ClusterIPs = IPs("10.96.10.1") };
        Assert.Equal("10.96.10.1", AddressesOf(Resolved(service), "a"));
    }

    [Fact]
    public void The_first_address_depends_on_the_name_alone()
    {
        var alone = AddressesOf(Resolved(Service("shop/payments", Port(80))), "shop/payments");
        var among = Resolved(Service("a", Port(80)), Service("shop/payments", Port(80)), Service("z", Port(80)));
        Assert.Equal(alone, AddressesOf(among, "shop/payments"));
        Assert.Equal("127.96.152.222", alone);
    }

    [Fact]
    public void A_range_is_given_out_to_the_last_address_and_never_network_broadcast_api_or_dns()
    {
        var services = Enumerable.Range(0, 14).Select(i => (object)Service($"s{i}", Port(80))).ToArray();
        var snapshot = Run("127.96.0.0/28", services);
        var given = snapshot.Aliases.SelectMany(a => a.ServiceAddresses).Select(a => (int)a.GetAddressBytes()[3]).Order();
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14], given);
    }

    [Theory]
    [InlineData("127.0.0.0/32")]
    [InlineData("127.0.0.0/31")]
    [InlineData("fd00::/128")]
    [InlineData("fd00::/127")]
    [InlineData("")]
    public void A_range_that_is_too_small_gives_nothing(string cidrs) => Assert.Equal("", AddressesOf(Run(cidrs, Service("a", Port(80))), "a"));

    [Theory]
    [InlineData("::/0")]
    [InlineData("0.0.0.0/0")]
    [InlineData("fd00:10:96::/112")]
    [InlineData("127.0.0.0/30")]
    public void A_range_of_any_size_gives_an_address(string cidr) =>
        Assert.True(Cidr.Parse(cidr).Contains(IPText.Parse(AddressesOf(Run(cidr, Service("a", Port(80))), "a"))));

    [Theory]
    [InlineData(null, "", "4")]
    [InlineData(null, "6", "6")]
    [InlineData(null, "64", "64")]
    [InlineData(IPFamilyPolicy.SingleStack, "64", "6")]
    [InlineData(IPFamilyPolicy.PreferDualStack, "", "46")]
    [InlineData(IPFamilyPolicy.PreferDualStack, "6", "64")]
    [InlineData(IPFamilyPolicy.RequireDualStack, "", "46")]
    public void D26_families_are_given_as_the_policy_says(IPFamilyPolicy? policy, string families, string given)
    {
        var service = Service("a", Port(80)) with
        {
            IPFamilyPolicy = policy,
            IPFamilies = families.Select(f => f == '4' ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6).ToSeq(),
        };
        var alias = Run("127.96.0.0/16,fd00:10:96::/112", service).AliasOf("a");
        Assert.Equal(given, string.Concat(alias.ServiceAddresses.Select(a => a.AddressFamily == AddressFamily.InterNetwork ? '4' : '6')));
    }

    [Fact]
    public void D26_a_policy_that_prefers_both_takes_what_there_is()
    {
        var service = Service("a", Port(80)) with { IPFamilyPolicy = IPFamilyPolicy.PreferDualStack };
        Assert.Single(Run("127.96.0.0/16", service).AliasOf("a").ServiceAddresses);
    }

    [Fact]
    public void T9_of_two_that_ask_for_one_address_the_first_by_name_has_it_in_every_order()
    {
        object a = Service("a", Port(80)) with { ClusterIPs = IPs("127.96.1.1") };
        object b = Service("b", Port(80)) with { ClusterIPs = IPs("127.96.1.1") };
        foreach (var snapshot in (AliasSnapshot[])[Resolved(a, b), Resolved(b, a)])
        {
            Assert.Equal("127.96.1.1", AddressesOf(snapshot, "a"));
            Assert.Equal("", AddressesOf(snapshot, "b"));
        }
    }

    [Fact]
    public void T9_whoever_has_an_address_keeps_it_against_one_that_asks_for_it()
    {
        var before = Resolved(Service("z", Port(80)));
        object asks = Service("a", Port(80)) with { ClusterIPs = before.AliasOf("z").ServiceAddresses };
        var after = Resolve.Run(View(asks, Service("z", Port(80))), Options(previous: before.Addresses));
        Assert.Equal(before.AliasOf("z").ServiceAddresses, after.AliasOf("z").ServiceAddresses);
        Assert.Equal("", AddressesOf(after, "a"));
    }

    [Fact]
    public void An_explicit_address_is_never_given_to_another()
    {
        var hashed = Resolved(Service("a", Port(80))).AliasOf("a").ServiceAddresses;
        object asks = Service("z", Port(80)) with { ClusterIPs = hashed };
        var snapshot = Resolved(Service("a", Port(80)), asks);
        Assert.Equal(hashed, snapshot.AliasOf("z").ServiceAddresses);
        Assert.NotEqual(hashed, snapshot.AliasOf("a").ServiceAddresses);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("fe80::1")]
    [InlineData("::")]
    public void An_address_that_would_catch_other_traffic_is_not_served(string address) =>
        Assert.Equal("", AddressesOf(Resolved(Service("a", Port(80)) with { ClusterIPs = IPs(address) }), "a"));

    [Fact]
    public void An_address_of_before_is_left_when_the_range_is_another()
    {
        var before = Resolved(Service("a", Port(80)));
        var after = Resolve.Run(View(Service("a", Port(80))), Options("127.97.0.0/16", before.Addresses));
        Assert.True(Cidr.Parse("127.97.0.0/16").Contains(after.AliasOf("a").ServiceAddresses[0]));
    }

    [Fact]
    public void A_book_that_makes_no_sense_does_no_harm()
    {
        var book = new AddressBook(
        [
            new AddressEntry(Key("b"), IPAddress.Loopback),
            new AddressEntry(Key("a"), IPText.Parse("127.96.0.10")),
            new AddressEntry(Key("a"), IPText.Parse("127.96.7.7")),
            new AddressEntry(Key("a"), IPText.Parse("127.96.7.8")),
            new AddressEntry(Key("b"), IPText.Parse("127.96.7.7")),
            new AddressEntry(Key("gone"), IPText.Parse("fe80::1")),
        ]);
        var snapshot = Resolve.Run(View(Service("a", Port(80)), Service("b", Port(80))), Options(previous: book));
        Assert.Equal("127.96.7.7", AddressesOf(snapshot, "a"));
        Assert.StartsWith("127.96.", AddressesOf(snapshot, "b"), StringComparison.Ordinal);
        Assert.NotEqual("127.96.7.7", AddressesOf(snapshot, "b"));
    }
}
