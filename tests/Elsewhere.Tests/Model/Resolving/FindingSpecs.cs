using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using static Elsewhere.Tests.Model.Resolving.Given;

namespace Elsewhere.Tests.Model.Resolving;

/// <summary>What the folders of <c>specs/findings</c> do not show: limits, and that a finding's remedy does what it says.</summary>
public sealed class FindingSpecs
{
    private static readonly ObjectRef About = new("v1", "Service", "shop", "payments");

    private static string[] CodesOf(params object[] objects) => [.. Resolved(objects).Findings.Select(f => f.Code)];

    [Fact]
    public void The_slices_printed_for_deprecated_Endpoints_lead_where_the_Endpoints_led()
    {
        object[] services = [Service("web", Port(80, "http"), Port(443, "https"), Port(53, "no", Protocol.Udp)), Headless("on", Port(5432))];
        object[] endpoints =
        [
            Endpoints(
                "web",
                Subset("9.9.9.1=a 9.9.9.2", SlicePort(8080, "http"), SlicePort(8443, "https")) with { NotReadyAddresses = Addresses("9.9.9.3") },
                Subset("9.9.9.4", SlicePort(5353, "no", Protocol.Udp))),
            Endpoints("on", Subset("2606:4700::1 9.9.9.9=true", SlicePort(5432) with { AppProtocol = "example.com/pg" })),
        ];
        var before = Resolved([.. services, .. endpoints]);
        var yaml = string.Join(
            "\n---\n",
            before.Findings.Where(f => f.Code == FindingCodes.EndpointsDeprecated.Name).Select(f => f.Remedy[(f.Remedy.IndexOf('\n', StringComparison.Ordinal) + 1)..]));
        var read = ManifestReader.Read([new ManifestSource("-", Encoding.UTF8.GetBytes(yaml))], ReadOptions.Default);
        Assert.Empty(read.Findings);
        var after = Resolved([.. services, .. read.EndpointSlices]);
        Assert.Equal(before.Aliases, after.Aliases);
        Assert.Equal(Contents(before), Contents(after));
        Assert.DoesNotContain(after.Findings, f => f.Object.Kind == "EndpointSlice");
    }

    // No condition means ready, so the printed slices leave it out.
    private static IEnumerable<EndpointSliceView> Contents(AliasSnapshot snapshot) =>
        snapshot.EndpointSlices
            .Select(s => s with { Key = default, ManagedBy = "", Place = null, Endpoints = s.Endpoints.Select(e => e with { Ready = e.IsReady }).ToSeq() })
            .OrderBy(s => s.ToString(), StringComparer.Ordinal);

    [Theory]
    [InlineData(8, false)]
    [InlineData(9, true)]
    public void D19_eight_names_in_a_row_are_well_and_nine_are_not(int names, bool found)
    {
        var services = Enumerable.Range(1, names)
            .Select(i => (object)ExternalName($"n{i}", i == names ? "example.net" : $"n{i + 1}.default.svc.cluster.local")).ToArray();
        Assert.Equal(found, CodesOf(services).Contains(FindingCodes.ExternalNameChain.Name));
    }

    [Fact]
    public void D19_a_circle_of_ten_thousand_names_is_found_at_once()
    {
        const int count = 10_000;
        var services = Enumerable.Range(0, count).Select(i => (object)ExternalName($"n{i}", $"n{(i + 1) % count}.default.svc.cluster.local")).ToArray();
        Assert.Equal(count, CodesOf(services).Count(c => c == FindingCodes.ExternalNameLoop.Name));
    }

    [Fact]
    public void D19_a_name_that_leads_into_a_circle_is_told_so_and_its_neighbour_is_not()
    {
        var findings = Resolved(
            ExternalName("self", "self.default.svc.cluster.local"),
            ExternalName("into", "self.default.svc.cluster.local"),
            ExternalName("fine", "example.net")).Findings.Where(f => f.Code == FindingCodes.ExternalNameLoop.Name);
        Assert.Equal(["into", "self"], findings.Select(f => f.Object.Name));
    }

    [Theory]
    [InlineData("kubernetes.default.svc.cluster.local", "external-name-api-server")]
    [InlineData("KUBERNETES.default.svc.Cluster.Local", "external-name-api-server")]
    [InlineData("localhost", "external-name-localhost")]
    [InlineData("app.localhost", "external-name-localhost")]
    [InlineData("localhost.localdomain", "external-name-localhost")]
    [InlineData("vault.security.svc.cluster.local", "external-name-in-cluster")]
    [InlineData("pod-0.vault.security.svc.cluster.local", "external-name-in-cluster")]
    [InlineData("other.security.svc.cluster.local", "external-name-missing-service")]
    [InlineData("cluster.local", "external-name-missing-service")]
    [InlineData("10-0-0-1.security.pod.cluster.local", "external-name-missing-service")]
    [InlineData("vault.security", "external-name-relative")]
    [InlineData("vault.security.svc", "external-name-relative")]
    [InlineData("1.2.3.4", "external-name-is-address")]
    [InlineData("1.2.3", "external-name-numeric")]
    [InlineData("notcluster.local", "external-name-http")]
    [InlineData("xsvc.cluster.example", "external-name-http")]
    public void D20_a_name_is_judged_by_what_it_means_to_the_cluster(string name, string code)
    {
        var findings = Resolved(ExternalName("shop/a", name), Service("security/vault", Port(8200)), Slice("security/v", "vault", "9.9.9.9", SlicePort(8200))).Findings;
        Assert.Equal(code, Assert.Single(findings).Code);
    }

    [Theory]
    [InlineData("com", true)]
    [InlineData("de", true)]
    [InlineData("svc", true)]
    [InlineData("shop", false)]
    [InlineData("dev", false)]
    [InlineData("default", false)]
    [InlineData("db", false)]
    public void D8_a_namespace_named_like_a_top_level_domain_is_told(string name, bool found) =>
        Assert.Equal(found, CodesOf(new NamespaceView(name, null, null)).Contains(FindingCodes.NamespaceShadowsDomain.Name));

    [Theory]
    [InlineData("https://api.payments.example/v1", "external-name-is-url", "api.payments.example")]
    [InlineData("https://User:pw@API.payments.example:8443/v1?x=1#y", "external-name-is-url", "api.payments.example")]
    [InlineData("//api.payments.example", "external-name-is-url", "api.payments.example")]
    [InlineData("http://[2606:4700::1]:80/", "external-name-is-url", "2606:4700::1")]
    [InlineData("postgres://", "external-name-is-url", "api.example.com")]
    [InlineData("api.payments.example/v1", "external-name-is-url", "api.payments.example")]
    [InlineData("api.payments.example:8443", "external-name-has-port", "tcp://api.payments.example:8443")]
    [InlineData("9.9.9.9:8443", "external-name-has-port", "9.9.9.9 with port 8443")]
    [InlineData("2606:4700::1", "external-name-is-address", "2606:4700::1")]
    [InlineData("API.Payments.example", "external-name-upper-case", "api.payments.example")]
    [InlineData("köln.example", "external-name-not-a-host-name", "xn--kln-sna.example")]
    [InlineData("a_b.example", "external-name-not-a-host-name", "underscore")]
    [InlineData("*.example", "external-name-not-a-host-name", "api.example.com")]
    [InlineData("a..b", "external-name-not-a-host-name", "api.example.com")]
    [InlineData("-a.example", "external-name-not-a-host-name", "api.example.com")]
    [InlineData("a b.example", "external-name-not-a-host-name", "api.example.com")]
    [InlineData("\ud800", "external-name-not-a-host-name", "xn--")]
    public void What_Kubernetes_refuses_as_externalName_gets_advice(string text, string code, string remedy)
    {
        var finding = Assert.Single(ExternalNameAdvice.For(text, About, null));
        Assert.Equal(code, finding.Code);
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("api.payments.example")]
    [InlineData("api.payments.example.")]
    public void A_good_name_needs_no_advice(string? text) => Assert.Empty(ExternalNameAdvice.For(text, About, null));

    [Fact]
    public void Advice_comes_for_any_text()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string(random.GetItems<char>(":/.@[]?#*-_aA1ö \0\ud800\u2028", random.Next(12)));
            Assert.InRange(ExternalNameAdvice.For(text, About, null).Count, 0, 1);
        }
    }

    [Fact]
    public void What_was_found_while_reading_comes_first()
    {
        var read = new Finding("yaml-malformed", Severity.Error, FindingSource.Kubernetes, ObjectRef.None, "", "x", "");
        var snapshot = Resolve.Run(View(Service("a", Port(80))) with { Findings = [read] }, ResolveOptions.Default);
        Assert.Equal([read.Code, FindingCodes.NoEndpoints.Name], snapshot.Findings.Select(f => f.Code));
    }

    [Fact]
    public void A_thousand_endpoints_in_one_wrong_range_are_one_finding()
    {
        var addresses = string.Join(' ', Enumerable.Range(0, 250).Select(i => $"192.0.2.{i}"));
        Assert.Equal([FindingCodes.EndpointDocumentationAddress.Name], CodesOf(Service("a", Port(80)), Slice("a-1", "a", addresses, SlicePort(80))));
    }
}
