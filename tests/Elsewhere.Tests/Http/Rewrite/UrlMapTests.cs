using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class UrlMapTests
{
    [Theory]
    [InlineData("https://api.example/x", "http://payments/x")]
    [InlineData("https://[2001:0db8:0:0::1]/x", "http://six/x")]
    [InlineData("https://[2001:DB8::1]:443/x", "http://six/x")]
    [InlineData("https://b\u00fccher.example/x", "http://books/x")]
    [InlineData("https://XN--BCHER-KVA.example/x", "http://books/x")]
    [InlineData("wss://api.example", "ws://payments")]
    public void R13_one_url_is_mapped_by_its_parsed_host(string url, string expected)
    {
        var map = RewriteCorpus.Map("https://api.example -> http://payments", "https://[2001:db8::1] -> http://six", "https://xn--bcher-kva.example -> http://books");
        var output = new ArrayBufferWriter<byte>();
        Assert.True(map.TryMapUrl(Encoding.UTF8.GetBytes(url), UrlDirection.ToClient, output));
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("api.example")]
    [InlineData("https:")]
    [InlineData("https:/api.example")]
    [InlineData("https://[2001:db8::1")]
    [InlineData("https://api.example:70000/")]
    [InlineData("https://\u0001api.example/")]
    [InlineData("mailto:me@api.example")]
    public void What_is_no_url_of_the_map_is_not_mapped_and_nothing_is_written(string url)
    {
        var map = RewriteCorpus.Map("https://api.example -> http://payments");
        var output = new ArrayBufferWriter<byte>();
        Assert.False(map.TryMapUrl(Encoding.UTF8.GetBytes(url), UrlDirection.ToClient, output));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void R14_a_pair_that_could_be_either_is_reported()
    {
        var map = RewriteCorpus.Map("https://a.example -> https://b.example", "https://b.example -> https://c.example", "https://d.example -> https://d.example");
        Assert.Equal("https://b.example", Assert.Single(map.Ambiguous).Origin.ToString());
    }

    [Fact]
    public void The_way_there_and_back_is_the_same_url()
    {
        var map = RewriteCorpus.Map("https://api.example/v1 -> http://payments", "http://files.example:8080 -> https://files");
        foreach (var url in (string[])["https://api.example/v1/x?y#z", "http://files.example:8080/a"])
        {
            var client = new ArrayBufferWriter<byte>();
            var origin = new ArrayBufferWriter<byte>();
            Assert.True(map.TryMapUrl(Encoding.UTF8.GetBytes(url), UrlDirection.ToClient, client));
            Assert.True(map.TryMapUrl(client.WrittenSpan, UrlDirection.ToOrigin, origin));
            Assert.Equal(url, Encoding.UTF8.GetString(origin.WrittenSpan));
        }
    }

    [Theory]
    [InlineData("API.Example.", "api.example")]
    [InlineData("2001:DB8:0::1", "[2001:db8::1]")]
    [InlineData("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]")]
    [InlineData("b\u00fccher.example", "xn--bcher-kva.example")]
    [InlineData("1.2.3.4", "1.2.3.4")]
    public void Hosts_are_kept_in_one_form(string host, string expected)
    {
        Assert.True(WebAuthority.TryCreate(true, host, 443, out var authority));
        Assert.Equal(expected, authority.Host);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("[1::2::3]")]
    [InlineData("a%2fb")]
    [InlineData("user@host")]
    public void What_is_no_host_is_refused(string host) => Assert.False(WebAuthority.TryCreate(true, host, 443, out _));
}
