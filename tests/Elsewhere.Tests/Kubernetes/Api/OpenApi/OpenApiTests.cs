using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.OpenApi;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Api.OpenApi;

public sealed class OpenApiTests
{
    private static readonly Node Index = JsonText.Read(OpenApiDocuments.Index).Root!;
    private static readonly Node Core = JsonText.Read(OpenApiDocuments.V3("api/v1")!).Root!;
    private static readonly Node Swagger = JsonText.Read(OpenApiDocuments.V2Json).Root!;

    [Fact]
    public void The_index_names_every_group_with_the_hash_of_its_document()
    {
        Assert.Equal(
            ["api/v1", "apis/apiextensions.k8s.io/v1", "apis/coordination.k8s.io/v1", "apis/discovery.k8s.io/v1", "apis/elsewhere.dev/v1alpha1", "apis/events.k8s.io/v1"],
            Index["paths"]!.Entries.Select(static e => e.Key));
        foreach (var (group, entry) in Index["paths"]!.Entries)
            Assert.Equal($"/openapi/v3/{group}?hash={OpenApiDocuments.HashOf(OpenApiDocuments.V3(group)!)}", entry.Str("serverRelativeURL"));
    }

    [Fact]
    public void A_group_that_is_not_served_has_no_document() => Assert.Null(OpenApiDocuments.V3("apis/apps/v1"));

    [Fact]
    public void Every_field_of_every_kind_is_explained()
    {
        var silent = ApiResource.All.SelectMany(static r => TypeNames.Reached(r.Kind))
            .SelectMany(static type => type.Fields.Select(field => (type.Name, field.Name)).Prepend((type.Name, "")))
            .Where(static p => (p.Item2.Length == 0 ? FieldTexts.Of(p.Item1) : FieldTexts.Of(p.Item1, p.Item2)).Length == 0).Distinct();
        Assert.Empty(silent);
    }

    [Fact]
    public void Nothing_is_explained_that_is_not_there()
    {
        var known = ApiResource.All.SelectMany(static r => TypeNames.Reached(r.Kind))
            .SelectMany(static type => type.Fields.Select(field => $"{type.Name}.{field.Name}").Prepend(type.Name)).ToHashSet();
        Assert.Empty(FieldTexts.All.Where(static name => !name.StartsWith('*')).Except(known));
    }

    [Fact]
    public void Every_reference_leads_to_a_schema()
    {
        Assert.All(ReferencesIn(Swagger), reference => Assert.NotNull(Swagger["definitions"]![reference["#/definitions/".Length..]]));
        foreach (var (group, _) in Index["paths"]!.Entries)
        {
            var document = JsonText.Read(OpenApiDocuments.V3(group)!).Root!;
            Assert.All(ReferencesIn(document), reference => Assert.NotNull(document["components"]!["schemas"]![reference["#/components/schemas/".Length..]]));
        }
    }

    [Fact]
    public void Every_operation_has_a_name_of_its_own()
    {
        var names = Swagger["paths"]!.Entries.SelectMany(static p => p.Value.Entries).Select(static o => o.Value.Str("operationId")).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Contains("listCoreV1ServiceForAllNamespaces", names);
    }

    [Fact]
    public void Kubectl_finds_that_fields_are_validated_and_dry_runs_are_taken()
    {
        var patch = Core["paths"]!["/api/v1/namespaces/{namespace}/services/{name}"]!["patch"]!;
        Assert.Equal(("", "v1", "Service"), GroupVersionKind(patch["x-kubernetes-group-version-kind"]!));
        var parameters = patch.ListOf("parameters").Select(static p => p.Str("name"));
        Assert.Contains("fieldValidation", parameters);
        Assert.Contains("dryRun", parameters);
        Assert.Contains("force", parameters);
    }

    [Fact]
    public void Ports_are_merged_by_number_and_selectors_as_a_whole()
    {
        var spec = Core["components"]!["schemas"]!["io.k8s.api.core.v1.ServiceSpec"]!["properties"]!;
        Assert.Equal("port", spec["ports"]!.Str("x-kubernetes-patch-merge-key"));
        Assert.Equal("merge", spec["ports"]!.Str("x-kubernetes-patch-strategy"));
        Assert.Equal(["port", "protocol"], spec["ports"]!.Strings("x-kubernetes-list-map-keys"));
        Assert.Equal("atomic", spec["selector"]!.Str("x-kubernetes-map-type"));
        Assert.Equal("atomic", spec["clusterIPs"]!.Str("x-kubernetes-list-type"));
        Assert.Null(spec["clusterIPs"]!["x-kubernetes-patch-strategy"]);
    }

    [Fact]
    public void A_custom_resources_lists_know_no_strategic_merge()
    {
        var schemas = JsonText.Read(OpenApiDocuments.V3("apis/elsewhere.dev/v1alpha1")!).Root!["components"]!["schemas"]!;
        var spec = schemas["dev.elsewhere.v1alpha1.AliasSpec"]!;
        Assert.Equal("set", spec["properties"]!["hostnames"]!.Str("x-kubernetes-list-type"));
        Assert.Null(spec["properties"]!["hostnames"]!["x-kubernetes-patch-strategy"]);
        Assert.Equal(["origins"], spec.Strings("required"));
        Assert.Equal(["Endpoints", "ExternalName", "Gateway"], spec["properties"]!["mode"]!.Strings("enum"));
    }

    [Fact]
    public void Only_fields_that_are_there_are_demanded() =>
        Assert.All(
            Swagger["definitions"]!.Entries.Where(static d => d.Value.Has("required")),
            static d => Assert.All(d.Value.Strings("required"), name => Assert.True(d.Value["properties"]!.Has(name), $"{d.Key}.{name}")));

    [Fact]
    public void The_older_form_for_kubectl_holds_every_definition_and_path()
    {
        var reader = new WireReader(OpenApiDocuments.V2Protobuf);
        var (definitions, paths, swagger) = (0, 0, "");
        while (reader.TryReadTag(out var number, out _) && reader.TryReadBytes(out var content))
        {
            if (number == 1)
                swagger = System.Text.Encoding.UTF8.GetString(content);
            else if (number == 8)
                paths = CountIn(content);
            else if (number == 9)
                definitions = CountIn(content);
        }

        Assert.Null(reader.Error);
        Assert.Equal(("2.0", Swagger["definitions"]!.Entries.Count, Swagger["paths"]!.Entries.Count), (swagger, definitions, paths));
    }

    private static int CountIn(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        var count = 0;
        while (reader.TryReadTag(out _, out _) && reader.TryReadBytes(out _))
            count++;
        return count;
    }

    private static (string Group, string Version, string Kind) GroupVersionKind(Node node) => (node.Str("group"), node.Str("version"), node.Str("kind"));

    private static IEnumerable<string> ReferencesIn(Node node) =>
        node.Entries.SelectMany(static e => e.Key == "$ref" ? [e.Value.Text] : ReferencesIn(e.Value)).Concat(node.Items.SelectMany(ReferencesIn));
}
