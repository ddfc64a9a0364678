using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>What can be wrong with certificates.</summary>
public static class TlsFindingCodes
{
    /// <summary>The user's own certificate cannot be used.</summary>
    public static FindingCode CertificateUnusable { get; } =
        new("certificate-unusable", Severity.Error, FindingSource.Elsewhere, "The certificate in a Secret cannot be used: it is unreadable, lacks its key, or its time is not now.");

    /// <summary>The user's own certificate does not name all that clients dial.</summary>
    public static FindingCode CertificateNames { get; } =
        new("certificate-names", Severity.Warning, FindingSource.Elsewhere, "The certificate in a Secret does not name everything that the alias answers to.");

    /// <summary>The user's own certificate ends soon.</summary>
    public static FindingCode CertificateEnding { get; } =
        new("certificate-ending", Severity.Warning, FindingSource.Elsewhere, "The certificate in a Secret ends within two weeks.");

    /// <summary>An alias CA has a successor.</summary>
    public static FindingCode AliasCaFollowed { get; } =
        new("alias-ca-followed", Severity.Info, FindingSource.Elsewhere, "The alias CA is followed by another one, which clients have to trust by then.");

    /// <summary>The CAs or the client certificate for an origin cannot be used.</summary>
    public static FindingCode OriginTlsUnusable { get; } =
        new("origin-tls-unusable", Severity.Error, FindingSource.Elsewhere, "The CA certificates or the client certificate for an origin cannot be used.");
}
