using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>Who wrote an object.</summary>
internal enum Writer
{
    /// <summary>A client: it is kept on disk.</summary>
    Api,

    /// <summary>A file of manifests, which is its place on disk.</summary>
    File,

    /// <summary>A controller of this program, which makes it again after a restart.</summary>
    Controller,
}

/// <summary>An object as the API shows it. Immutable, and held as text: ten thousand trees would need ten times the memory.</summary>
internal sealed class StoredObject
{
    private StoredObject(Collection collection, ObjectKey key, ulong version, Writer writer, byte[] json, string? fileHash, string[] claims)
    {
        Collection = collection;
        Key = key;
        Version = version;
        Writer = writer;
        Json = json;
        FileHash = fileHash;
        Claims = claims;
    }

    /// <summary>Its kind.</summary>
    public Collection Collection { get; }

    /// <summary>Namespace and name; the namespace is empty for cluster-scoped kinds.</summary>
    public ObjectKey Key { get; }

    /// <summary>Its collection version.</summary>
    public ulong Version { get; }

    /// <summary>Who wrote it last.</summary>
    public Writer Writer { get; }

    /// <summary>The object in UTF-8, <c>kind</c> and <c>apiVersion</c> first.</summary>
    public byte[] Json { get; }

    /// <summary>The fingerprint of the file's object of this key, be it this one or one that it stands in for; null if no file has one.</summary>
    public string? FileHash { get; }

    /// <summary>What nobody else may have: a Service's addresses and node ports, these as <c>30080/TCP</c>.</summary>
    public string[] Claims { get; }

    /// <summary>The object as a tree of the caller's own.</summary>
    public Node Parse() => JsonText.Read(Json).Root!;

    /// <summary>Makes the stored form of a tree; writes the version into it.</summary>
    public static StoredObject Of(Collection collection, ObjectKey key, ulong version, Writer writer, Node tree, string? fileHash = null)
    {
        tree["metadata"]!.Set("resourceVersion", Node.String(version.ToString(CultureInfo.InvariantCulture)));
        return new(collection, key, version, writer, Encoding.UTF8.GetBytes(tree.ToString()), fileHash, ClaimsOf(collection, tree));
    }

    /// <summary>The same object, shown otherwise than it is stored.</summary>
    public StoredObject Showing(Node tree) => new(Collection, Key, Version, Writer, Encoding.UTF8.GetBytes(tree.ToString()), FileHash, Claims);

    /// <summary>Something to look for in a table.</summary>
    public static StoredObject Probe(ObjectKey key) => new(null!, key, 0, default, [], null, []);

    private static string[] ClaimsOf(Collection collection, Node tree)
    {
        if (collection != Collection.Services || tree["spec"] is not { } spec || spec.Str("type") == "ExternalName")
            return [];
        var claims = new List<string>();
        foreach (var address in spec.Strings("clusterIPs"))
        {
            if (address is not ("None" or ""))
                claims.Add(address);
        }

        foreach (var port in spec.ListOf("ports"))
        {
            if (port.Int("nodePort") is > 0 and var number && NodePort(number) is var claim && !claims.Contains(claim))
                claims.Add(claim);
        }

        if (spec.Int("healthCheckNodePort") is > 0 and var health)
            claims.Add(NodePort(health));
        return [.. claims];
    }

    /// <summary>A node port as a claim: one Service may use its number for several protocols, no other for any.</summary>
    public static string NodePort(long number) => string.Create(CultureInfo.InvariantCulture, $"node port {number}");
}

/// <summary>The order of a table: by namespace, then by name, ordinal.</summary>
internal sealed class ByKey : IComparer<StoredObject>
{
    public static ByKey Order { get; } = new();

    public int Compare(StoredObject? x, StoredObject? y) => x!.Key.CompareTo(y!.Key);
}
