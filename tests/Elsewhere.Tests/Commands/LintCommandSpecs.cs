using System.Text.Json;

namespace Elsewhere.Tests.Commands;

public sealed class LintCommandSpecs : IDisposable
{
    private const string Broken = "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ port: 0 }] }\n";
    private readonly Manifests manifests = new();

    public void Dispose() => manifests.Dispose();

    [Fact]
    public async Task Nothing_wrong_is_exit_code_0_and_an_empty_list()
    {
        manifests.Write("a.yaml", Manifests.External("database", "db.example.com"));
        var lint = await Cli.RunAsync("lint", manifests.Path, "-o", "json");
        Assert.Equal(0, lint.ExitCode);
        Assert.DoesNotContain(JsonDocument.Parse(lint.Out).RootElement.EnumerateArray(), static finding => finding.GetProperty("severity").GetString() == "error");
        Assert.Empty(lint.Error);
    }

    [Fact]
    public async Task An_error_is_exit_code_1_and_has_every_member_that_is_promised()
    {
        var file = manifests.Write("a.yaml", "---\n" + Broken);
        var lint = await Cli.RunAsync("lint", file, "--output", "json");
        Assert.Equal(1, lint.ExitCode);
        var finding = JsonDocument.Parse(lint.Out).RootElement.EnumerateArray().First();
        Assert.Equal(file, finding.GetProperty("file").GetString());
        Assert.Equal(JsonValueKind.Number, finding.GetProperty("document").ValueKind);
        Assert.Equal("kubernetes", finding.GetProperty("source").GetString());
        Assert.Equal("error", finding.GetProperty("severity").GetString());
        Assert.Equal("spec.ports[0].port", finding.GetProperty("field").GetString());
        Assert.Equal("Service", finding.GetProperty("object").GetProperty("kind").GetString());
        Assert.Equal("v1", finding.GetProperty("object").GetProperty("apiVersion").GetString());
        Assert.Equal("default", finding.GetProperty("object").GetProperty("namespace").GetString());
        Assert.Equal("a", finding.GetProperty("object").GetProperty("name").GetString());
        foreach (var member in new[] { "code", "message", "remedy" })
            Assert.Equal(JsonValueKind.String, finding.GetProperty(member).ValueKind);
    }

    [Fact]
    public async Task Text_is_as_compilers_write_it_with_a_summary_at_the_end()
    {
        var file = manifests.Write("a.yaml", Broken);
        var lint = await Cli.RunAsync("lint", file);
        Assert.Equal(1, lint.ExitCode);
        Assert.Matches($@"(?m)^{file}:\d+: error [a-z-]+: Service default/a: spec\.ports\[0\]\.port: ", lint.Out);
        Assert.Matches(@"(?m)^0 objects accepted; \d+ error", lint.Out);
    }

    [Fact]
    public async Task A_dash_is_standard_input()
    {
        var lint = await Cli.RunWithInputAsync(Broken, "lint", "-", "-o", "json");
        Assert.Equal(1, lint.ExitCode);
        Assert.Equal("-", JsonDocument.Parse(lint.Out).RootElement[0].GetProperty("file").GetString());
    }

    [Fact]
    public async Task Findings_come_in_the_order_of_the_files_and_no_file_twice()
    {
        var (b, a) = (manifests.Write("b.yaml", Broken), manifests.Write("a.yaml", Broken.Replace("name: a", "name: b", StringComparison.Ordinal)));
        var lint = await Cli.RunAsync("lint", b, manifests.Path, "-o", "json");
        var files = JsonDocument.Parse(lint.Out).RootElement.EnumerateArray().Select(static finding => finding.GetProperty("file").GetString()!).ToArray();
        Assert.Equal([b, a], files.Distinct());
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_run()
    {
        var lint = await Cli.RunAsync("lint", "/nowhere");
        Assert.Equal(2, lint.ExitCode);
        Assert.Contains("there is no /nowhere", lint.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Cli.RunAsync("lint")).ExitCode);
    }
}
