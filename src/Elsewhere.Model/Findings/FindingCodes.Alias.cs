using static Elsewhere.Model.FindingCode;

namespace Elsewhere.Model;

/// <summary>This file: Alias resources.</summary>
internal static partial class FindingCodes
{
    public static FindingCode AliasNameTaken { get; } =
        Error("alias-name-taken", "A Service has the Alias's name, and the Service counts");

    public static FindingCode AliasDrained { get; } =
        Error("alias-drained", "Every origin of the Alias has weight 0, so it leads nowhere");

    public static FindingCode AliasPortWithoutOrigin { get; } =
        Error("alias-port-without-origin", "No origin of the Alias speaks the protocol of a port");

    public static FindingCode AliasPortScheme { get; } =
        Warning("alias-port-scheme", "A port for plain HTTP leads to an origin that speaks TLS, or the other way round");

    public static FindingCode AliasHttpRelayed { get; } =
        Info("alias-http-relayed", "An HTTP origin is relayed as bytes: Host header, links, cookies and certificates stay as they are");

    public static FindingCode AliasExternalNameLosesPort { get; } =
        Warning("alias-external-name-loses-port", "The origin's URL has a port or a path, which a CNAME cannot carry");

    public static FindingCode AliasCertificateIgnored { get; } =
        Warning("alias-certificate-ignored", "A certificate for clients is named, but the Alias does not speak TLS to them");

    public static FindingCode AliasHostnamesIgnored { get; } =
        Info("alias-hostnames-ignored", "hostnames are for the gateway; in this mode nothing answers to them");
}
