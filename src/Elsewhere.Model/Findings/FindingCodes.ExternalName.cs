using static Elsewhere.Model.FindingCode;

namespace Elsewhere.Model;

/// <summary>This file: what points to a name.</summary>
internal static partial class FindingCodes
{
    public static FindingCode ExternalNameIsAddress { get; } =
        Error("external-name-is-address", "externalName is an IP address, and no CNAME can point to one");

    public static FindingCode ExternalNameIsUrl { get; } =
        Error("external-name-is-url", "externalName holds a URL or part of one, but takes a bare name");

    public static FindingCode ExternalNameHasPort { get; } =
        Error("external-name-has-port", "externalName holds a port, but a CNAME has none");

    public static FindingCode ExternalNameUpperCase { get; } =
        Error("external-name-upper-case", "externalName has upper-case letters, which Kubernetes refuses");

    public static FindingCode ExternalNameNotHostName { get; } =
        Error("external-name-not-a-host-name", "externalName has characters that no host name has");

    public static FindingCode ExternalNameNumeric { get; } =
        Error("external-name-numeric", "externalName ends in a number, so programs take it for an address");

    public static FindingCode ExternalNameRelative { get; } =
        Warning("external-name-relative", "externalName is a short name, and DNS completes none");

    public static FindingCode ExternalNameTrailingDot { get; } =
        Info("external-name-trailing-dot", "externalName ends in a dot, which not every consumer understands");

    public static FindingCode ExternalNameInCluster { get; } =
        Warning("external-name-in-cluster", "externalName points back into the cluster");

    public static FindingCode ExternalNameMissingService { get; } =
        Error("external-name-missing-service", "externalName points to a Service that does not exist");

    public static FindingCode ExternalNameApiServer { get; } =
        Warning("external-name-api-server", "externalName points to the cluster's own API server");

    public static FindingCode ExternalNameLocalhost { get; } =
        Error("external-name-localhost", "externalName points every client to itself");

    public static FindingCode ExternalNameLoop { get; } =
        Error("external-name-loop", "The names point to each other in a circle");

    public static FindingCode ExternalNameChain { get; } =
        Warning("external-name-chain", "So many names point to one another that resolvers give up");

    public static FindingCode ExternalNameWildcardDns { get; } =
        Warning("external-name-wildcard-dns", "externalName belongs to a service that answers with any address written into the name");

    public static FindingCode ExternalNameHttp { get; } =
        Info("external-name-http", "Over HTTP an ExternalName changes the address only, not the Host header, links, cookies or certificates");

    public static FindingCode ExternalNamePortsIgnored { get; } =
        Info("external-name-ports-ignored", "Ports of an ExternalName Service have no effect: a CNAME maps none");

    public static FindingCode ExternalNameSelectorIgnored { get; } =
        Warning("external-name-selector-ignored", "An ExternalName Service has a selector, which nothing reads");

    public static FindingCode ExternalNameEndpointsIgnored { get; } =
        Warning("external-name-endpoints-ignored", "An ExternalName Service has endpoints, which nothing reads");
}
