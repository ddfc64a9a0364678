using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.OpenApi;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.OpenApi;

/// <summary>The OpenAPI documents hold together, and say what kubectl looks for in them.</summary>
public sealed class OpenApiTests
{
    private static readonly Dictionary<string, Node> Documents = JsonText.Read(OpenApiDocuments.Index).Root!["paths"]!.Entries
        .ToDictionary(p => p.Key, p => JsonText.Read(OpenApiDocuments.V3(p.Key)!).Root!);

    private static Node Core => Documents["api/v1"];

    [Fact]
    public void The_index_names_every_group_with_the_hash_of_its_document()
    {
        foreach (var resource in ApiResource.Shown)
            Assert.Contains(resource.Kind.Group.Length == 0 ? "api/v1" : "apis/" + resource.Kind.ApiVersion, Documents.Keys);
        foreach (var (path, entry) in JsonText.Read(OpenApiDocuments.Index).Root!["paths"]!.Entries)
            Assert.Equal($"/openapi/v3/{path}?hash={OpenApiDocuments.HashOf(OpenApiDocuments.V3(path)!)}", entry.Str("serverRelativeURL"));
    }

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        foreach (var (name, document) in Documents)
            Assert.All(References(document), r => Assert.True(document["components"]!["schemas"]!.Has(r.Split('/')[^1]), $"{name}: {r}"));
        var swagger = JsonText.Read(OpenApiDocuments.V2Json).Root!;
        Assert.All(References(swagger), r => Assert.True(swagger["definitions"]!.Has(r.Split('/')[^1]), r));
    }

    [Fact]
    public void Every_served_kind_is_found_by_group_version_and_kind_and_each_of_its_fields_is_explained()
    {
        var unexplained = new List<string>();
        foreach (var kind in ApiResource.Shown.Select(r => r.Kind))
        {
            var schemas = Documents[kind.Group.Length == 0 ? "api/v1" : "apis/" + kind.ApiVersion]["components"]!["schemas"]!.Entries;
            var root = schemas.Single(s => s.Value.ListOf("x-kubernetes-group-version-kind").Exists(g => g.Str("group") == kind.Group && g.Str("version") == kind.Version && g.Str("kind") == kind.Kind)).Value;
            Assert.Equal(kind.Schema.Fields.Select(f => f.Name).Order(StringComparer.Ordinal), root["properties"]!.Entries.Select(e => e.Key).Order(StringComparer.Ordinal));
            foreach (var (name, schema) in schemas)
                unexplained.AddRange((schema["properties"]?.Entries ?? []).Where(p => p.Value.Str("description").Length == 0).Select(p => $"{name}.{p.Key}"));
        }

        Assert.Empty(unexplained.Distinct());
    }

    [Theory]
    [InlineData("io.k8s.api.core.v1.ServiceSpec", "ports", "map", "port,protocol", "merge", "port")]
    [InlineData("io.k8s.api.core.v1.ServiceSpec", "clusterIPs", "atomic", "", "", "")]
    [InlineData("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "finalizers", "set", "", "merge", "")]
    [InlineData("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "ownerReferences", "map", "uid", "merge", "uid")]
    [InlineData("io.k8s.api.core.v1.ServiceStatus", "conditions", "map", "type", "merge", "type")]
    public void Lists_say_how_they_are_merged(string type, string field, string kind, string keys, string strategy, string mergeKey)
    {
        var property = Core["components"]!["schemas"]![type]!["properties"]![field]!;
        Assert.Equal((kind, keys, strategy, mergeKey),
            (property.Str("x-kubernetes-list-type"), string.Join(',', property.Strings("x-kubernetes-list-map-keys")), property.Str("x-kubernetes-patch-strategy"), property.Str("x-kubernetes-patch-merge-key")));
    }

    [Fact]
    public void Writes_take_the_parameter_that_kubectl_looks_for()
    {
        foreach (var (path, item) in Documents.Values.SelectMany(d => d["paths"]!.Entries))
        {
            foreach (var verb in (string[])["post", "put", "patch"])
            {
                if (item[verb] is { } operation)
                    Assert.True(operation.ListOf("parameters").Exists(p => p.Str("name") == "fieldValidation"), $"{verb} {path}");
            }
        }
    }

    [Fact]
    public void The_definitions_of_custom_resources_are_valid_and_speak_of_every_field()
    {
        foreach (var (definition, kind) in CustomResources.All.Zip([ApiKind.Alias, ApiKind.AliasPolicy]))
        {
            var decoded = Decoder.Decode(definition, ApiKind.CustomResourceDefinition.Schema);
            Assert.Null(decoded.Error);
            Assert.Empty(decoded.Unknown);
            var version = definition["spec"]!.ListOf("versions").Single();
            Assert.Equal((kind.Kind, kind.Version), (definition["spec"]!["names"]!.Str("kind"), version.Str("name")));
            foreach (var part in (string[])["spec", "status"])
            {
                var type = (StructType)kind.Schema.Fields[kind.Schema.IndexOf(part)].Type;
                Covers(version["schema"]!["openAPIV3Schema"]!["properties"]![part]!, type, $"{kind.Kind}.{part}");
            }
        }
    }

    private static void Covers(Node schema, FieldType type, string path)
    {
        if (type is ListType list)
            Covers(schema["items"]!, list.Item, path + "[]");
        if (type is not StructType structure)
            return;
        foreach (var field in structure.Fields)
        {
            Assert.True(schema["properties"]?.Has(field.Name) == true, $"{path}.{field.Name}");
            Covers(schema["properties"]![field.Name]!, field.Type, $"{path}.{field.Name}");
        }
    }

    private static IEnumerable<string> References(Node node)
    {
        if (node["$ref"] is { Kind: NodeKind.String } reference)
            yield return reference.Text;
        foreach (var inner in node.Entries.Select(e => e.Value).Concat(node.Items).SelectMany(References))
            yield return inner;
    }
}
