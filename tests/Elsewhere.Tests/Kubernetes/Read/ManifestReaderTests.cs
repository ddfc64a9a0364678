using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Read;

public sealed class ManifestReaderTests
{
    internal static ClusterView Read(string text) => ManifestReader.Read([new("test.yaml", Encoding.UTF8.GetBytes(text))], ReadOptions.Default);

    [Fact]
    public void The_articles_manifests_are_read()
    {
        var folder = Path.Combine(Repository.Root, "examples", "article");
        var view = ManifestReader.Read([.. Directory.GetFiles(folder, "*.yaml").Order().Select(f => new ManifestSource(f, File.ReadAllBytes(f)))], ReadOptions.Default);

        Assert.Equal(["external-service.default", "database.my-namespace"], view.Services.Select(s => s.Key.ToString()));
        Assert.Equal("prod.database.k8salliance.com", view.Services[1].ExternalName);
        Assert.Equal(new ServicePortView("", 80, Protocol.Tcp, "9000", ""), view.Services[0].Ports[0]);
        Assert.Equal(IPText.Parse("1.1.1.1"), view.Endpoints[0].Subsets[0].Addresses[0].Address);
        Assert.Equal(9000, view.Endpoints[0].Subsets[0].Ports[0].Port);
        Assert.All(view.Findings, f => Assert.NotEqual(Severity.Error, f.Severity));
    }

    [Fact]
    public void A_list_gives_its_items()
    {
        var view = Read(
            """
            apiVersion: v1
            kind: ServiceList
            items:
            - metadata: {name: a}
              spec: {type: ExternalName, externalName: a.example.com.}
            - metadata: {name: b, namespace: shop}
              spec: {ports: [{port: 80}]}
            ---
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
            """);

        Assert.Empty(view.Findings);
        Assert.Equal(["a.default", "b.shop"], view.Services.Select(s => s.Key.ToString()));
        Assert.Equal(("a.example.com", "a.example.com."), (view.Services[0].ExternalName, view.Services[0].ExternalNameAsWritten));
        Assert.Equal("shop", view.Namespaces[0].Name);
    }

    [Fact]
    public void A_broken_document_costs_only_itself()
    {
        var view = Read(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: a}
            spec: {ports: [{port: 80}]}
            ---
            metadata: {name: alias
            spec:
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: b}
            spec: {ports: [{port: 80}]}
            """);

        Assert.Equal(["a", "b"], view.Services.Select(s => s.Key.Name));
        var finding = Assert.Single(view.Findings);
        Assert.Equal(("yaml-malformed", 2), (finding.Code, finding.Place!.Document));
    }

    [Fact]
    public void The_first_of_two_equal_objects_wins()
    {
        var view = Read(
            """
            {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {ports: [{port: 81}]}}
            """);

        Assert.Equal(80, Assert.Single(view.Services).Ports[0].Port);
        Assert.Equal(("object-repeated", 2), (Assert.Single(view.Findings).Code, view.Findings[0].Place!.Document));
    }

    [Fact]
    public void Other_kinds_are_left_out_with_an_information()
    {
        var view = Read("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}");
        Assert.Equal(("kind-ignored", Severity.Info), (Assert.Single(view.Findings).Code, view.Findings[0].Severity));
    }

    [Fact]
    public void An_alias_is_read_with_its_defaults()
    {
        var view = Read(
            """
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: {name: payments, namespace: shop}
            spec:
              origins:
              - url: https://api.payments.example/v2
              - {url: "http://[2001:db8::1]:8080", priority: 1, weight: 5, addresses: [192.0.2.1]}
            ---
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: {name: db}
            spec:
              origins: [{url: "tcp://db.example.com:5432"}]
            """);

        Assert.Empty(view.Findings);
        Assert.Equal((AliasMode.Endpoints, "tcp 5432"), (view.Aliases[0].Mode, $"{view.Aliases[0].Ports[0].Protocol} {view.Aliases[0].Ports[0].Port}".ToLowerInvariant()));
        var alias = view.Aliases[1];
        Assert.Equal(AliasMode.Gateway, alias.Mode);
        Assert.Equal([80, 443], alias.Ports.Select(p => p.Port));
        Assert.Equal(new OriginUrl(OriginScheme.Https, DnsName.Parse("api.payments.example."), null, 443, "/v2"), alias.Origins[0].Url);
        Assert.Equal(new OriginUrl(OriginScheme.Http, null, IPText.Parse("2001:db8::1"), 8080, "/"), alias.Origins[1].Url);
        Assert.Equal((100, 5, 1), (alias.Origins[0].Weight, alias.Origins[1].Weight, alias.Origins[1].Addresses.Count));
    }
}
