using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Elsewhere.Http.Tls;

/// <summary>A certificate of an alias CA, in memory only: a restart makes another.</summary>
internal sealed class Leaf
{
    private readonly DateTimeOffset notBefore, notAfter, renewAt;

    private Leaf(Authority signer, X509Certificate2 certificate)
    {
        Signer = signer;
        // One context for all connections: it holds the keys of the session tickets.
        Options = ServerCertificates.OptionsFor(SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true));
        (notBefore, notAfter) = Authority.Validity(certificate);
        renewAt = notBefore + ((notAfter - notBefore) * 2 / 3);
    }

    internal Authority Signer { get; }

    internal DateTimeOffset NotBefore => notBefore;

    internal DateTimeOffset NotAfter => notAfter;

    internal SslServerAuthenticationOptions Options { get; }

    internal static Leaf Issue(Authority signer, CertificateSubject subject, DateTimeOffset now) => new(
        signer,
        signer.Issue(subject.Alias.Name, [.. subject.Names.Where(signer.Scope.Permits)], [.. subject.Addresses.Where(signer.Scope.Permits)], now));

    internal bool IsValid(DateTimeOffset now) => notBefore <= now && now < notAfter;

    /// <summary>Whether it is in the first two thirds of its life. One from the future, made before the clock was turned back, is not.</summary>
    internal bool IsFresh(DateTimeOffset now) => notBefore <= now && now < renewAt;
}
