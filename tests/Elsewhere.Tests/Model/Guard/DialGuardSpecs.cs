using Elsewhere.Model;

namespace Elsewhere.Tests.Model.Guard;

public sealed class DialGuardSpecs
{
    [Theory]
    [InlineData("1.1.1.1", DialVerdict.Allowed)]
    [InlineData("2606:4700::1111", DialVerdict.Allowed)]
    [InlineData("0.0.0.0", DialVerdict.Unspecified)]
    [InlineData("0.1.2.3", DialVerdict.Unspecified)]
    [InlineData("::", DialVerdict.Unspecified)]
    [InlineData("169.254.1.1", DialVerdict.LinkLocal)]
    [InlineData("169.253.255.255", DialVerdict.Allowed)]
    [InlineData("169.255.0.0", DialVerdict.Allowed)]
    [InlineData("fe80::1", DialVerdict.LinkLocal)]
    [InlineData("febf::1", DialVerdict.LinkLocal)]
    [InlineData("fec0::1", DialVerdict.Allowed)]
    [InlineData("169.254.169.254", DialVerdict.Metadata)]
    [InlineData("168.63.129.16", DialVerdict.Metadata)]
    [InlineData("168.63.129.17", DialVerdict.Allowed)]
    [InlineData("100.100.100.200", DialVerdict.Metadata)]
    [InlineData("fd00:ec2::254", DialVerdict.Metadata)]
    [InlineData("fd20:ce::254", DialVerdict.Metadata)]
    [InlineData("224.0.0.1", DialVerdict.Multicast)]
    [InlineData("239.255.255.255", DialVerdict.Multicast)]
    [InlineData("ff02::1", DialVerdict.Multicast)]
    [InlineData("240.0.0.1", DialVerdict.Reserved)]
    [InlineData("255.255.255.255", DialVerdict.Reserved)]
    public void U6_what_no_policy_allows_is_refused_and_public_is_not(string address, DialVerdict expected)
    {
        Assert.Equal(expected, DialGuard.Check(IPText.Parse(address), DialPolicy.OneMachine));
        Assert.Equal(expected, DialGuard.Check(IPText.Parse(address), DialPolicy.Cluster));
        var everything = DialPolicy.OneMachine with { Allow = [Cidr.Parse("0.0.0.0/0"), Cidr.Parse("::/0")] };
        Assert.Equal(expected, DialGuard.Check(IPText.Parse(address), everything));
    }

    [Theory]
    [InlineData("::ffff:169.254.169.254", DialVerdict.Metadata)]
    [InlineData("::169.254.169.254", DialVerdict.Metadata)]
    [InlineData("::ffff:0:169.254.169.254", DialVerdict.Metadata)]
    [InlineData("64:ff9b::169.254.169.254", DialVerdict.Metadata)]
    [InlineData("64:ff9b::a83f:8110", DialVerdict.Metadata)]
    [InlineData("64:ff9b:1::169.254.169.254", DialVerdict.Metadata)]
    [InlineData("2002:a9fe:a9fe::1", DialVerdict.Metadata)]
    [InlineData("::ffff:127.0.0.1", DialVerdict.Loopback)]
    [InlineData("64:ff9b::127.0.0.1", DialVerdict.Loopback)]
    [InlineData("2002:7f00:1::", DialVerdict.Loopback)]
    [InlineData("::ffff:0.0.0.0", DialVerdict.Unspecified)]
    [InlineData("::ffff:224.0.0.1", DialVerdict.Multicast)]
    [InlineData("::ffff:1.1.1.1", DialVerdict.Allowed)]
    [InlineData("64:ff9b::1.1.1.1", DialVerdict.Allowed)]
    public void U6_an_IPv4_address_inside_an_IPv6_address_is_found(string address, DialVerdict expected) =>
        Assert.Equal(expected, DialGuard.Check(IPText.Parse(address), DialPolicy.Cluster));

    [Theory]
    [InlineData("127.0.0.1", DialVerdict.Loopback)]
    [InlineData("127.255.255.255", DialVerdict.Loopback)]
    [InlineData("::1", DialVerdict.Loopback)]
    [InlineData("10.1.2.3", DialVerdict.Private)]
    [InlineData("172.16.0.1", DialVerdict.Private)]
    [InlineData("172.32.0.1", DialVerdict.Allowed)]
    [InlineData("192.168.255.255", DialVerdict.Private)]
    [InlineData("100.64.0.1", DialVerdict.Private)]
    [InlineData("100.128.0.1", DialVerdict.Allowed)]
    [InlineData("fd12::1", DialVerdict.Private)]
    public void U6_loopback_and_private_are_a_choice(string address, DialVerdict expected)
    {
        var strict = new DialPolicy([], [], LoopbackAllowed: false, PrivateAllowed: false);
        Assert.Equal(expected, DialGuard.Check(IPText.Parse(address), strict));
        Assert.Equal(DialVerdict.Allowed, DialGuard.Check(IPText.Parse(address), DialPolicy.OneMachine));
        Assert.Equal(DialVerdict.Allowed, DialGuard.Check(IPText.Parse(address), strict with { Allow = [Cidr.Parse("0.0.0.0/0"), Cidr.Parse("::/0")] }));
    }

    [Theory]
    [InlineData("10.1.2.3", DialVerdict.Allowed)]
    [InlineData("10.1.2.4", DialVerdict.Denied)]
    [InlineData("10.9.0.1", DialVerdict.Denied)]
    [InlineData("::ffff:10.9.0.1", DialVerdict.Denied)]
    [InlineData("8.8.8.8", DialVerdict.Denied)]
    [InlineData("8.8.4.4", DialVerdict.Allowed)]
    [InlineData("2001:db8::5", DialVerdict.Denied)]
    public void U6_of_both_lists_the_longer_prefix_decides(string address, DialVerdict expected)
    {
        var policy = DialPolicy.OneMachine with
        {
            Deny = [Cidr.Parse("10.0.0.0/8"), Cidr.Parse("10.1.2.4/32"), Cidr.Parse("8.8.8.8/32"), Cidr.Parse("2001:db8::/32")],
            Allow = [Cidr.Parse("10.1.2.0/24"), Cidr.Parse("8.8.8.8/32")],
        };
        Assert.Equal(expected, DialGuard.Check(IPText.Parse(address), policy));
    }

    [Theory]
    [InlineData("::ffff:8.8.4.4", "::ffff:0:0/96")]
    [InlineData("64:ff9b::8.8.4.4", "64:ff9b::/96")]
    public void A_denied_IPv6_range_also_denies_what_stands_for_IPv4(string address, string range) =>
        Assert.Equal(DialVerdict.Denied, DialGuard.Check(IPText.Parse(address), DialPolicy.OneMachine with { Deny = [Cidr.Parse(range)] }));

    [Fact]
    public void Every_verdict_has_its_words() =>
        Assert.All(Enum.GetValues<DialVerdict>(), verdict => Assert.NotEmpty(DialGuard.Explain(verdict)));
}
