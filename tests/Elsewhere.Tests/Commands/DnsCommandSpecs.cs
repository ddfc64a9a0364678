using System.Net;
using System.Text.RegularExpressions;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Commands;

public sealed class DnsCommandSpecs : IDisposable
{
    private readonly Manifests manifests = new();

    public void Dispose() => manifests.Dispose();

    [Fact]
    public async Task It_says_when_it_is_ready_and_where_and_answers_there()
    {
        var file = manifests.Write("a.yaml", Manifests.External("database", "db.example"));
        await using var dns = Cli.Start("dns", "-f", file, "--listen", "127.0.0.1:0", "--upstream-dns", "none", "--cluster-domain", "corp.test");
        var ready = await dns.SaysAsync("ready: DNS at 127.0.0.1:");
        Assert.Contains("1 alias;", ready, StringComparison.Ordinal);
        Assert.Empty(dns.Out);
        var server = IPEndPoint.Parse(Regex.Match(ready, @"127\.0\.0\.1:\d+").Value);
        await using var resolver = new UpstreamResolver(new UpstreamOptions([server]) { ProbeForLoops = false }, TimeProvider.System);
        var reply = await resolver.QueryAsync(DnsName.Parse("database.shop.svc.corp.test"), RecordType.Cname, RecordClass.In, CancellationToken.None);
        Assert.Equal(DnsName.Parse("db.example").Wire, Assert.Single(reply!.Answer).Rdata.Span);
        Assert.Equal(0, await dns.StopAsync());
    }

    [Fact]
    public async Task Without_any_address_to_answer_at_it_is_exit_code_2_with_a_finding()
    {
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPText.Parse("127.213.7.1"), 0));
        using var tcp = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        tcp.Bind(taken.LocalEndPoint!);
        tcp.Listen();
        var dns = await Cli.RunAsync("dns", "-f", manifests.Path, "--listen", taken.LocalEndPoint!.ToString()!, "--upstream-dns", "none");
        Assert.Equal(2, dns.ExitCode);
        Assert.Contains("dns-not-listening", dns.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen", "-f", ".")]
    [InlineData("there is no /nowhere", "-f", "/nowhere", "--listen", "127.0.0.1:0")]
    [InlineData("is no ADDR:PORT", "-f", ".", "--listen", "localhost:53")]
    public async Task A_line_that_cannot_be_run_is_exit_code_2(string says, params string[] args)
    {
        var run = await Cli.RunAsync(["dns", .. args]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }
}
