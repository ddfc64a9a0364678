using System.Security.Authentication;
using Elsewhere.Http.Connect;

namespace Elsewhere.Http.Tls;

/// <summary>
/// What went wrong on the wire. The framework hands on OpenSSL's error code as the HResult of the innermost exception; its text is for people and not looked at.
/// </summary>
internal static class TlsErrors
{
    // OpenSSL's packed error codes (ERR_PACK of openssl/err.h): the library in the upper bits, the reason in the lower 23; alerts are reasons from 1000 on.
    private const int LibraryShift = 23, SslLibrary = 20, ReasonMask = 0x7fffff, Alert = 1000;
    private const int UnsupportedProtocol = 258, WrongVersionNumber = 267, UnexpectedEof = 294, VersionTooLow = 396;

    /// <summary>Why a handshake failed, other than for the certificate that we saw.</summary>
    internal static OriginFailure OfHandshake(Exception e, bool hasClientCertificate) => Reason(e) switch
    {
        Alert + 70 or UnsupportedProtocol or VersionTooLow => OriginFailure.TlsVersion,
        Alert + 112 => OriginFailure.TlsNameRefused,
        Alert + 116 => OriginFailure.ClientCertificateRequired,
        (>= Alert + 42 and <= Alert + 46) or Alert + 48 or Alert + 49 when hasClientCertificate => OriginFailure.ClientCertificateRefused,
        WrongVersionNumber => OriginFailure.NotTls,
        UnexpectedEof => OriginFailure.TlsCutOff,
        not null => OriginFailure.TlsRefused,
        // What is no TLS record at all never comes to OpenSSL.
        null => e is AuthenticationException ? OriginFailure.NotTls : OriginFailure.TlsCutOff,
    };

    /// <summary>In TLS 1.3 the client is through with the handshake before the server has looked at its certificate: the verdict comes with the first read.</summary>
    internal static OriginFailure OfFirstRead(Exception e, bool hasClientCertificate) => Reason(e) switch
    {
        Alert + 116 => OriginFailure.ClientCertificateRequired,
        >= Alert + 40 and <= Alert + 49 when hasClientCertificate => OriginFailure.ClientCertificateRefused,
        _ => OriginFailure.None,
    };

    private static int? Reason(Exception e)
    {
        var innermost = e.GetBaseException();
        return innermost.HResult >> LibraryShift == SslLibrary ? innermost.HResult & ReasonMask : null;
    }
}
