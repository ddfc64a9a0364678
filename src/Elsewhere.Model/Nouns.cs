namespace Elsewhere.Model;

/// <summary>Namespace and name of an object; the key of everything that lives in a namespace.</summary>
/// <param name="Namespace">The namespace, never empty.</param>
/// <param name="Name">The name.</param>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    /// <summary>By namespace, then by name, ordinal.</summary>
    public int CompareTo(ObjectKey other)
    {
        var byNamespace = string.CompareOrdinal(this.Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(this.Name, other.Name);
    }

    /// <summary><c>name.namespace</c>: the alias as a client may dial it.</summary>
    public override string ToString() => $"{this.Name}.{this.Namespace}";

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(ObjectKey left, ObjectKey right) => left.CompareTo(right) < 0;

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(ObjectKey left, ObjectKey right) => left.CompareTo(right) > 0;

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(ObjectKey left, ObjectKey right) => left.CompareTo(right) <= 0;

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(ObjectKey left, ObjectKey right) => left.CompareTo(right) >= 0;
}

/// <summary>The transport of a port (Kubernetes <c>v1.Protocol</c>).</summary>
public enum Protocol
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,

    /// <summary>SCTP: in DNS only; there is no relay for it.</summary>
    Sctp,
}

/// <summary><c>spec.type</c> of a Service.</summary>
public enum ServiceType
{
    /// <summary>An address inside the cluster.</summary>
    ClusterIP,

    /// <summary>ClusterIP plus a port on each node.</summary>
    NodePort,

    /// <summary>NodePort plus a balancer outside.</summary>
    LoadBalancer,

    /// <summary>A CNAME and nothing else.</summary>
    ExternalName,
}

/// <summary><c>spec.ipFamilyPolicy</c> of a Service.</summary>
public enum IPFamilyPolicy
{
    /// <summary>One family.</summary>
    SingleStack,

    /// <summary>Both where the cluster has both.</summary>
    PreferDualStack,

    /// <summary>Both, or an error.</summary>
    RequireDualStack,
}

/// <summary><c>addressType</c> of an EndpointSlice.</summary>
public enum AddressType
{
    /// <summary>IPv4 addresses.</summary>
    IPv4,

    /// <summary>IPv6 addresses.</summary>
    IPv6,

    /// <summary>Names; deprecated by Kubernetes and ignored by kube-proxy.</summary>
    Fqdn,
}

/// <summary>What an Alias resource asks for (<c>spec.mode</c>).</summary>
public enum AliasMode
{
    /// <summary>The HTTP-aware path.</summary>
    Gateway,

    /// <summary>A service address whose ports are relayed to the origins (the article's option 1).</summary>
    Endpoints,

    /// <summary>A CNAME (the article's option 2).</summary>
    ExternalName,
}

/// <summary>The scheme of an origin's URL.</summary>
public enum OriginScheme
{
    /// <summary>HTTP in clear.</summary>
    Http,

    /// <summary>HTTP over TLS.</summary>
    Https,

    /// <summary>Any TCP protocol.</summary>
    Tcp,

    /// <summary>Any protocol inside TLS, passed through.</summary>
    Tls,

    /// <summary>Datagrams.</summary>
    Udp,
}
