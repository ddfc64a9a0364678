namespace Elsewhere.Http.Connect;

/// <summary>Why there is no connection to an origin.</summary>
public enum OriginFailure
{
    /// <summary>There is one.</summary>
    None,

    /// <summary>Its name has no address right now.</summary>
    NoAddress,

    /// <summary>None of its addresses may be dialled.</summary>
    Denied,

    /// <summary>It refuses connections.</summary>
    Refused,

    /// <summary>There is no way to it.</summary>
    Unreachable,

    /// <summary>It did not answer in time.</summary>
    TimedOut,

    /// <summary>This machine has no descriptor or no local port left: no fault of the origin.</summary>
    Exhausted,

    /// <summary>Any other failure to connect.</summary>
    Failed,

    /// <summary>The proxy could not be reached.</summary>
    ProxyUnreachable,

    /// <summary>None of the proxy's addresses may be dialled.</summary>
    ProxyDenied,

    /// <summary>The proxy wants credentials (407).</summary>
    ProxyAuthenticationRequired,

    /// <summary>The proxy answered that it does not connect to the origin.</summary>
    ProxyRefused,

    /// <summary>The proxy's answer is no HTTP, or it ended the connection.</summary>
    ProxyGarbled,

    /// <summary>The proxy did not answer in time.</summary>
    ProxyTimedOut,

    /// <summary>The CAs or the client certificate of the alias cannot be used: nothing was dialled.</summary>
    TlsUnusable,

    /// <summary>What answers does not speak TLS.</summary>
    NotTls,

    /// <summary>The connection ended during the handshake.</summary>
    TlsCutOff,

    /// <summary>The handshake did not end in time.</summary>
    TlsTimedOut,

    /// <summary>Both sides have no version of TLS in common.</summary>
    TlsVersion,

    /// <summary>The origin does not know the name that it was asked for.</summary>
    TlsNameRefused,

    /// <summary>The origin refused the handshake. In TLS 1.2 this may mean that it wants a client certificate.</summary>
    TlsRefused,

    /// <summary>The origin wants a client certificate, and none is set.</summary>
    ClientCertificateRequired,

    /// <summary>The origin does not accept the client certificate.</summary>
    ClientCertificateRefused,

    /// <summary>The origin's certificate, or one that it rests on, has expired.</summary>
    CertificateExpired,

    /// <summary>The origin's certificate, or one that it rests on, is not valid yet: perhaps a clock is wrong.</summary>
    CertificateNotYetValid,

    /// <summary>The origin's certificate is for other names.</summary>
    CertificateWrongName,

    /// <summary>The origin's certificate was not issued by a CA that is trusted.</summary>
    CertificateUnknownIssuer,

    /// <summary>The origin's certificate is malformed, not for servers, wrongly signed, or breaks the constraints of its CA.</summary>
    CertificateInvalid,
}
