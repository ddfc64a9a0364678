using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Discovery;

/// <summary>What the API says about which kinds it serves: the old documents of <c>/api</c> and <c>/apis</c>, and the aggregated ones that stand for all of them.</summary>
internal static class ApiDiscovery
{
    private const string Aggregated = "APIGroupDiscoveryList";

    /// <summary>The groups that are served, without the core group.</summary>
    public static IReadOnlyList<string> GroupNames { get; } = [.. ApiResource.Shown.Select(static r => r.Kind.Group).Where(static g => g.Length > 0).Distinct()];

    /// <summary>Which form of discovery a client wants: the version of the aggregated one, or null for the old documents.</summary>
    /// <param name="accept">The request's Accept header; null if it had none.</param>
    public static string? AggregatedVersion(string? accept)
    {
        foreach (var clause in (accept ?? "").Split(','))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            if (parts.Contains("g=apidiscovery.k8s.io") && parts.Contains("as=" + Aggregated))
            {
                if (parts[0] is "application/json" or "*/*" && Array.Find(parts, static p => p is "v=v2" or "v=v2beta1") is { } version)
                    return version[2..];
            }
            else if (parts[0] is "application/json" or "application/*" or "*/*")
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>The Content-Type of an aggregated document.</summary>
    public static string ContentType(string version) => $"application/json;g=apidiscovery.k8s.io;v={version};as={Aggregated}";

    /// <summary><c>/api</c>.</summary>
    /// <param name="address">Where this server is, <c>127.0.0.1:7445</c>.</param>
    public static Node Versions(string address)
    {
        var server = Node.Map();
        server.Set("clientCIDR", Node.String("0.0.0.0/0"));
        server.Set("serverAddress", Node.String(address));
        var root = Node.Map();
        root.Set("kind", Node.String("APIVersions"));
        root.Set("versions", Node.List(["v1"]));
        root.Set("serverAddressByClientCIDRs", ListOf([server]));
        return root;
    }

    /// <summary><c>/</c>: the documents that there are, as text that people can read too.</summary>
    public static string Paths()
    {
        string[] versions = [.. ApiResource.Shown.Where(static r => r.Kind.Group.Length > 0).SelectMany(static r => new[] { "/apis/" + r.Kind.Group, "/apis/" + r.Kind.ApiVersion }).Distinct()];
        string[] paths = ["/api", "/api/v1", "/apis", "/apis/", .. versions, "/healthz", "/healthz/ping", "/livez", "/livez/ping", "/openapi/v2", "/openapi/v3", "/readyz", "/readyz/ping", "/version"];
        return $"{{\n  \"paths\": [\n{string.Join(",\n", paths.Order(StringComparer.Ordinal).Select(static path => $"    \"{path}\""))}\n  ]\n}}";
    }

    /// <summary><c>/apis</c>.</summary>
    public static Node Groups()
    {
        var root = Kind("APIGroupList");
        root.Set("groups", ListOf(GroupNames.Select(static name => Group(name, Node.Map()))));
        return root;
    }

    /// <summary><c>/apis/GROUP</c>; null for one that is not served.</summary>
    public static Node? Group(string name) => GroupNames.Contains(name) ? Group(name, Kind("APIGroup")) : null;

    /// <summary><c>/api/v1</c>, <c>/apis/GROUP/VERSION</c>; null for one that is not served.</summary>
    public static Node? Resources(string group, string version)
    {
        var served = ApiResource.Shown.Where(r => r.Kind.Group == group && r.Kind.Version == version).ToList();
        if (served.Count == 0)
            return null;
        var root = Node.Map();
        root.Set("kind", Node.String("APIResourceList"));
        if (group.Length > 0)
            root.Set("apiVersion", Node.String("v1"));
        root.Set("groupVersion", Node.String(served[0].Kind.ApiVersion));
        root.Set("resources", ListOf(served.SelectMany(Resource)));
        return root;
    }

    /// <summary>The aggregated document of <c>/api</c> (the core group) or of <c>/apis</c> (all others).</summary>
    public static Node All(bool core, string version)
    {
        var root = Node.Map();
        root.Set("kind", Node.String(Aggregated));
        root.Set("apiVersion", Node.String("apidiscovery.k8s.io/" + version));
        root.Set("metadata", Node.Map());
        root.Set("items", ListOf((core ? [""] : GroupNames).Select(AggregatedGroup)));
        return root;
    }

    private static Node Group(string name, Node root)
    {
        var versions = ApiResource.Shown.Where(r => r.Kind.Group == name).Select(static r => r.Kind.Version).Distinct().Select(v =>
        {
            var version = Node.Map();
            version.Set("groupVersion", Node.String($"{name}/{v}"));
            version.Set("version", Node.String(v));
            return version;
        }).ToList();
        root.Set("name", Node.String(name));
        root.Set("versions", ListOf(versions));
        root.Set("preferredVersion", versions[0]);
        return root;
    }

    private static IEnumerable<Node> Resource(ApiResource resource)
    {
        var node = Node.Map();
        node.Set("name", Node.String(resource.Plural));
        node.Set("singularName", Node.String(resource.Singular));
        node.Set("namespaced", Node.Bool(resource.Kind.Namespaced));
        node.Set("kind", Node.String(resource.Kind.Kind));
        node.Set("verbs", Node.List(resource.Verbs));
        Names(node, resource);
        if (resource.IsStored)
            node.Set("storageVersionHash", Node.String(resource.StorageVersionHash));
        yield return node;
        foreach (var part in resource.Subresources)
        {
            var below = Node.Map();
            below.Set("name", Node.String($"{resource.Plural}/{part.Name}"));
            below.Set("singularName", Node.String(""));
            below.Set("namespaced", Node.Bool(resource.Kind.Namespaced));
            below.Set("kind", Node.String(resource.Kind.Kind));
            below.Set("verbs", Node.List(part.Verbs));
            yield return below;
        }
    }

    private static Node AggregatedGroup(string name)
    {
        var versions = ApiResource.Shown.Where(r => r.Kind.Group == name).GroupBy(static r => r.Kind.Version).Select(static served =>
        {
            var version = Node.Map();
            version.Set("version", Node.String(served.Key));
            version.Set("resources", ListOf(served.Select(AggregatedResource)));
            version.Set("freshness", Node.String("Current"));
            return version;
        });
        var metadata = Node.Map();
        if (name.Length > 0)
            metadata.Set("name", Node.String(name));
        var group = Node.Map();
        group.Set("metadata", metadata);
        group.Set("versions", ListOf(versions));
        return group;
    }

    private static Node AggregatedResource(ApiResource resource)
    {
        var node = Node.Map();
        node.Set("resource", Node.String(resource.Plural));
        node.Set("responseKind", ResponseKind(resource));
        node.Set("scope", Node.String(resource.Kind.Namespaced ? "Namespaced" : "Cluster"));
        node.Set("singularResource", Node.String(resource.Singular));
        node.Set("verbs", Node.List(resource.Verbs));
        Names(node, resource);
        if (resource.Subresources.Count > 0)
        {
            node.Set("subresources", ListOf(resource.Subresources.Select(part =>
            {
                var below = Node.Map();
                below.Set("subresource", Node.String(part.Name));
                below.Set("responseKind", ResponseKind(resource));
                below.Set("verbs", Node.List(part.Verbs));
                return below;
            })));
        }

        return node;
    }

    // Built-in kinds leave it to the place in the document which group and version they are of.
    private static Node ResponseKind(ApiResource resource)
    {
        var builtIn = ApiPatch.IsBuiltIn(resource.Kind);
        var kind = Node.Map();
        kind.Set("group", Node.String(builtIn ? "" : resource.Kind.Group));
        kind.Set("version", Node.String(builtIn ? "" : resource.Kind.Version));
        kind.Set("kind", Node.String(resource.Kind.Kind));
        return kind;
    }

    private static void Names(Node node, ApiResource resource)
    {
        if (resource.ShortNames.Count > 0)
            node.Set("shortNames", Node.List(resource.ShortNames));
        if (resource.Categories.Count > 0)
            node.Set("categories", Node.List(resource.Categories));
    }

    private static Node Kind(string name)
    {
        var root = Node.Map();
        root.Set("kind", Node.String(name));
        root.Set("apiVersion", Node.String("v1"));
        return root;
    }

    private static Node ListOf(IEnumerable<Node> items)
    {
        var list = Node.List();
        list.Items.AddRange(items);
        return list;
    }
}
