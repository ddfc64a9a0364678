using System.Net;

namespace Elsewhere.Model;

/// <summary>What an alias is in DNS.</summary>
public enum AliasKind
{
    /// <summary>It has service addresses; its ports are relayed.</summary>
    ClusterIP,

    /// <summary>Its endpoints' addresses are its own; nothing is relayed.</summary>
    Headless,

    /// <summary>It is a CNAME.</summary>
    ExternalName,
}

/// <summary>
/// The one immutable value that all consumers read. Equal input makes an equal snapshot: publication stops when nothing changed.
/// </summary>
/// <param name="ClusterDomain">The cluster's zone, <c>cluster.local.</c></param>
/// <param name="Namespaces">Every namespace that exists: declared, used by an object, or Kubernetes' own; sorted.</param>
/// <param name="Aliases">Every alias, sorted by key.</param>
/// <param name="EndpointSlices">All effective slices, mirrored ones among them, those without a Service too (DNS knows their addresses); sorted by key.</param>
/// <param name="Findings">Everything found on the way, from reading on.</param>
/// <param name="Addresses">Which service address is whose: kept over restarts so that addresses are stable.</param>
/// <param name="Policies">The AliasPolicies, without the places where they were written; the aliases are what they allow.</param>
public sealed record AliasSnapshot(
    DnsName ClusterDomain,
    Seq<string> Namespaces,
    Seq<Alias> Aliases,
    Seq<EndpointSliceView> EndpointSlices,
    Seq<Finding> Findings,
    AddressBook Addresses,
    Seq<AliasPolicyView> Policies = default);

/// <summary>An in-cluster name of something that lives elsewhere.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Declared">The object that declares it: a Service or an Alias.</param>
/// <param name="Kind">What it is in DNS.</param>
/// <param name="ServiceAddresses">Its service addresses, the first family first; empty unless the kind is ClusterIP.</param>
/// <param name="Target">Where the CNAME points; null unless the kind is ExternalName, or if the external name is an address (which has no CNAME).</param>
/// <param name="Ports">What clients dial, and where it goes.</param>
/// <param name="ClientIPAffinity">How long a client keeps its endpoint after its last connection; null for none.</param>
/// <param name="Place">Where it was declared.</param>
/// <param name="Gateway">How the gateway serves it; null where all its ports are relayed.</param>
public sealed record Alias(
    ObjectKey Key,
    ObjectRef Declared,
    AliasKind Kind,
    Seq<IPAddress> ServiceAddresses,
    DnsName? Target,
    Seq<AliasPort> Ports,
    TimeSpan? ClientIPAffinity,
    SourcePlace? Place,
    GatewayRoute? Gateway = null);

/// <summary>One port of an alias.</summary>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Port">1 to 65535: what clients dial.</param>
/// <param name="Protocol">The transport.</param>
/// <param name="AppProtocol">What is spoken, or empty.</param>
/// <param name="Backends">Ready endpoints in order; empty means that a connection is refused.</param>
public sealed record AliasPort(string Name, int Port, Protocol Protocol, string AppProtocol, Seq<Backend> Backends);

/// <summary>One place that a port leads to: an address, or a name that is resolved at run time.</summary>
/// <param name="Address">The address, or null.</param>
/// <param name="Name">The name, or null.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Priority">Lower first; the next one serves when no backend of this one can be reached.</param>
/// <param name="Weight">Share within a priority; never 0 here, since what is drained is left out.</param>
/// <param name="Within">The ranges that AliasPolicies let it be dialled in; empty for any.</param>
public sealed record Backend(IPAddress? Address, DnsName? Name, int Port, int Priority = 0, int Weight = 100, Seq<Cidr> Within = default);

/// <summary>Which service address belongs to whom.</summary>
/// <param name="Entries">Sorted by key, then by family.</param>
public sealed record AddressBook(Seq<AddressEntry> Entries)
{
    /// <summary>Without entries.</summary>
    public static AddressBook Empty { get; } = new([]);
}

/// <summary>One service address.</summary>
/// <param name="Key">Whose it is.</param>
/// <param name="Address">The address.</param>
public sealed record AddressEntry(ObjectKey Key, IPAddress Address);

/// <summary>What Resolve needs beside the view.</summary>
/// <param name="ClusterDomain">The cluster's zone.</param>
/// <param name="ServiceCidrs">One range, or one of each family; the first is the default family.</param>
/// <param name="Previous">The addresses given before, so that they stay.</param>
/// <param name="GatewayForAll">Whether the gateway serves the HTTP ports of every Service that does not decline, or of those that ask for it.</param>
public sealed record ResolveOptions(DnsName ClusterDomain, Seq<Cidr> ServiceCidrs, AddressBook Previous, bool GatewayForAll = false)
{
    /// <summary><c>cluster.local.</c> on <c>127.96.0.0/16</c>, no address given yet.</summary>
    public static ResolveOptions Default { get; } = new(DnsName.Parse("cluster.local."), [Cidr.Parse("127.96.0.0/16")], AddressBook.Empty);
}
