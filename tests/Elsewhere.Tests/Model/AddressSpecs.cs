using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Tests.Model;

public sealed class AddressSpecs
{
    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("2001:db8::1")]
    [InlineData("::ffff:1.2.3.4")]
    [InlineData("64:ff9b::192.0.2.33")]
    public void An_address_is_taken(string text)
    {
        Assert.True(IPText.TryParse(text, out var address));
        Assert.Equal(IPText.Parse(address.ToString()), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.999")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.04")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("2130706433")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("1.2.3.4/32")]
    [InlineData("1.2.3.")]
    [InlineData("1..2.3")]
    [InlineData("١.2.3.4")]
    [InlineData("[::1]")]
    [InlineData("::1/128")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::ffff:1.2.3.04")]
    [InlineData("1:2:3")]
    [InlineData("example.com")]
    public void What_Kubernetes_would_not_take_is_refused(string? text) => Assert.False(IPText.TryParse(text, out _));

    [Theory]
    [InlineData("0x7f000001", true)]
    [InlineData("127.0.0.0X1", true)]
    [InlineData("0177.1", true)]
    [InlineData("2130706433", true)]
    [InlineData("1.2.3.4.", true)]
    [InlineData("a.example.", false)]
    [InlineData("0x7f.example", false)]
    [InlineData("v1.0xyz", false)]
    [InlineData("1.2.3.4", true)]
    [InlineData("0x", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    public void U6_what_others_read_as_an_IPv4_address_ends_in_a_number(string host, bool expected) => Assert.Equal(expected, IPText.EndsInNumber(host));

    [Fact]
    public void A_mapped_address_is_seen_for_what_it_is()
    {
        Assert.Equal(IPAddress.Loopback, IPText.Unmap(IPText.Parse("::ffff:127.0.0.1")));
        Assert.Equal(IPAddress.IPv6Loopback, IPText.Unmap(IPAddress.IPv6Loopback));
    }

    [Theory]
    [InlineData("127.96.0.0/16", "127.96.0.10", 10, 65536)]
    [InlineData("fd00:10:96::/112", "fd00:10:96::a", 10, 65536)]
    [InlineData("10.0.0.0/8", "10.1.2.3", 66051, 16777216)]
    [InlineData("192.0.2.1/32", "192.0.2.1", 0, 1)]
    public void A_range_counts_its_addresses(string range, string address, int index, int size)
    {
        var cidr = Cidr.Parse(range);
        Assert.Equal(IPText.Parse(address), cidr.AddressAt(index));
        Assert.True(cidr.Contains(IPText.Parse(address)));
        Assert.Equal(size, cidr.Size);
        Assert.Equal(range, cidr.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.AddressAt(cidr.Size));
        Assert.Throws<ArgumentOutOfRangeException>(() => cidr.AddressAt(-1));
    }

    [Theory]
    [InlineData("127.96.0.0/16", "127.97.0.0")]
    [InlineData("127.96.0.0/16", "::ffff:127.96.0.1")]
    [InlineData("fd00:10:96::/112", "fd00:10:96::1:0")]
    public void A_range_ends_where_it_ends(string range, string address) => Assert.False(Cidr.Parse(range).Contains(IPText.Parse(address)));

    [Theory]
    [InlineData("127.96.0.0", "is no range")]
    [InlineData("127.96.0.0/", "is no range")]
    [InlineData("127.96.0.0/x", "is no range")]
    [InlineData("127.96.0.0/-1", "is no range")]
    [InlineData("127.96.0.0/33", "longer than 32")]
    [InlineData("fd00::/129", "longer than 128")]
    [InlineData("127.96.0.1/16", "write 127.96.0.0/16")]
    [InlineData(null, "is no range")]
    public void What_is_no_range_says_why(string? text, string why)
    {
        Assert.False(Cidr.TryParse(text, out _, out var said));
        Assert.Contains(why, said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_whole_of_IPv4_is_a_range()
    {
        Assert.True(Cidr.Parse("0.0.0.0/0").Contains(IPText.Parse("255.255.255.255")));
        Assert.Equal(IPText.Parse("255.255.255.255"), Cidr.Parse("0.0.0.0/0").AddressAt(uint.MaxValue));
    }
}
