using static Elsewhere.Model.FindingCode;

namespace Elsewhere.Model;

/// <summary>What Resolve finds: Kubernetes accepts all of it. This file: Services, their addresses, ports, and namespaces.</summary>
internal static partial class FindingCodes
{
    public static FindingCode NamespaceShadowsDomain { get; } =
        Warning("namespace-shadows-domain", "A namespace is named like a top-level domain, so its Services answer for names on the internet");

    public static FindingCode ServiceWithSelector { get; } =
        Info("service-with-selector", "The Service selects Pods, and nobody runs Pods here: only hand-written endpoints count");

    public static FindingCode ServiceTypeAsClusterIP { get; } =
        Info("service-type-as-clusterip", "A Service of type NodePort or LoadBalancer is served as ClusterIP here");

    public static FindingCode ServiceAddressTaken { get; } =
        Error("service-address-taken", "The clusterIP that the Service asks for belongs to another one");

    public static FindingCode ServiceAddressUnusable { get; } =
        Error("service-address-unusable", "The clusterIP is an address that no Service can have");

    public static FindingCode ServiceAddressOutsideRange { get; } =
        Warning("service-address-outside-range", "The clusterIP lies outside the ranges of service addresses, so this machine may not have it");

    public static FindingCode ServiceAddressIsDns { get; } =
        Warning("service-address-is-dns", "The clusterIP is the one that cluster DNS answers at");

    public static FindingCode ServiceRangeExhausted { get; } =
        Error("service-range-exhausted", "No free service address is left");

    public static FindingCode ServiceFamilyMissing { get; } =
        Error("service-family-missing", "The Service needs an address of a family that has no range");

    public static FindingCode SessionAffinityIgnored { get; } =
        Warning("session-affinity-ignored", "Session affinity is set where nothing can keep it");

    public static FindingCode ExternalIPsIgnored { get; } =
        Warning("external-ips-ignored", "externalIPs are not served here");

    public static FindingCode PortNameMismatch { get; } =
        Error("port-name-mismatch", "A port of the Service and the endpoints' ports have different names, so it leads nowhere");

    public static FindingCode PortProtocolMismatch { get; } =
        Error("port-protocol-mismatch", "A port of the Service and the endpoints' port of that name have different protocols, so it leads nowhere");

    public static FindingCode TargetPortIgnored { get; } =
        Warning("target-port-ignored", "targetPort has no effect: without a selector the endpoint's own port counts");

    public static FindingCode HeadlessPortNotMapped { get; } =
        Warning("headless-port-not-mapped", "A headless Service maps no ports, but its port differs from the endpoint's");

    public static FindingCode SctpNotRelayed { get; } =
        Warning("sctp-not-relayed", "An SCTP port is in DNS only; nothing relays it here");
}
