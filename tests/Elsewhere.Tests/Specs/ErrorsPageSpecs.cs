using System.Globalization;
using System.Reflection;
using Elsewhere.Http.Forward;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Specs;

/// <summary>Holds <c>docs/errors.md</c> and the gateway's errors together.</summary>
public sealed class ErrorsPageSpecs
{
    private static readonly GatewayError[] Errors =
        [.. typeof(GatewayError).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(p => (GatewayError)p.GetValue(null)!)];

    private static readonly Dictionary<string, string> Sections = File.ReadAllText(Path.Combine(Repository.Root, "docs", "errors.md")).Split("\n### ")
        .Skip(1)
        .Select(s => s.Split('\n', 2))
        .ToDictionary(s => s[0].Trim(), s => s[1], StringComparer.Ordinal);

    [Fact]
    public void Every_error_has_a_heading_and_every_heading_an_error() =>
        Assert.Equal(Errors.Select(e => e.Code).Order(StringComparer.Ordinal), Sections.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_section_states_the_status_and_what_clients_are_told_to_do() => Assert.All(Errors, e =>
    {
        Assert.Contains(e.Status.ToString(CultureInfo.InvariantCulture), Sections[e.Code].TrimStart('\n').Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains($"**What to do.** {e.Remedy}", Sections[e.Code].Replace("`", "", StringComparison.Ordinal), StringComparison.Ordinal);
    });
}
