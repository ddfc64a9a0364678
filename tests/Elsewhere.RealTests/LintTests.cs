using System.Text.Json;
using System.Text.RegularExpressions;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary><c>elsewhere lint</c> and <c>elsewhere explain</c> as programs: streams, exit codes, colours, data that other programs read.</summary>
public sealed class LintTests
{
    private const string Article = "examples/article";

    // Select Graphic Rendition of ECMA-48. The framework sends a terminal other sequences at its start, which colour nothing.
    private static readonly Regex colour = new("\u001b\\[[0-9;]*m");

    [RealFact]
    public async Task The_articles_manifests_have_no_errors_and_the_notes_they_deserve()
    {
        await using var machine = await InRepositoryAsync();

        var lint = (await machine.ElsewhereAsync("lint", Article)).Well();

        Assert.Contains("database.yaml", lint.Out, StringComparison.Ordinal);
        Assert.Contains("external-service.yaml", lint.Out, StringComparison.Ordinal);
        Assert.DoesNotMatch(colour, lint.Out + lint.Err);
    }

    [RealFact]
    public async Task Json_findings_have_the_fields_that_scripts_rely_on()
    {
        await using var machine = await InRepositoryAsync();
        var bad = await machine.WriteAsync("bad.yaml", "kind: Service\napiVersion: v1\nmetadata: { name: UPPER }\nspec: { type: ExternalName, externalName: 'https://api.example/v1' }\n");

        var lint = await machine.ElsewhereAsync("lint", Article, bad, "-o", "json");

        Assert.Equal(1, lint.ExitCode);
        using var document = JsonDocument.Parse(lint.Out);
        var findings = document.RootElement.EnumerateArray().ToList();
        Assert.NotEmpty(findings);
        foreach (var finding in findings)
        {
            AssertHas(finding, "file", "document", "object", "source", "severity", "code", "field", "message", "remedy");
            AssertHas(finding.GetProperty("object"), "apiVersion", "kind", "namespace", "name");
            Assert.Contains(finding.GetProperty("source").GetString(), new[] { "kubernetes", "elsewhere" });
            Assert.Contains(finding.GetProperty("severity").GetString(), new[] { "error", "warning", "info" });
            Assert.True(finding.GetProperty("document").GetInt32() >= 1);
        }

        var errors = findings.Where(finding => finding.GetProperty("severity").GetString() == "error").ToList();
        Assert.All(errors, finding => Assert.Equal(bad, finding.GetProperty("file").GetString()));
        Assert.Contains(errors, finding => finding.GetProperty("field").GetString() == "metadata.name" && finding.GetProperty("source").GetString() == "kubernetes");
        Assert.Contains(errors, finding => finding.GetProperty("field").GetString() == "spec.externalName");
    }

    [RealFact]
    public async Task The_exit_code_tells_well_from_wrong_from_cannot()
    {
        await using var machine = await InRepositoryAsync();

        Assert.Equal(0, (await machine.RunAsync(["elsewhere", "lint", "-"], Manifests.External("shop", "payments", "api.example.test"))).ExitCode);
        Assert.Equal(1, (await machine.RunAsync(["elsewhere", "lint", "-"], Manifests.External("shop", "payments", "api_.example.test"))).ExitCode);
        var missing = await machine.ElsewhereAsync("lint", "no-such-file.yaml");
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("no-such-file.yaml", missing.Err, StringComparison.Ordinal);
        Assert.Equal(2, (await machine.ElsewhereAsync("lint", Article, "--no-such-option")).ExitCode);
        Assert.Equal(2, (await machine.ElsewhereAsync("no-such-verb")).ExitCode);
    }

    [RealFact]
    public async Task Colours_are_for_terminals_only()
    {
        await using var machine = await InRepositoryAsync();
        machine.Set("TERM", "xterm-256color");
        const string onTerminal = $"script -qec 'elsewhere lint {Article}' /dev/null";

        Assert.Matches(colour, (await machine.ShellAsync(onTerminal)).Well().Out);
        Assert.DoesNotMatch(colour, (await machine.ShellAsync("NO_COLOR=1 " + onTerminal)).Well().Out);
        Assert.DoesNotMatch(colour, (await machine.ShellAsync($"elsewhere lint {Article} | cat")).Well().Out);
    }

    [RealTheory]
    [InlineData("database.my-namespace", "prod.database.k8salliance.com")]
    [InlineData("external-service", "1.1.1.1")]
    public async Task Explain_shows_the_whole_way_of_an_alias(string name, string end)
    {
        await using var machine = await InRepositoryAsync();

        var text = (await machine.ElsewhereAsync("explain", name, "-f", Article)).Well();
        Assert.Contains(end, text.Out, StringComparison.Ordinal);
        Assert.DoesNotMatch(colour, text.Out);

        var json = (await machine.ElsewhereAsync("explain", name, "-f", Article, "-o", "json")).Well();
        using var document = JsonDocument.Parse(json.Out);
        Assert.Contains(end, document.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    [RealFact]
    public async Task Explain_of_a_name_that_nobody_declares_says_so()
    {
        await using var machine = await InRepositoryAsync();

        var done = await machine.ElsewhereAsync("explain", "databse.my-namespace", "-f", Article);

        Assert.NotEqual(0, done.ExitCode);
        Assert.Contains("databse", done.Out + done.Err, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task Run_gives_its_table_as_data_too()
    {
        await using var machine = await InRepositoryAsync();

        var run = await machine.RunElsewhereAsync("-f", Article, "--output", "json");
        Assert.Equal(0, await run.TermAsync());

        using var reader = new StringReader(run.Out);
        var options = new JsonReaderOptions { AllowMultipleValues = true };
        var bytes = System.Text.Encoding.UTF8.GetBytes(run.Out);
        Assert.True(ReadsAll(bytes, options), run.ToString());
        Assert.Contains("prod.database.k8salliance.com", run.Out, StringComparison.Ordinal);
    }

    [RealTheory]
    [InlineData]
    [InlineData("run")]
    [InlineData("dns")]
    [InlineData("exec")]
    [InlineData("lint")]
    [InlineData("explain")]
    public async Task Help_is_on_standard_output_and_fits_a_terminal(params string[] verb)
    {
        await using var machine = await InRepositoryAsync();

        machine.Set("TERM", "xterm-256color");

        var help = (await machine.ElsewhereAsync([.. verb, "--help"])).Well();
        var onTerminal = (await machine.ShellAsync($"script -qec 'stty cols 80; elsewhere {string.Join(' ', verb)} --help' /dev/null")).Well();

        Assert.Contains("Usage:", help.Out, StringComparison.Ordinal);
        Assert.Equal("", help.Err);
        Assert.Contains("Usage:", onTerminal.Out, StringComparison.Ordinal);
        Assert.All(onTerminal.Lines, line => Assert.True(Regex.Replace(line, "\u001b(\\[[0-9;?]*[a-z]|=)", "").TrimEnd().Length <= 80, line));
    }

    private static void AssertHas(JsonElement element, params string[] properties) =>
        Assert.Superset(properties.ToHashSet(), element.EnumerateObject().Select(property => property.Name).ToHashSet());

    private static bool ReadsAll(ReadOnlySpan<byte> bytes, JsonReaderOptions options)
    {
        var reader = new Utf8JsonReader(bytes, options);
        var any = false;
        while (reader.Read())
            any = true;
        return any;
    }

    private static async Task<Machine> InRepositoryAsync()
    {
        var machine = await Machine.CreateAsync();
        machine.ChangeDirectory(Installed.Repository);
        return machine;
    }
}
