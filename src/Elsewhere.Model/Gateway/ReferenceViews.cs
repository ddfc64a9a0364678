namespace Elsewhere.Model;

/// <summary>A <c>v1/Secret</c>.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Type">The type, such as <c>kubernetes.io/tls</c>; <c>Opaque</c> by default.</param>
/// <param name="Data">What it holds, <c>stringData</c> merged in, sorted by key.</param>
/// <param name="Place">Where it was written.</param>
public sealed record SecretView(ObjectKey Key, string Type, Seq<DataEntry> Data, SourcePlace? Place);

/// <summary>A <c>v1/ConfigMap</c>.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Data">What it holds, <c>data</c> and <c>binaryData</c>, sorted by key.</param>
/// <param name="Place">Where it was written.</param>
public sealed record ConfigMapView(ObjectKey Key, Seq<DataEntry> Data, SourcePlace? Place);

/// <summary>One key of a Secret or a ConfigMap.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Value">Its value; a ConfigMap's is treated as carefully as a Secret's.</param>
public sealed record DataEntry(string Key, SecretBytes Value);

/// <summary>Which kind of object a reference names.</summary>
public enum ReferenceKind
{
    /// <summary>A ConfigMap.</summary>
    ConfigMap,

    /// <summary>A Secret.</summary>
    Secret,
}

/// <summary>A reference to a key of an object in the same namespace.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">The object.</param>
/// <param name="Key">The key of its data.</param>
public sealed record KeyReference(ReferenceKind Kind, string Name, string Key);

/// <summary>An <c>elsewhere.dev/v1alpha1/AliasPolicy</c>: which origins namespaces may use. Cluster-scoped.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespaces">The namespaces it speaks about; empty for all. As soon as one policy speaks about a namespace, only what some policy allows is allowed there.</param>
/// <param name="Allow">What is allowed; an origin must match one entry in every part.</param>
/// <param name="Place">Where it was written.</param>
/// <param name="Problem">
/// Why it does not count as it was meant, as the end of a sentence; null if it counts. One that does not count allows nothing, and speaks about the namespaces that
/// can be made out, or about all.
/// </param>
public sealed record AliasPolicyView(string Name, Seq<string> Namespaces, Seq<AliasPolicyRule> Allow, SourcePlace? Place, string? Problem = null)
{
    /// <summary>Whether it has a say in a namespace.</summary>
    /// <param name="inNamespace">The namespace of an alias.</param>
    public bool SpeaksAbout(string inNamespace) => this.Namespaces.IsEmpty || this.Namespaces.Contains(inNamespace);
}

/// <summary>One entry of a policy: parts that are empty allow anything.</summary>
/// <param name="Hosts">
/// Names of origins, in lower case; <c>*.example.com</c> stands for every name below, not for the name itself. A name says nothing about addresses that are listed beside it.
/// </param>
/// <param name="Cidrs">Addresses that may be dialled.</param>
/// <param name="Ports">Ports that may be dialled.</param>
public sealed record AliasPolicyRule(Seq<string> Hosts, Seq<Cidr> Cidrs, Seq<int> Ports);
