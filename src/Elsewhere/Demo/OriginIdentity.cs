using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Elsewhere.Demo;

/// <summary>The certificate of the demo's origin, for its real name only, and the CA that signed it. Made anew each time, kept nowhere.</summary>
internal sealed class OriginIdentity : IDisposable
{
    private static readonly TimeSpan skew = TimeSpan.FromMinutes(5), life = TimeSpan.FromDays(1);

    private OriginIdentity(X509Certificate2 authority, X509Certificate2 leaf) => (Authority, Leaf) = (authority, leaf);

    /// <summary>The CA, without its key.</summary>
    internal X509Certificate2 Authority { get; }

    /// <summary>The certificate with its key.</summary>
    internal X509Certificate2 Leaf { get; }

    internal static OriginIdentity Create(DateTimeOffset now)
    {
        var (from, until) = (now - skew, now + life);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Demo origin's CA", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authorityRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authorityRequest.PublicKey, false));
        using var authority = authorityRequest.CreateSelfSigned(from, until);

        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={DemoPlace.OriginName}", leafKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(DemoPlace.OriginName);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, from, until, RandomNumberGenerator.GetBytes(16));
        using var withKey = signed.CopyWithPrivateKey(leafKey);
        // A key of its own that the TLS library of any system takes.
        return new OriginIdentity(
            X509CertificateLoader.LoadCertificate(authority.RawData), X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Authority.Dispose();
        Leaf.Dispose();
    }
}
