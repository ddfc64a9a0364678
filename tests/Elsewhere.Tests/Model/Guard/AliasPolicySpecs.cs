using Elsewhere.Model;

namespace Elsewhere.Tests.Model.Guard;

public sealed class AliasPolicySpecs
{
    [Fact]
    public void Without_a_policy_that_speaks_about_the_namespace_everything_is_allowed()
    {
        Assert.Equal(OriginPermit.Anything, Evaluate([], "https://api.example"));
        Assert.Equal(OriginPermit.Anything, Evaluate([Policy(["other"], Rule("*.corp.example"))], "https://api.example"));
    }

    [Fact]
    public void As_soon_as_one_speaks_only_what_it_allows_is_allowed()
    {
        AliasPolicyView[] policies = [Policy(["shop"], Rule("api.example"))];

        Assert.True(Evaluate(policies, "https://api.example").IsAllowed);
        Assert.True(Evaluate(policies, "https://API.Example").IsAllowed);
        Assert.False(Evaluate(policies, "https://api.example.org").IsAllowed);
        Assert.False(Evaluate(policies, "https://notapi.example").IsAllowed);
        Assert.Equal(["policy"], Evaluate(policies, "https://notapi.example").Policies);
    }

    [Fact]
    public void A_policy_without_namespaces_speaks_about_all_and_one_without_entries_allows_nothing()
    {
        Assert.False(Evaluate([Policy([])], "https://api.example").IsAllowed);
    }

    [Fact]
    public void What_any_policy_allows_is_allowed()
    {
        Assert.True(Evaluate([Policy([]), Policy(["shop"], Rule("api.example"))], "https://api.example").IsAllowed);
    }

    [Theory]
    [InlineData("https://a.example", true)]
    [InlineData("https://b.a.example", true)]
    [InlineData("https://example", false)]
    [InlineData("https://xexample", false)]
    [InlineData("https://a.example.evil", false)]
    public void A_star_stands_for_every_name_below_and_not_for_the_name_itself(string url, bool allowed) =>
        Assert.Equal(allowed, Evaluate([Policy([], Rule("*.example"))], url).IsAllowed);

    [Fact]
    public void Every_part_of_one_entry_must_match()
    {
        AliasPolicyView[] policies = [Policy([], new AliasPolicyRule(["api.example"], [], [443]), new AliasPolicyRule(["web.example"], [], [80]))];

        Assert.True(Evaluate(policies, "https://api.example").IsAllowed);
        Assert.False(Evaluate(policies, "http://api.example").IsAllowed);
        Assert.False(Evaluate(policies, "https://api.example:8443").IsAllowed);
    }

    [Fact]
    public void U6_the_ranges_of_the_entries_that_match_bind_the_address_that_is_dialled()
    {
        AliasPolicyView[] policies =
        [
            Policy([], new AliasPolicyRule(["api.example"], [Cidr.Parse("203.0.113.0/24"), Cidr.Parse("2001:db8::/32")], []), new AliasPolicyRule(["web.example"], [Cidr.Parse("10.0.0.0/8")], [])),
        ];
        var permit = Evaluate(policies, "https://api.example");

        Assert.True(permit.IsAllowed);
        Assert.True(OriginPermit.Admits(permit.Within, IPText.Parse("203.0.113.7")));
        Assert.True(OriginPermit.Admits(permit.Within, IPText.Parse("::ffff:203.0.113.7")));
        Assert.True(OriginPermit.Admits(permit.Within, IPText.Parse("2001:db8::1")));
        Assert.False(OriginPermit.Admits(permit.Within, IPText.Parse("10.0.0.1")));
        Assert.False(OriginPermit.Admits(permit.Within, IPText.Parse("64:ff9b::203.0.113.7")));
    }

    [Fact]
    public void An_entry_without_ranges_allows_any_address_whatever_others_say()
    {
        var permit = Evaluate([Policy([], Rule("api.example"), new AliasPolicyRule([], [Cidr.Parse("10.0.0.0/8")], []))], "https://api.example");

        Assert.True(permit.IsAllowed);
        Assert.True(permit.Within.IsEmpty);
    }

    [Theory]
    [InlineData("http://203.0.113.7", true)]
    [InlineData("http://198.51.100.7", false)]
    public void An_origin_that_is_an_address_is_decided_on_by_its_range(string url, bool allowed)
    {
        AliasPolicyView[] policies = [Policy([], Rule("*.example"), new AliasPolicyRule([], [Cidr.Parse("203.0.113.0/24")], []))];

        Assert.Equal(allowed, Evaluate(policies, url).IsAllowed);
    }

    [Fact]
    public void Behind_a_proxy_the_proxy_must_be_allowed_too_and_is_what_the_ranges_are_about()
    {
        AliasPolicyView[] policies =
        [
            Policy([], Rule("api.example"), new AliasPolicyRule(["proxy.corp.example"], [Cidr.Parse("10.0.0.0/8")], [3128])),
        ];

        var permit = Evaluate(policies, "https://api.example", "http://proxy.corp.example:3128");
        Assert.True(permit.IsAllowed);
        Assert.Equal([Cidr.Parse("10.0.0.0/8")], permit.Within);
        Assert.False(Evaluate(policies, "https://api.example", "http://other.example:3128").IsAllowed);
        Assert.False(Evaluate(policies, "https://other.example", "http://proxy.corp.example:3128").IsAllowed);
    }

    [Fact]
    public void A_range_that_is_asked_of_a_name_behind_a_proxy_cannot_be_vouched_for()
    {
        AliasPolicyView[] policies = [Policy([], new AliasPolicyRule(["api.example"], [Cidr.Parse("203.0.113.0/24")], []), Rule("proxy.example"))];

        Assert.False(Evaluate(policies, "https://api.example", "http://proxy.example:3128").IsAllowed);
    }

    private static AliasPolicyView Policy(Seq<string> namespaces, params ReadOnlySpan<AliasPolicyRule> rules) => new("policy", namespaces, Seq.Create(rules), null);

    private static AliasPolicyRule Rule(string host) => new([host], [], []);

    private static OriginPermit Evaluate(ReadOnlySpan<AliasPolicyView> policies, string url, string? proxy = null) =>
        AliasPolicyEvaluator.Evaluate(Seq.Create(policies), "shop", Url(url), proxy is null ? null : Url(proxy));

    private static OriginUrl Url(string text)
    {
        var uri = new Uri(text);
        var isName = uri.HostNameType == UriHostNameType.Dns;
        return new OriginUrl(
            uri.Scheme == "https" ? OriginScheme.Https : OriginScheme.Http, isName ? DnsName.Parse(uri.Host + ".") : null, isName ? null : IPText.Parse(uri.Host), uri.Port, "/");
    }
}
