using System.Security.Cryptography;
using System.Text;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using static Elsewhere.Kubernetes.Api.OpenApi.JsonTree;

namespace Elsewhere.Kubernetes.Api.OpenApi;

/// <summary>
/// The OpenAPI documents of the API: what <c>kubectl apply</c> learns merge keys and parameters from, and what <c>kubectl explain</c> shows. Made of the same schemas
/// that objects are decoded by, each when it is first asked for.
/// </summary>
internal static class OpenApiDocuments
{
    private static readonly Lazy<Dictionary<string, byte[]>> Groups = new(MakeGroups);
    private static readonly Lazy<byte[]> IndexDocument = new(MakeIndex);
    private static readonly Lazy<Node> Swagger = new(MakeSwagger);
    private static readonly Lazy<byte[]> SwaggerJson = new(static () => Encoding.UTF8.GetBytes(Swagger.Value.ToString()));
    private static readonly Lazy<byte[]> SwaggerProtobuf = new(static () => SwaggerMessage.Write(Swagger.Value));

    /// <summary><c>/openapi/v3</c>: where the documents of the groups are, with hashes to keep them by.</summary>
    public static byte[] Index => IndexDocument.Value;

    /// <summary>
    /// What <see cref="V2Protobuf"/> is called in an answer. Clients ask for it with an <c>@</c> before <c>v1.0</c>, which Go's own parser of media types refuses to read.
    /// </summary>
    public const string V2ProtobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    /// <summary><c>/openapi/v2</c> as JSON.</summary>
    public static byte[] V2Json => SwaggerJson.Value;

    /// <summary><c>/openapi/v2</c> in the protobuf form that kubectl up to 1.26 asks for (<c>application/com.github.proto-openapi.spec.v2@v1.0+protobuf</c>).</summary>
    public static byte[] V2Protobuf => SwaggerProtobuf.Value;

    /// <summary><c>/openapi/v3/api/v1</c>, <c>/openapi/v3/apis/GROUP/VERSION</c>; null for what is not served.</summary>
    /// <param name="group">What stands behind <c>/openapi/v3/</c>.</param>
    public static byte[]? V3(string group) => Groups.Value.GetValueOrDefault(group);

    /// <summary>A short hash of a document, to be part of its address.</summary>
    public static string HashOf(byte[] document) => Convert.ToHexString(SHA256.HashData(document));

    private static Dictionary<string, byte[]> MakeGroups() => ApiResource.Shown
        .GroupBy(static r => r.Kind.Group.Length == 0 ? "api/v1" : $"apis/{r.Kind.Group}/{r.Kind.Version}")
        .ToDictionary(static g => g.Key, static g => Encoding.UTF8.GetBytes(Document([.. g]).ToString()), StringComparer.Ordinal);

    private static byte[] MakeIndex()
    {
        var paths = Node.Map();
        foreach (var (group, document) in Groups.Value.OrderBy(static g => g.Key, StringComparer.Ordinal))
            paths.Set(group, Map(("serverRelativeURL", Node.String($"/openapi/v3/{group}?hash={HashOf(document)}"))));
        return Encoding.UTF8.GetBytes(Map(("paths", paths)).ToString());
    }

    private static Node Document(ApiResource[] resources) => Map(
        ("openapi", Node.String("3.0.0")),
        ("info", Info()),
        ("paths", Paths(resources, OpenApiForm.V3)),
        ("components", Map(("schemas", Schemas(resources, OpenApiForm.V3)))));

    private static Node MakeSwagger() => Map(
        ("swagger", Node.String("2.0")),
        ("info", Info()),
        ("paths", Paths([.. ApiResource.Shown], OpenApiForm.V2)),
        ("definitions", Schemas([.. ApiResource.Shown], OpenApiForm.V2)));

    private static Node Info() => Map(("title", Node.String("Elsewhere")), ("version", Node.String("v1.36.0")));

    private static Node Paths(ApiResource[] resources, OpenApiForm form)
    {
        var paths = Node.Map();
        foreach (var (path, item) in resources.SelectMany(resource => Operations.Of(resource, form)).OrderBy(static p => p.Path, StringComparer.Ordinal))
            paths.Set(path, item);
        return paths;
    }

    private static Node Schemas(ApiResource[] resources, OpenApiForm form)
    {
        var schemas = new SortedDictionary<string, Node>(StringComparer.Ordinal);
        foreach (var resource in resources)
        {
            var kind = resource.Kind;
            var builtIn = kind.Group != ApiKind.Alias.Group;
            foreach (var type in TypeNames.Reached(kind))
                schemas[TypeNames.Of(type)] = SchemaWriter.Structure(type, ReferenceEquals(type, kind.Schema) ? kind : null, form, builtIn || type.Name == "ObjectMeta");
            if (resource.IsStored)
                schemas[TypeNames.OfList(kind)] = SchemaWriter.ListOf(kind, form);
        }

        foreach (var (name, schema) in SchemaWriter.Others(form))
            schemas[name] = schema;
        var map = Node.Map(0, schemas.Count);
        foreach (var (name, schema) in schemas)
            map.Entries.Add(new(name, schema));
        return map;
    }
}
