using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Elsewhere.Http.Tls;
using Elsewhere.State;
using Elsewhere.Tests.Http.Tls;

namespace Elsewhere.Tests.Commands;

public sealed class CaCommandSpecs : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("elsewhere-ca-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Standard_output_is_the_certificate_and_nothing_else()
    {
        var authorities = Keep(TimeProvider.System.GetUtcNow());

        var ca = await Cli.RunAsync("ca", "--state", directory);

        Assert.Equal(0, ca.ExitCode);
        Assert.Equal(authorities.Bundle, ca.Out);
        Assert.Contains(authorities.Authorities[0].Fingerprint, ca.Error, StringComparison.Ordinal);
        using var certificate = X509Certificate2.CreateFromPem(ca.Out);
        Assert.Equal(authorities.Authorities[0].Certificate, certificate);
    }

    [Fact]
    public async Task While_one_ca_follows_the_other_both_are_printed()
    {
        var now = TimeProvider.System.GetUtcNow();
        var authorities = Keep(now.AddDays(-600), now);

        var ca = await Cli.RunAsync("ca", "--state", directory, "-o", "json");

        Assert.Equal((0, ""), (ca.ExitCode, ca.Error));
        var all = JsonDocument.Parse(ca.Out).RootElement.EnumerateArray().ToArray();
        Assert.Equal(authorities.Authorities.Select(static authority => authority.Fingerprint), all.Select(static each => each.GetProperty("fingerprint").GetString()));
        Assert.Equal("127.96.0.0/16", all[0].GetProperty("ranges")[0].GetString());
        Assert.Contains("com", all[0].GetProperty("excludedDomains").EnumerateArray().Select(static domain => domain.GetString()));
    }

    [Fact]
    public async Task One_that_has_expired_is_printed_and_the_exit_code_says_so()
    {
        Keep(TimeProvider.System.GetUtcNow().AddYears(-4));

        var ca = await Cli.RunAsync("ca", "--state", directory);

        Assert.Equal(1, ca.ExitCode);
        Assert.StartsWith("-----BEGIN CERTIFICATE", ca.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_one_it_says_what_makes_one()
    {
        var ca = await Cli.RunAsync("ca", "--state", directory);

        Assert.Equal((2, ""), (ca.ExitCode, ca.Out));
        Assert.Contains($"no alias CA in {directory}", ca.Error, StringComparison.Ordinal);
        Assert.Contains("run -f PATH", ca.Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        ca = await Cli.RunAsync("ca", "--state", directory);
        Assert.Equal((2, ""), (ca.ExitCode, ca.Out));
        Assert.Contains("cannot be read", ca.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_makes_one_at_its_first_start_and_keeps_it()
    {
        var manifest = Path.Combine(directory, "empty.yaml");
        await File.WriteAllTextAsync(manifest, "");
        var printed = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            await using var run = Cli.Start("run", "-f", manifest, "--state", directory, "--service-cidr", "127.97.0.0/16", "--upstream-dns", "none", "--output", "json");
            await run.EventAsync("started");
            printed.Add((await Cli.RunAsync("ca", "--state", directory)).Out);
        }

        Assert.StartsWith("-----BEGIN CERTIFICATE", printed[0], StringComparison.Ordinal);
        Assert.Equal(printed[0], printed[1]);
    }

    private AuthoritySet Keep(params DateTimeOffset[] times)
    {
        var authorities = times.Aggregate(AuthoritySet.Empty, static (set, time) => set.Next(AuthorityScope.For(TlsKit.Ranges, [], []), time));
        new AuthorityFiles(directory).Write(authorities);
        return authorities;
    }
}
