using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Watch;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Read;

public sealed class GatewayViewTests
{
    [Fact]
    public void Everything_that_an_Alias_says_about_http_is_read()
    {
        var alias = Read("""
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: {name: payments, namespace: shop}
            spec:
              origins:
              - url: https://api.payments.example/v2
                proxy: http://proxy.example:3128
                tls:
                  serverName: real.payments.example
                  caCertificates: {configMapRef: {name: payments-ca, key: ca.crt}}
                  clientCertificate: {secretRef: {name: payments-client}}
                  minimumVersion: "1.3"
                  verify: false
              http:
                host: payments.example.org
                rewrite: {headers: true, cookies: false, bodies: Off, aliases: Self}
                requestHeaders:
                  set: [{name: X-Api-Key, valueFrom: {secretKeyRef: {name: payments, key: token}}}]
                  add: [{name: X-Team, value: shop}]
                  remove: [X-Debug]
                timeouts: {connect: 300ms, request: 1m30s, idle: 0s}
                retries: {attempts: 3, on: [reset, retriable-status]}
                rateLimit: {requestsPerSecond: 10, burst: 20, concurrency: 5}
              healthCheck: {http: {path: /healthz, expectedStatus: ["200", "300-399"]}, interval: 5s, unhealthyThreshold: 2}
            """).Aliases[0];

        var origin = alias.Origins[0];
        Assert.Equal(
            new OriginTlsView("real.payments.example", new(ReferenceKind.ConfigMap, "payments-ca", "ca.crt"), "payments-client", TlsMinimum.Tls13, false), origin.Tls);
        Assert.Equal(new OriginUrl(OriginScheme.Http, DnsName.Parse("proxy.example."), null, 3128, "/"), origin.Proxy);
        Assert.Equal(
            new HttpView(
                HostRule.Literal,
                "payments.example.org",
                new RewriteView(true, false, false, RewriteScope.Self),
                [new HeaderView("X-Api-Key", null, new(ReferenceKind.Secret, "payments", "token"))],
                [new HeaderView("X-Team", "shop", null)],
                ["X-Debug"],
                new TimeoutsView(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(90), TimeSpan.Zero),
                new RetriesView(3, [RetryCondition.Reset, RetryCondition.RetriableStatus]),
                new RateLimitView(10, 20, 5)),
            alias.Http);
        Assert.Equal(
            new HealthCheckView("/healthz", [new(200, 200), new(300, 399)], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(2), 1, 2), alias.HealthCheck);
    }

    [Fact]
    public void What_is_not_written_has_the_designs_defaults()
    {
        var alias = Read("""
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: {name: payments, namespace: shop}
            spec: {origins: [{url: "https://api.payments.example", tls: {}}], http: {timeouts: {request: 2s}}, healthCheck: {tcp: {}}}
            """).Aliases[0];

        Assert.Equal(HttpView.Default with { Timeouts = TimeoutsView.Default with { Request = TimeSpan.FromSeconds(2) } }, alias.Http);
        Assert.Equal(OriginTlsView.Default, alias.Origins[0].Tls);
        Assert.Equal(new HealthCheckView(null, [], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), 1, 3), alias.HealthCheck);
    }

    [Fact]
    public void A_secret_is_read_and_never_shown()
    {
        var secret = Read("""
            apiVersion: v1
            kind: Secret
            metadata: {name: payments, namespace: shop}
            data: {token: b2xk, user: bWU=}
            stringData: {token: s3cr3t}
            """).Secrets[0];

        Assert.Equal("Opaque", secret.Type);
        Assert.Equal(["token", "user"], secret.Data.Select(entry => entry.Key));
        Assert.Equal("s3cr3t", secret.Data[0].Value.Reveal());
        Assert.DoesNotContain("s3cr3t", secret.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_map_may_hold_text_and_bytes()
    {
        var map = Read("""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: ca}
            data: {ca.crt: text}
            binaryData: {ca.der: AAEC}
            """).ConfigMaps[0];

        Assert.Equal(["ca.crt", "ca.der"], map.Data.Select(entry => entry.Key));
        Assert.Equal([0, 1, 2], map.Data[1].Value.Bytes);
    }

    [Fact]
    public void An_alias_names_the_Secret_with_its_own_certificate() => Assert.Equal("payments-tls", Read("""
        apiVersion: elsewhere.dev/v1alpha1
        kind: Alias
        metadata: {name: payments}
        spec: {origins: [{url: "https://api.example"}], tls: {certificate: {secretRef: {name: payments-tls}}}}
        """).Aliases[0].Certificate);

    [Theory]
    [InlineData("{certificate: {}}", "spec.tls.certificate.secretRef")]
    [InlineData("{certificate: {secretRef: {}}}", "spec.tls.certificate.secretRef.name")]
    [InlineData("{certificate: {secretRef: {name: Payments_TLS}}}", "spec.tls.certificate.secretRef.name")]
    [InlineData("{certificate: {secretRef: {name: p, namespace: other}}}", "spec.tls.certificate.secretRef.namespace")]
    [InlineData("{certificate: {configMapRef: {name: p}}}", "spec.tls.certificate.configMapRef")]
    [InlineData("{secretName: p}", "spec.tls.secretName")]
    public void A_certificate_that_is_named_in_another_way_is_refused_at_its_field(string tls, string field)
    {
        var view = ManifestReader.Read(
            [Source($"apiVersion: elsewhere.dev/v1alpha1\nkind: Alias\nmetadata: {{name: p}}\nspec: {{origins: [{{url: 'http://o.example'}}], tls: {tls}}}\n")], ReadOptions.Default);

        Assert.Empty(view.Aliases);
        Assert.Equal(field, Assert.Single(view.Findings).Field);
    }

    [Fact]
    public void A_policy_names_hosts_ranges_and_ports()
    {
        var policy = Read("""
            apiVersion: elsewhere.dev/v1alpha1
            kind: AliasPolicy
            metadata: {name: partners}
            spec: {namespaces: [shop], allow: [{hosts: ["*.Example.com"], cidrs: [203.0.113.0/24], ports: [443, 8443]}]}
            """).AliasPolicies[0];

        Assert.Equal(
            new AliasPolicyView("partners", ["shop"], [new(["*.example.com"], [Cidr.Parse("203.0.113.0/24")], [443, 8443])], policy.Place), policy);
    }

    [Theory]
    [InlineData("{namespaces: [Shop]}", "spec.namespaces[0]")]
    [InlineData("{allow: [{hosts: [\"a.*.example\"]}]}", "spec.allow[0].hosts[0]")]
    [InlineData("{allow: [{cidrs: [203.0.113.0]}]}", "spec.allow[0].cidrs[0]")]
    [InlineData("{allow: [{cidrs: [\"::ffff:10.0.0.0/104\"]}]}", "spec.allow[0].cidrs[0]")]
    [InlineData("{allow: [{ports: [0]}]}", "spec.allow[0].ports[0]")]
    [InlineData("{allow: [{}]}", "spec.allow[0]")]
    [InlineData("{allow: [{hosts: [], ports: []}]}", "spec.allow[0]")]
    [InlineData("{allow: {hosts: [a.example]}}", "spec.allow")]
    public void A_policy_that_breaks_a_rule_is_refused_at_its_field_and_binds_all_the_same(string spec, string field)
    {
        var view = ManifestReader.Read([Source($"apiVersion: elsewhere.dev/v1alpha1\nkind: AliasPolicy\nmetadata: {{name: p}}\nspec: {spec}\n")], ReadOptions.Default);

        var policy = Assert.Single(view.AliasPolicies);
        Assert.Equal(("p", "it breaks a rule"), (policy.Name, policy.Problem));
        Assert.Empty(policy.Namespaces);
        Assert.Empty(policy.Allow);
        Assert.Equal(field, Assert.Single(view.Findings).Field);
    }

    [Theory]
    [InlineData("apiVersion: elsewhere.dev/v1alpha1\nkind: AliasPolicy\nspec: {namespaces: [shop\n", true)]
    [InlineData("{\"apiVersion\": \"elsewhere.dev/v1alpha1\", \"kind\": \"AliasPolicy\", ", true)]
    [InlineData("kind: 'AliasPolicy'\nspec: {{", true)]
    [InlineData("kind: AliasPolicyList\nspec: [", false)]
    [InlineData("# kind: AliasPolicy\nkind: Service\nspec: [", false)]
    [InlineData("kind: Alias\nspec: [", false)]
    public void A_text_that_cannot_be_read_binds_all_namespaces_if_it_declares_a_policy(string text, bool binds)
    {
        foreach (var bytes in (byte[][])[Encoding.UTF8.GetBytes(text), [0xff, 0xfe, .. Encoding.Unicode.GetBytes(text)]])
        {
            var policies = ManifestReader.Read([new ManifestSource("test.yaml", bytes)], ReadOptions.Default).AliasPolicies;
            Assert.Equal(binds, policies is [{ Problem: not null, Namespaces.IsEmpty: true }]);
        }
    }

    [Fact]
    public void A_policy_in_a_file_that_turns_bad_stays_as_it_was()
    {
        const string good = "apiVersion: elsewhere.dev/v1alpha1\nkind: AliasPolicy\nmetadata: {name: p}\nspec: {allow: [{hosts: [a.example]}]}\n";
        var path = Path.GetTempFileName();
        var entry = new FileEntry(path);
        foreach (var text in (string[])[good, good.Replace("hosts", "host", StringComparison.Ordinal), "kind: AliasPolicy\n{"])
        {
            File.WriteAllText(path, text);
            entry.Read(FileStamp.Of(path), ReadOptions.Default);
            Assert.Null(((AliasPolicyView)Assert.Single(entry.Content.Objects).View!).Problem);
        }

        Assert.Contains(entry.Content.Findings, finding => finding.Code == "file-keeps-last-good");
        File.Delete(path);
    }

    [Fact]
    public void A_word_that_yaml_takes_for_a_boolean_is_refused_with_the_remedy()
    {
        var view = ManifestReader.Read(
            [Source("apiVersion: elsewhere.dev/v1alpha1\nkind: Alias\nmetadata: {name: p}\nspec: {origins: [{url: 'http://o.example'}], http: {host: On}}\n")],
            ReadOptions.Default);

        Assert.Contains("in quotes", Assert.Single(view.Findings).Remedy, StringComparison.Ordinal);
    }

    private static ClusterView Read(string text)
    {
        var view = ManifestReader.Read([Source(text)], ReadOptions.Default);
        Assert.Empty(view.Findings);
        return view;
    }

    private static ManifestSource Source(string text) => new("test.yaml", Encoding.UTF8.GetBytes(text));
}
