using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>
/// Everything that was read, trimmed to what is used, typed, defaulted as the API server defaults, sorted by key: the input of Resolve.
/// Only objects that the API server would accept are here; for the others there is a finding.
/// </summary>
/// <param name="Namespaces">Namespace objects.</param>
/// <param name="Services">Services of all types.</param>
/// <param name="Endpoints">Endpoints objects, not yet mirrored.</param>
/// <param name="EndpointSlices">Hand-written slices.</param>
/// <param name="Aliases">Alias resources.</param>
/// <param name="Findings">What reading and validation found.</param>
/// <param name="Secrets">Secrets, for references.</param>
/// <param name="ConfigMaps">ConfigMaps, for references.</param>
/// <param name="AliasPolicies">AliasPolicy resources.</param>
public sealed record ClusterView(
    Seq<NamespaceView> Namespaces,
    Seq<ServiceView> Services,
    Seq<EndpointsView> Endpoints,
    Seq<EndpointSliceView> EndpointSlices,
    Seq<AliasView> Aliases,
    Seq<Finding> Findings,
    Seq<SecretView> Secrets = default,
    Seq<ConfigMapView> ConfigMaps = default,
    Seq<AliasPolicyView> AliasPolicies = default)
{
    /// <summary>Nothing at all.</summary>
    public static ClusterView Empty { get; } = new([], [], [], [], [], []);
}

/// <summary>A <c>v1/Namespace</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="GatewayDefault">The annotation <c>elsewhere.dev/gateway</c>, null where absent.</param>
/// <param name="Place">Where it was written.</param>
public sealed record NamespaceView(string Name, bool? GatewayDefault, SourcePlace? Place);

/// <summary>A <c>v1/Service</c>.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Type">The type.</param>
/// <param name="Headless">Whether <c>clusterIP</c> is <c>None</c>.</param>
/// <param name="ClusterIPs">The addresses that the manifest asks for; empty if it leaves the choice to us.</param>
/// <param name="ExternalName">As written, less one trailing dot; null unless the type is ExternalName.</param>
/// <param name="ExternalNameAsWritten">With the trailing dot, if there was one; also set where the type ignores it.</param>
/// <param name="Ports">The ports, in the manifest's order.</param>
/// <param name="HasSelector">Whether <c>spec.selector</c> has an entry: the endpoints are a controller's then.</param>
/// <param name="PublishNotReadyAddresses">The field of that name.</param>
/// <param name="ClientIPAffinity">The time-out of session affinity ClientIP; null for None.</param>
/// <param name="IPFamilies">The families asked for, in order; empty if left to the cluster.</param>
/// <param name="IPFamilyPolicy">The policy; null if left to the cluster.</param>
/// <param name="ExternalIPs">Further addresses of the Service; they do not show in DNS.</param>
/// <param name="Gateway">The annotation <c>elsewhere.dev/gateway</c>, null where absent.</param>
/// <param name="Place">Where it was written.</param>
public sealed record ServiceView(
    ObjectKey Key,
    ServiceType Type,
    bool Headless,
    Seq<IPAddress> ClusterIPs,
    string? ExternalName,
    string? ExternalNameAsWritten,
    Seq<ServicePortView> Ports,
    bool HasSelector,
    bool PublishNotReadyAddresses,
    TimeSpan? ClientIPAffinity,
    Seq<AddressFamily> IPFamilies,
    IPFamilyPolicy? IPFamilyPolicy,
    Seq<IPAddress> ExternalIPs,
    bool? Gateway,
    SourcePlace? Place);

/// <summary>One of <c>spec.ports</c>.</summary>
/// <param name="Name">The name; empty for the only port.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Protocol">The transport.</param>
/// <param name="TargetPort">As written, a number or a name; equal to the port's number where it was left out.</param>
/// <param name="AppProtocol">The field of that name, or empty.</param>
public sealed record ServicePortView(string Name, int Port, Protocol Protocol, string TargetPort, string AppProtocol);

/// <summary>A <c>v1/Endpoints</c>.</summary>
/// <param name="Key">Namespace and name, the name that of the Service.</param>
/// <param name="Subsets">Addresses x ports, as written.</param>
/// <param name="SkipMirror">Whether the label <c>endpointslice.kubernetes.io/skip-mirror</c> is <c>true</c>.</param>
/// <param name="LeaderElection">Whether the annotation <c>control-plane.alpha.kubernetes.io/leader</c> is there.</param>
/// <param name="Place">Where it was written.</param>
public sealed record EndpointsView(ObjectKey Key, Seq<EndpointsSubsetView> Subsets, bool SkipMirror, bool LeaderElection, SourcePlace? Place);

/// <summary>One of <c>subsets</c>: every address with every port.</summary>
/// <param name="Addresses">The ready ones.</param>
/// <param name="NotReadyAddresses">The others.</param>
/// <param name="Ports">The ports; may be empty.</param>
public sealed record EndpointsSubsetView(Seq<EndpointsAddressView> Addresses, Seq<EndpointsAddressView> NotReadyAddresses, Seq<SlicePortView> Ports);

/// <summary>One address of a subset.</summary>
/// <param name="Address">The address.</param>
/// <param name="Hostname">The host name, or empty.</param>
public sealed record EndpointsAddressView(IPAddress Address, string Hostname);

/// <summary>A <c>discovery.k8s.io/v1/EndpointSlice</c>, hand-written or mirrored.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="ServiceName">The label <c>kubernetes.io/service-name</c>, or empty.</param>
/// <param name="ManagedBy">The label <c>endpointslice.kubernetes.io/managed-by</c>, or empty.</param>
/// <param name="AddressType">What the addresses are.</param>
/// <param name="Endpoints">The endpoints, as written.</param>
/// <param name="Ports">The ports; empty means none.</param>
/// <param name="Place">Where it was written; for a mirrored slice, where its Endpoints object was.</param>
public sealed record EndpointSliceView(
    ObjectKey Key,
    string ServiceName,
    string ManagedBy,
    AddressType AddressType,
    Seq<EndpointView> Endpoints,
    Seq<SlicePortView> Ports,
    SourcePlace? Place);

/// <summary>One endpoint of a slice.</summary>
/// <param name="Addresses">1 to 100 addresses; kube-proxy uses the first, DNS all; empty in an FQDN slice.</param>
/// <param name="Names">The names of an FQDN slice; empty otherwise.</param>
/// <param name="Hostname">The host name, or empty.</param>
/// <param name="Ready">The condition; null is ready.</param>
/// <param name="Serving">The condition; null follows <paramref name="Ready"/>.</param>
/// <param name="Terminating">The condition; null is false.</param>
public sealed record EndpointView(Seq<IPAddress> Addresses, Seq<DnsName> Names, string Hostname, bool? Ready, bool? Serving, bool? Terminating)
{
    /// <summary>Whether it may receive new connections (Kubernetes: nil ready counts as ready).</summary>
    public bool IsReady => this.Ready ?? true;
}

/// <summary>One port of a slice or of a subset.</summary>
/// <param name="Name">The name, which joins it to a Service's port; may be empty. Null in a slice means: not given.</param>
/// <param name="Port">1 to 65535; null means all ports to the API and nothing to kube-proxy.</param>
/// <param name="Protocol">The transport.</param>
/// <param name="AppProtocol">The field of that name, or empty.</param>
public sealed record SlicePortView(string? Name, int? Port, Protocol Protocol, string AppProtocol);

/// <summary>An <c>elsewhere.dev/v1alpha1/Alias</c>.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Mode">What it asks for; the default depends on the origins' scheme.</param>
/// <param name="Origins">1 to 16 origins.</param>
/// <param name="Ports">What clients dial, defaults applied.</param>
/// <param name="Hostnames">Further names that the gateway answers to.</param>
/// <param name="Place">Where it was written.</param>
/// <param name="Http">Rules for requests and responses; null where none are written.</param>
/// <param name="HealthCheck">How origins are checked; null for not at all.</param>
/// <param name="Certificate">The Secret with the user's own certificate for clients; empty for none.</param>
public sealed record AliasView(
    ObjectKey Key,
    AliasMode Mode,
    Seq<OriginView> Origins,
    Seq<ServicePortView> Ports,
    Seq<DnsName> Hostnames,
    SourcePlace? Place,
    HttpView? Http = null,
    HealthCheckView? HealthCheck = null,
    string Certificate = "");

/// <summary>One origin of an Alias.</summary>
/// <param name="Url">Where it is.</param>
/// <param name="Priority">Lower first.</param>
/// <param name="Weight">Share within a priority; 0 is drained.</param>
/// <param name="Addresses">Dialled instead of what the host's name resolves to; may be empty.</param>
/// <param name="Tls">How TLS is spoken to it; null where nothing is written.</param>
/// <param name="Proxy">The HTTP CONNECT proxy in between, or null.</param>
public sealed record OriginView(OriginUrl Url, int Priority, int Weight, Seq<IPAddress> Addresses, OriginTlsView? Tls = null, OriginUrl? Proxy = null);

/// <summary>The URL of an origin, parsed.</summary>
/// <param name="Scheme">The scheme.</param>
/// <param name="Host">The name, or null if it is an address.</param>
/// <param name="Address">The address, or null if it is a name.</param>
/// <param name="Port">1 to 65535; the scheme's default applied.</param>
/// <param name="BasePath">Begins with a slash; <c>/</c> for schemes without paths.</param>
public sealed record OriginUrl(OriginScheme Scheme, DnsName? Host, IPAddress? Address, int Port, string BasePath);
