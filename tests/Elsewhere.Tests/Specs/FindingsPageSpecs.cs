using System.Text.RegularExpressions;
using Elsewhere.Model;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Specs;

/// <summary>Holds <c>docs/findings.md</c> and the catalogues of all assemblies together.</summary>
public sealed partial class FindingsPageSpecs
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "findings.md"));

    private static readonly Dictionary<string, string> Sections = Page.Split("\n### ")
        .Skip(1)
        .Select(s => s.Split('\n', 2))
        .ToDictionary(s => s[0].Trim(), s => s[1], StringComparer.Ordinal);

    [Fact]
    public void Every_code_has_a_heading() => Assert.Equal([], Catalogue.All.Select(c => c.Name).Except(Sections.Keys));

    [Fact]
    public void Every_heading_is_a_code() => Assert.Equal([], Sections.Keys.Except(Catalogue.All.Select(c => c.Name)));

    [Fact]
    public void No_two_codes_have_one_name() => Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(c => c.Name).Distinct().Count());

    [Fact]
    public void A_code_is_lower_case_words_joined_by_hyphens() => Assert.All(Catalogue.All, c => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)+$", c.Name));

    [Fact]
    public void Every_section_states_the_severity_that_the_code_has_and_what_to_do() =>
        Assert.All(
            Catalogue.All.Where(c => Sections.ContainsKey(c.Name)),
            c =>
            {
                var source = c.Source == FindingSource.Kubernetes ? ", from Kubernetes" : "";
                Assert.StartsWith($"\n*{c.Severity.ToString().ToLowerInvariant()}{source}*\n", Sections[c.Name], StringComparison.Ordinal);
                Assert.Contains("**What to do.** ", Sections[c.Name], StringComparison.Ordinal);
            });

    [Fact]
    public void Every_case_that_a_section_names_has_that_finding()
    {
        foreach (var (code, text) in Sections)
        {
            foreach (Match link in CaseLink().Matches(text))
            {
                var found = SpecCase.All.SingleOrDefault(c => c.Feature == link.Groups[1].Value && c.Name == link.Groups[2].Value);
                Assert.True(found is not null, $"{code}: no case {link.Value}");
                Assert.Contains(found.Resolve().Findings, f => f.Code == code);
            }
        }
    }

    [Fact]
    public void Every_code_on_the_page_is_used_as_it_is_declared()
    {
        var catalogue = Catalogue.All.ToDictionary(c => c.Name, StringComparer.Ordinal);
        foreach (var finding in SpecCase.All.SelectMany(c => c.Resolve().Findings))
        {
            Assert.True(catalogue.TryGetValue(finding.Code, out var code), finding.Code);
            Assert.Equal((code.Severity, code.Source), (finding.Severity, finding.Source));
        }
    }

    [GeneratedRegex(@"\(\.\./specs/([^/)]+)/([^/)]+)\)")]
    private static partial Regex CaseLink();
}
