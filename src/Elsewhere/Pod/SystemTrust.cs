namespace Elsewhere.Pod;

/// <summary>The system's trust store as one file of PEM certificates.</summary>
internal static class SystemTrust
{
    // Where distributions keep it: Debian and its kin, Fedora and RHEL, openSUSE, RHEL's older place, Alpine and macOS.
    private static readonly string[] places =
    [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ];

    /// <summary>Its content; empty on a system that has none.</summary>
    internal static byte[] Read()
    {
        foreach (var place in places)
        {
            try
            {
                return File.ReadAllBytes(place);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next place.
            }
        }

        return [];
    }
}
