using static Elsewhere.Model.FindingCode;

namespace Elsewhere.Model;

/// <summary>This file: endpoints, slices, and their addresses.</summary>
internal static partial class FindingCodes
{
    public static FindingCode NoEndpoints { get; } =
        Error("no-endpoints", "The Service has no endpoints, so nothing answers");

    public static FindingCode EndpointsNotReady { get; } =
        Warning("endpoints-not-ready", "No endpoint is ready, so nothing answers");

    public static FindingCode EndpointsDeprecated { get; } =
        Warning("endpoints-deprecated", "Endpoints are deprecated; an EndpointSlice does the same and lasts");

    public static FindingCode EndpointsBesideSlices { get; } =
        Warning("endpoints-beside-slices", "The Service has Endpoints and hand-written EndpointSlices: both count, joined");

    public static FindingCode EndpointsSkipMirror { get; } =
        Warning("endpoints-skip-mirror", "A label keeps the Endpoints from becoming EndpointSlices, so nothing reads them");

    public static FindingCode EndpointsLeaderElection { get; } =
        Info("endpoints-leader-election", "The Endpoints are a lock of leader election and lead nowhere");

    public static FindingCode EndpointsWithoutService { get; } =
        Warning("endpoints-without-service", "There is no Service of the Endpoints' name, so nothing reads them");

    public static FindingCode EndpointsOfSelector { get; } =
        Warning("endpoints-of-selector", "The Service has a selector, so hand-written Endpoints are a controller's to overwrite and nothing mirrors them");

    public static FindingCode EndpointsTooMany { get; } =
        Warning("endpoints-too-many", "The Endpoints have more addresses than are mirrored");

    public static FindingCode EndpointReadyAndNotReady { get; } =
        Warning("endpoint-ready-and-not-ready", "An address is listed as ready and as not ready: it counts as not ready");

    public static FindingCode SliceWithoutServiceLabel { get; } =
        Error("slice-without-service-label", "The EndpointSlice does not say which Service it belongs to, so nothing reads it");

    public static FindingCode SliceWithoutService { get; } =
        Warning("slice-without-service", "The EndpointSlice names a Service that does not exist");

    public static FindingCode SliceFqdn { get; } =
        Error("slice-fqdn", "The EndpointSlice holds names, and nothing connects to those");

    public static FindingCode SliceFamilyUnreachable { get; } =
        Warning("slice-family-unreachable", "The Service has no address of the slice's family, so nothing leads to its endpoints");

    public static FindingCode SliceManagedByController { get; } =
        Warning("slice-managed-by-controller", "A hand-written EndpointSlice carries a controller's label: that controller deletes it");

    public static FindingCode SlicePortWithoutNumber { get; } =
        Warning("slice-port-without-number", "A port of the EndpointSlice has no number, so nothing connects to it");

    public static FindingCode SlicePortUnused { get; } =
        Info("slice-port-unused", "A port of the endpoints is joined to no port of the Service");

    public static FindingCode EndpointSecondAddress { get; } =
        Info("endpoint-second-address", "An endpoint has several addresses, and only the first is connected to");

    public static FindingCode EndpointTwice { get; } =
        Info("endpoint-twice", "An endpoint is listed twice: it counts once");

    public static FindingCode EndpointMetadataAddress { get; } =
        Error("endpoint-metadata-address", "The address is a cloud's metadata service, which hands out credentials");

    public static FindingCode EndpointNotDialled { get; } =
        Error("endpoint-not-dialled", "The address is one that no origin can have");

    public static FindingCode EndpointIsServiceAddress { get; } =
        Error("endpoint-is-service-address", "An endpoint's address is a Service's, and kube-proxy does not chain");

    public static FindingCode EndpointInServiceRange { get; } =
        Warning("endpoint-in-service-range", "An endpoint's address lies in the range of service addresses");

    public static FindingCode EndpointDocumentationAddress { get; } =
        Info("endpoint-documentation-address", "The address is one of those reserved for examples");
}
