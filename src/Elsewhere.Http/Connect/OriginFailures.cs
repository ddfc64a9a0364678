namespace Elsewhere.Http.Connect;

/// <summary>What a failure means to people.</summary>
public static class OriginFailures
{
    /// <summary>The end of a sentence that begins with the origin: <c>refuses connections</c>.</summary>
    public static string Explain(OriginFailure failure) => failure switch
    {
        OriginFailure.None => "is connected",
        OriginFailure.NoAddress => "has no address right now",
        OriginFailure.Denied => "has no address that may be dialled",
        OriginFailure.Refused => "refuses connections",
        OriginFailure.Unreachable => "cannot be reached from here",
        OriginFailure.TimedOut => "did not answer in time",
        OriginFailure.Exhausted => "was not dialled, since this machine has no descriptor or local port left",
        OriginFailure.Failed => "could not be connected to",
        OriginFailure.ProxyUnreachable => "could not be dialled: its proxy cannot be reached",
        OriginFailure.ProxyDenied => "could not be dialled: no address of its proxy may be dialled",
        OriginFailure.ProxyAuthenticationRequired => "could not be dialled: its proxy wants credentials",
        OriginFailure.ProxyRefused => "could not be dialled: its proxy refused",
        OriginFailure.ProxyGarbled => "could not be dialled: its proxy answered with something else than HTTP",
        OriginFailure.ProxyTimedOut => "could not be dialled: its proxy did not answer in time",
        OriginFailure.TlsUnusable => "was not dialled, since the certificates that the alias names for it cannot be used",
        OriginFailure.NotTls => "does not speak TLS at this port",
        OriginFailure.TlsCutOff => "ended the connection during the TLS handshake",
        OriginFailure.TlsTimedOut => "did not finish the TLS handshake in time",
        OriginFailure.TlsVersion => "speaks no version of TLS that is allowed",
        OriginFailure.TlsNameRefused => "does not know the name that it was asked for (SNI)",
        OriginFailure.TlsRefused => "refused the TLS handshake; perhaps it wants a client certificate",
        OriginFailure.ClientCertificateRequired => "wants a client certificate",
        OriginFailure.ClientCertificateRefused => "does not accept the client certificate",
        OriginFailure.CertificateExpired => "has a certificate that has expired",
        OriginFailure.CertificateNotYetValid => "has a certificate that is not valid yet",
        OriginFailure.CertificateWrongName => "has a certificate for other names",
        OriginFailure.CertificateUnknownIssuer => "has a certificate of a CA that is not trusted",
        OriginFailure.CertificateInvalid => "has a certificate that is not valid",
    };

    /// <summary>Whether it waited too long: 504 to an HTTP client, where the others are 502 (RFC 9110 section 15.6).</summary>
    public static bool IsTimeout(OriginFailure failure) => failure is OriginFailure.TimedOut or OriginFailure.ProxyTimedOut or OriginFailure.TlsTimedOut;

    /// <summary>Whether another try, perhaps at another address, may well succeed; what is a matter of settings or certificates will not.</summary>
    public static bool IsPassing(OriginFailure failure) => failure switch
    {
        OriginFailure.NoAddress or OriginFailure.Refused or OriginFailure.Unreachable or OriginFailure.TimedOut or OriginFailure.Exhausted or OriginFailure.Failed => true,
        OriginFailure.ProxyUnreachable or OriginFailure.ProxyTimedOut or OriginFailure.ProxyGarbled => true,
        OriginFailure.TlsCutOff or OriginFailure.TlsTimedOut => true,
        OriginFailure.None or OriginFailure.Denied or OriginFailure.ProxyDenied or OriginFailure.ProxyAuthenticationRequired or OriginFailure.ProxyRefused => false,
        OriginFailure.TlsUnusable or OriginFailure.NotTls or OriginFailure.TlsVersion or OriginFailure.TlsNameRefused or OriginFailure.TlsRefused => false,
        OriginFailure.ClientCertificateRequired or OriginFailure.ClientCertificateRefused => false,
        OriginFailure.CertificateExpired or OriginFailure.CertificateNotYetValid or OriginFailure.CertificateWrongName => false,
        OriginFailure.CertificateUnknownIssuer or OriginFailure.CertificateInvalid => false,
    };
}
