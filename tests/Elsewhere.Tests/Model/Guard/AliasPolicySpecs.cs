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

    [Theory]
    [InlineData("203.0.113.0/24", "64:ff9b::203.0.113.7", false)]
    [InlineData("::/0", "64:ff9b::203.0.113.7", false)]
    [InlineData("::/0", "2002:cb00:7107::1", false)]
    [InlineData("::/0 203.0.113.0/24", "64:ff9b::203.0.113.7", true)]
    [InlineData("64:ff9b::/96 203.0.113.0/24", "64:ff9b::10.0.0.1", false)]
    [InlineData("::/0", "::ffff:203.0.113.7", false)]
    [InlineData("0.0.0.0/0", "::ffff:203.0.113.7", true)]
    [InlineData("::/0", "2001:db8::1", true)]
    public void U6_an_IPv6_address_that_leads_to_an_IPv4_address_must_be_allowed_as_both(string ranges, string address, bool allowed) =>
        Assert.Equal(allowed, OriginPermit.Admits(ranges.Split(' ').Select(Cidr.Parse).ToSeq(), IPText.Parse(address)));

    [Fact]
    public void U6_a_name_does_not_vouch_for_addresses_that_are_listed_beside_it()
    {
        AliasPolicyView[] policies = [Policy([], Rule("api.example"), new AliasPolicyRule(["web.example"], [Cidr.Parse("203.0.113.0/24")], []))];

        Assert.False(Evaluate(policies, "https://api.example", addresses: "10.0.0.5").IsAllowed);
        Assert.False(Evaluate(policies, "https://web.example", addresses: "10.0.0.5").IsAllowed);
        Assert.Equal([Cidr.Parse("203.0.113.0/24")], Evaluate(policies, "https://web.example", addresses: "10.0.0.5 203.0.113.5").Within);
        Assert.True(Evaluate([Policy([], new AliasPolicyRule([], [], [443]))], "https://any.example", addresses: "10.0.0.5").IsAllowed);
    }

    [Fact]
    public void Behind_a_proxy_every_listed_address_must_lie_in_the_range_that_is_asked_for()
    {
        AliasPolicyView[] policies = [Policy([], new AliasPolicyRule(["api.example"], [Cidr.Parse("203.0.113.0/24")], []), Rule("proxy.example"))];

        Assert.True(Evaluate(policies, "https://api.example", "http://proxy.example:3128", "203.0.113.5").IsAllowed);
        Assert.False(Evaluate(policies, "https://api.example", "http://proxy.example:3128", "203.0.113.5 10.0.0.5").IsAllowed);
    }

    [Fact]
    public void A_name_that_clients_dial_themselves_is_allowed_where_no_range_is_asked_of_it()
    {
        AliasPolicyView[] policies = [Policy([], Rule("api.example"), new AliasPolicyRule(["web.example"], [Cidr.Parse("203.0.113.0/24")], []))];

        Assert.True(AliasPolicyEvaluator.EvaluateName(Seq.Create<AliasPolicyView>(policies), "shop", Url("https://api.example")).IsAllowed);
        Assert.False(AliasPolicyEvaluator.EvaluateName(Seq.Create<AliasPolicyView>(policies), "shop", Url("https://web.example")).IsAllowed);
    }

    [Fact]
    public void A_policy_that_does_not_count_allows_nothing_and_takes_nothing_from_what_others_allow()
    {
        var bad = Policy(["shop"], Rule("api.example")) with { Name = "bad", Problem = "it breaks a rule" };

        Assert.False(Evaluate([bad], "https://api.example").IsAllowed);
        Assert.Equal(["bad"], Evaluate([bad], "https://api.example").Broken);
        Assert.True(Evaluate([bad, Policy([], Rule("api.example"))], "https://api.example").IsAllowed);
        Assert.Equal(OriginPermit.Anything, Evaluate([bad with { Namespaces = ["blog"] }], "https://api.example"));
    }

    private static AliasPolicyView Policy(Seq<string> namespaces, params ReadOnlySpan<AliasPolicyRule> rules) => new("policy", namespaces, Seq.Create(rules), null);

    private static AliasPolicyRule Rule(string host) => new([host], [], []);

    private static OriginPermit Evaluate(ReadOnlySpan<AliasPolicyView> policies, string url, string? proxy = null, string addresses = "") => AliasPolicyEvaluator.Evaluate(
        Seq.Create(policies), "shop", Url(url), proxy is null ? null : Url(proxy), addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPText.Parse).ToSeq());

    private static OriginUrl Url(string text)
    {
        var uri = new Uri(text);
        var isName = uri.HostNameType == UriHostNameType.Dns;
        return new OriginUrl(
            uri.Scheme == "https" ? OriginScheme.Https : OriginScheme.Http, isName ? DnsName.Parse(uri.Host + ".") : null, isName ? null : IPText.Parse(uri.Host), uri.Port, "/");
    }
}
