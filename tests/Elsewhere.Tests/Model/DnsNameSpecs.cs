using Elsewhere.Model;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Model;

public sealed class DnsNameSpecs
{
    [Theory]
    [InlineData("example.com", "example.com.")]
    [InlineData("example.com.", "example.com.")]
    [InlineData(".", ".")]
    [InlineData("WWW.Example.COM", "WWW.Example.COM.")]
    [InlineData("_http._tcp.web", "_http._tcp.web.")]
    [InlineData("a\\.b.c", "a\\.b.c.")]
    [InlineData("a\\046b.c", "a\\.b.c.")]
    [InlineData("a\\032b", "a\\032b.")]
    [InlineData("\\255", "\\255.")]
    public void A_name_is_read_and_written_in_presentation_format(string text, string written)
    {
        Assert.True(DnsName.TryParse(text, out var name, out _));
        Assert.Equal(written, name.ToString());
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("..", "empty label")]
    [InlineData(".a", "empty label")]
    [InlineData("a..b", "empty label")]
    [InlineData("a.b..", "empty label")]
    [InlineData("a\\", "broken escape")]
    [InlineData("a\\25", "broken escape")]
    [InlineData("a\\256", "broken escape")]
    [InlineData("bücher.example", "xn--")]
    public void What_is_no_name_says_why(string text, string why)
    {
        Assert.False(DnsName.TryParse(text, out _, out var said));
        Assert.Contains(why, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_of_63_octets_is_one_and_64_is_none()
    {
        Assert.True(DnsName.TryParse(new string('a', 63), out _, out _));
        Assert.False(DnsName.TryParse(new string('a', 64), out _, out var why));
        Assert.Contains("63", why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_255_octets_is_one_and_256_is_none()
    {
        var three = string.Join('.', Enumerable.Repeat(new string('a', 63), 3));
        Assert.True(DnsName.TryParse($"{three}.{new string('b', 61)}", out var longest, out _));
        Assert.Equal(DnsName.MaxWireLength, longest.Wire.Length);
        Assert.False(DnsName.TryParse($"{three}.{new string('b', 62)}", out _, out var why));
        Assert.Contains("253", why, StringComparison.Ordinal);
        Assert.False(DnsName.TryParse($"{three}.{new string('b', 62)}.", out _, out _));
        Assert.False(DnsName.TryParse($"{three}.{new string('b', 61)}.c", out _, out _));
    }

    [Fact]
    public void Names_that_differ_in_case_only_are_equal_and_hash_alike()
    {
        var left = DnsName.Parse("Web.Shop.svc");
        var right = DnsName.Parse("wEB.sHOP.SVC");
        Assert.Equal(left, right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.Equal(0, left.CompareTo(right));
        Assert.Equal("Web.Shop.svc.", left.ToString());
    }

    [Fact]
    public void Octets_above_127_are_compared_too()
    {
        Assert.Equal(DnsName.Parse("\\200A"), DnsName.Parse("\\200a"));
        Assert.NotEqual(DnsName.Parse("\\200a"), DnsName.Parse("\\201a"));
    }

    [Theory]
    [InlineData("web.shop.svc.cluster.local", "cluster.local", true)]
    [InlineData("cluster.local", "CLUSTER.local", true)]
    [InlineData("xcluster.local", "cluster.local", false)]
    [InlineData("local", "cluster.local", false)]
    [InlineData("anything", ".", true)]
    public void A_name_knows_what_it_is_below(string name, string zone, bool below) =>
        Assert.Equal(below, DnsName.Parse(name).IsSubdomainOf(DnsName.Parse(zone)));

    [Fact]
    public void A_label_is_put_in_front_while_there_is_room()
    {
        Assert.Equal("a.b.", DnsName.Parse("b").Prepend("a")?.ToString());
        Assert.Equal("a\\.x.b.", DnsName.Parse("b").Prepend("a.x")?.ToString());
        Assert.Null(DnsName.Parse("b").Prepend(new string('a', 64)));
        var three = DnsName.Parse(string.Join('.', Enumerable.Repeat(new string('a', 63), 3)));
        Assert.Null(three.Prepend(new string('b', 62)));
        Assert.Equal(["www", "example"], DnsName.Parse("www.example").Labels());
        Assert.Equal(2, DnsName.Parse("www.example").LabelCount);
    }

    [Property]
    public Property Any_octets_that_are_taken_as_a_name_come_back_as_they_were() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), wire =>
        {
            if (!DnsName.TryFromWire(wire, out var name))
                return true;
            return DnsName.TryParse(name.ToString(), out var again, out _) && again.Wire.SequenceEqual(wire);
        });

    [Property]
    public Property Any_labels_make_a_name_that_survives_its_text() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyArray<NonEmptyArray<byte>>>(), labels =>
        {
            byte[] wire = [.. labels.Get.SelectMany(label => (byte[])[(byte)Math.Min(label.Get.Length, 63), .. label.Get.Take(63)]), 0];
            var taken = DnsName.TryFromWire(wire, out var name);
            return taken == (wire.Length <= DnsName.MaxWireLength)
                && (!taken || DnsName.Parse(name!.ToString()).Wire.SequenceEqual(wire));
        });

    [Property]
    public Property Any_text_is_a_name_or_says_why_not() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text => DnsName.TryParse(text, out var name, out var why) ? name.Wire.Length <= 255 : why.Length > 0);
}
