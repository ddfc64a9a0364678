using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Tls;

/// <summary>Somebody else's CA: a public one, a company's, or an origin's.</summary>
internal sealed class TestCa
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2? issuer;

    internal TestCa(string name = "Test CA", TestCa? parent = null)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        issuer = parent?.Certificate;
        Certificate = parent is null
            ? request.CreateSelfSigned(now.AddYears(-10), now.AddYears(10))
            : request.Create(parent.Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(parent.key), now.AddYears(-10), now.AddYears(10), [1, 2, 3]);
    }

    internal X509Certificate2 Certificate { get; }

    internal string Pem => Certificate.ExportCertificatePem() + "\n";

    internal SecretBytes Bundle => SecretBytes.Of(Pem);

    /// <summary>What a ConfigMap gives that holds it.</summary>
    internal CaBundle Ca => CaOf(Pem);

    /// <summary>What a ConfigMap gives that holds a text.</summary>
    internal static CaBundle CaOf(string pem) => new("shop", new KeyReference(ReferenceKind.ConfigMap, "ca", "ca.crt"), SecretBytes.Of(pem));

    /// <summary>A leaf for names and addresses, with its key.</summary>
    internal X509Certificate2 Issue(string[] names, DateTimeOffset? from = null, DateTimeOffset? until = null, bool client = false, RSA? rsa = null)
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedName($"CN={(names.Length > 0 ? names[0] : "nobody")}");
        var request = rsa is null ? new CertificateRequest(subject, leafKey, HashAlgorithmName.SHA256) : new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                if (IPText.TryParse(name, out IPAddress? address))
                    alternatives.AddIpAddress(address);
                else
                    alternatives.AddDnsName(name);
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(client ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")], false));
        var now = TimeProvider.System.GetUtcNow();
        using var bare = request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from ?? now.AddDays(-1), until ?? now.AddDays(30), RandomNumberGenerator.GetBytes(12));
        return rsa is null ? bare.CopyWithPrivateKey(leafKey) : bare.CopyWithPrivateKey(rsa);
    }

    /// <summary>A Secret of type <c>kubernetes.io/tls</c>.</summary>
    internal TlsCertificate Secret(X509Certificate2 leaf, string name = "tls") => new(
        new ObjectKey("shop", name),
        SecretBytes.Of(leaf.ExportCertificatePem() + "\n" + (issuer is null ? "" : Pem)),
        SecretBytes.Of(leaf.GetECDsaPrivateKey()?.ExportPkcs8PrivateKeyPem() ?? leaf.GetRSAPrivateKey()!.ExportRSAPrivateKeyPem()));

    /// <summary>A Secret with a leaf for names.</summary>
    internal TlsCertificate Secret(params string[] names) => Secret(Issue(names));
}
