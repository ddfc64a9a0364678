using System.Text.RegularExpressions;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Http1;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Http.Http1;

/// <summary>Holds <c>docs/refusals.md</c> and the refusals together.</summary>
public sealed partial class RefusalsPageSpecs
{
    private static readonly Http1RefusalText[] Texts = [.. Enum.GetValues<Http1Refusal>().Where(r => r != Http1Refusal.None).Select(Http1RefusalText.Of)];

    [Fact]
    public void The_page_says_of_each_refusal_what_the_client_is_told()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "refusals.md"));
        var rows = Row().Matches(page).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value));
        Assert.Equal(Texts.Select(t => (t.Code, $"{t.Status}", t.Detail)), rows);
    }

    [Fact]
    public void The_page_names_what_ends_without_an_answer()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "refusals.md"));
        Assert.Equal(
            typeof(ClientRefusals).GetFields().Where(field => field.IsLiteral).Select(field => $"{field.GetRawConstantValue()}"),
            Unanswered().Matches(page).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public void No_two_refusals_have_one_code() => Assert.Equal(Texts.Length, Texts.Select(t => t.Code).Distinct().Count());

    [Fact]
    public void A_sentence_needs_no_escaping_in_JSON() => Assert.All(Texts, t => Assert.DoesNotMatch("[\"\\\\\\x00-\\x1f\\x7f-\\uffff]", t.Detail));

    [GeneratedRegex(@"^\| `(request-[a-z0-9-]+)` \| (\d+) \| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| `((?:client|http2)-[a-z0-9-]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Unanswered();
}
