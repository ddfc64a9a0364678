using System.CommandLine;
using Elsewhere.Commands;
using Elsewhere.Model;

namespace Elsewhere.Tests.Commands;

public sealed class CommandLineSpecs
{
    [Fact]
    public async Task Help_lists_the_verbs_on_standard_output()
    {
        var run = await Cli.RunAsync("--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("exec", run.Out, StringComparison.Ordinal);
        Assert.Empty(run.Error);
        Assert.DoesNotContain('\x1b', run.Out);
        Assert.DoesNotContain(" \n", run.Out, StringComparison.Ordinal);
        Assert.Equal(run.Out, (await Cli.RunAsync()).Out);
    }

    [Theory]
    [InlineData("run", "-f, --filename PATH...", "elsewhere run -f examples/article")]
    [InlineData("dns", "--listen ADDR:PORT", "elsewhere dns -f examples/article --listen 127.0.0.1:5353")]
    [InlineData("exec", "-- COMMAND...", "elsewhere exec -n my-namespace -- bash")]
    [InlineData("lint", "PATH...", "elsewhere lint manifests/")]
    [InlineData("explain", "NAME[.NAMESPACE]", "elsewhere explain external-service -f examples/article")]
    public async Task Each_verb_explains_itself_with_examples(string verb, string usage, string example)
    {
        var run = await Cli.RunAsync(verb, "--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"elsewhere {verb}", run.Out, StringComparison.Ordinal);
        Assert.Contains(usage, run.Out, StringComparison.Ordinal);
        Assert.Contains(example, run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no verb 'frobnicate'", "frobnicate")]
    [InlineData("did you mean 'exec'?", "exed")]
    [InlineData("exec needs a command behind --", "exec")]
    [InlineData("exec needs a command behind --", "exec", "curl")]
    [InlineData("'a.b' is no namespace", "exec", "-n", "a.b", "--", "true")]
    [InlineData("no elsewhere is running on the state directory /nowhere", "exec", "--state", "/nowhere", "--", "true")]
    public async Task What_cannot_be_done_is_exit_code_2_with_a_line_that_helps(string says, params string[] args)
    {
        var run = await Cli.RunAsync(args);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.Contains("->", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("127.0.0.1:53", "127.0.0.1:53")]
    [InlineData("[::1]:5353", "[::1]:5353")]
    [InlineData("[::1]", "[::1]:53")]
    [InlineData("::1", "[::1]:53")]
    [InlineData("192.0.2.1", "192.0.2.1:53")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("127.0.0.1:65536", null)]
    [InlineData("127.0.0.1:", null)]
    [InlineData("127.0.0.1:-1", null)]
    [InlineData("127.0.0.1: 5", null)]
    [InlineData("127.1:53", null)]
    [InlineData("[127.0.0.1]:53", null)]
    [InlineData("[::1]53", null)]
    [InlineData("[::1", null)]
    [InlineData("localhost:53", null)]
    [InlineData("", null)]
    public void An_address_with_its_port_is_read_strictly(string text, string? expected)
    {
        Assert.Equal(expected is not null, CommonOptions.TryParseEndPoint(text, 53, out var endPoint));
        Assert.Equal(expected, endPoint?.ToString());
    }

    [Theory]
    [InlineData("--service-cidr 10.0.0.1/8", "has bits set behind its prefix")]
    [InlineData("--service-cidr 10.0.0.0/8,10.1.0.0/16", "one of each family")]
    [InlineData("--service-cidr 10.0.0.0/30", "too small")]
    [InlineData("--service-cidr ten", "is no range")]
    [InlineData("--cluster-domain a..b", "'a..b'")]
    [InlineData("--cluster-domain .", "is the root")]
    [InlineData("--upstream-dns none --upstream-dns 192.0.2.1:53", "none stands alone")]
    [InlineData("--upstream-dns dns.example", "is no ADDR:PORT")]
    [InlineData("--output xml", "neither text nor json")]
    public void A_bad_value_is_refused_with_its_reason(string line, string why)
    {
        var command = new RootCommand { CommonOptions.ServiceCidr(), CommonOptions.ClusterDomain(), CommonOptions.UpstreamDns(), CommonOptions.Output() };
        Assert.Contains(why, Assert.Single(command.Parse(line).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Good_values_become_types()
    {
        var (cidr, domain, upstream, output) = (CommonOptions.ServiceCidr(), CommonOptions.ClusterDomain(), CommonOptions.UpstreamDns(), CommonOptions.Output());
        var command = new RootCommand { cidr, domain, upstream, output };
        var parsed = command.Parse("--service-cidr 10.0.0.0/8,fd00::/112 --cluster-domain Corp.Example --upstream-dns 192.0.2.1 --upstream-dns [::1]:54 -o json");
        Assert.Empty(parsed.Errors);
        Assert.Equal([Cidr.Parse("10.0.0.0/8"), Cidr.Parse("fd00::/112")], parsed.GetValue(cidr));
        Assert.Equal(DnsName.Parse("corp.example."), parsed.GetValue(domain));
        Assert.Equal("[192.0.2.1:53, [::1]:54]", parsed.GetValue(upstream).ToString());
        Assert.Equal(OutputForm.Json, parsed.GetValue(output));
        parsed = command.Parse("--upstream-dns none");
        Assert.Equal(0, parsed.GetValue(upstream)?.Count);
        Assert.Null(command.Parse("").GetValue(upstream));
        Assert.Equal(ResolveOptions.Default.ServiceCidrs, command.Parse("").GetValue(cidr));
    }

    [Fact]
    public void The_nearest_name_is_one_letter_away() => Assert.Equal(["payments"], Nearest.To("paymnets", ["payments", "database", "pay"], 3));
}
