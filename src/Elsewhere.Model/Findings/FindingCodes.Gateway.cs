using static Elsewhere.Model.FindingCode;

namespace Elsewhere.Model;

/// <summary>This file: the HTTP gateway.</summary>
internal static partial class FindingCodes
{
    public static FindingCode GatewayAnnotationIgnored { get; } =
        Warning("gateway-annotation-ignored", "The annotation elsewhere.dev/gateway has no effect on this Service");

    public static FindingCode GatewayExternalNamePorts { get; } =
        Info("gateway-external-name-ports", "Behind the gateway an external name has the ports that it lists, or 80 and 443; a CNAME had all of the target's");

    public static FindingCode GatewayEndpointCertificate { get; } =
        Warning("gateway-endpoint-certificate", "An endpoint that is dialled by TLS needs a certificate for its address");

    public static FindingCode GatewayReferenceMissing { get; } =
        Error("gateway-reference-missing", "A Secret or ConfigMap that the Alias refers to is not there");

    public static FindingCode GatewayHeaderValue { get; } =
        Error("gateway-header-value", "The value of a request header cannot be sent");

    public static FindingCode GatewayTlsUnverified { get; } =
        Warning("gateway-tls-unverified", "The origin's certificate is not verified: anybody on the way can read and change everything");

    public static FindingCode GatewayOriginNotHttp { get; } =
        Warning("gateway-origin-not-http", "An origin beside HTTP origins speaks no HTTP, so nothing leads to it");

    public static FindingCode OriginNotAllowed { get; } =
        Error("origin-not-allowed", "No AliasPolicy that speaks about the namespace allows the origin");

    public static FindingCode AliasPolicyInvalid { get; } =
        Error("alias-policy-invalid", "An AliasPolicy cannot be read as it was meant, so it allows nothing");

    public static FindingCode AliasPolicySelectsNothing { get; } =
        Warning("alias-policy-selects-nothing", "No namespace that an AliasPolicy names exists, so it binds nobody");
}
