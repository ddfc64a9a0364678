using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns.Resolver;

public sealed class SystemResolversSpecs
{
    [Theory]
    [InlineData("nameserver 192.0.2.53", "192.0.2.53:53")]
    [InlineData("nameserver\t127.0.0.53  trailing", "127.0.0.53:53")]
    [InlineData("  nameserver 192.0.2.53", "")]
    [InlineData("nameserver 0.0.0.0", "127.0.0.1:53")]
    [InlineData("nameserver fe80::1%1", "[fe80::1%1]:53")]
    [InlineData("nameserver 2001:db8::53", "[2001:db8::53]:53")]
    [InlineData("# nameserver 192.0.2.53", "")]
    [InlineData("; nameserver 192.0.2.53", "")]
    [InlineData("nameservers 192.0.2.53", "")]
    [InlineData("nameserver", "")]
    [InlineData("nameserver resolver.test", "")]
    [InlineData("nameserver 1.2.3", "")]
    [InlineData("search test\nnameserver 192.0.2.1\noptions ndots:5\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4", "192.0.2.1:53 192.0.2.2:53 192.0.2.3:53")]
    public void The_lines_are_read_as_the_C_library_reads_them(string lines, string expected) =>
        Assert.Equal(expected, string.Join(' ', SystemResolvers.Parse(lines.Split('\n'))));

    [Fact]
    public void D23_what_is_ourselves_is_left_out()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "nameserver 127.0.0.53\nnameserver 127.96.0.10\nnameserver 192.0.2.53\n");
            Assert.Equal("127.0.0.53:53 192.0.2.53:53", Servers(path, new IPEndPoint(IPText.Parse("127.96.0.10"), 53)));
            Assert.Equal("127.0.0.53:53 127.96.0.10:53 192.0.2.53:53", Servers(path, new IPEndPoint(IPText.Parse("127.96.0.10"), 5353)));
            Assert.Equal("192.0.2.53:53", Servers(path, new IPEndPoint(IPAddress.Any, 53)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Without_a_file_there_is_no_server() => Assert.Empty(SystemResolvers.Read(path: "/nonexistent/resolv.conf"));

    private static string Servers(string path, params IPEndPoint[] own) => string.Join(' ', (IEnumerable<IPEndPoint>)SystemResolvers.Read(own, path));
}
