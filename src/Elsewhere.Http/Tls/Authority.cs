using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>One alias CA: an ECDSA P-256 key and the certificate that clients trust. Vouches for TLS servers only, with no CA below it.</summary>
public sealed class Authority
{
    /// <summary>How long a CA is good: three years.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(3 * 365);

    /// <summary>How long a leaf is good: thirty days. It is made again when it is needed, so a short life costs nothing.</summary>
    public static readonly TimeSpan LeafLife = TimeSpan.FromDays(30);

    /// <summary>How far back validity begins, for clients whose clock is slow.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private readonly ECDsa key;

    private Authority(ECDsa key, X509Certificate2 certificate, AuthorityScope scope)
    {
        (this.key, Certificate, Scope) = (key, certificate, scope);
        (NotBefore, NotAfter) = Validity(certificate);
    }

    /// <summary>The certificate, without the key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What it may vouch for.</summary>
    public AuthorityScope Scope { get; }

    /// <summary>SHA-256 of the certificate, as browsers and <c>openssl x509 -fingerprint -sha256</c> show it.</summary>
    public string Fingerprint => FingerprintOf(Certificate);

    /// <summary>From when it is good.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Until when it is good.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>From then on a successor is trusted beside it: half of its life.</summary>
    public DateTimeOffset SuccessorFrom => NotBefore + (Life / 2);

    /// <summary>From then on the successor signs: two thirds of its life. What started in between trusts both.</summary>
    public DateTimeOffset RetiredFrom => NotBefore + (Life * 2 / 3);

    /// <summary>Makes a new one.</summary>
    public static Authority Create(AuthorityScope scope, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // The name differs from that of every other one, so that a client that knows several finds the right one.
        var name = new X500DistinguishedName($"CN=Elsewhere alias CA {Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(scope.Encode());
        var certificate = request.Create(name, X509SignatureGenerator.CreateForECDsa(key), now - Skew, now - Skew + Life, Serial());
        return new Authority(key, certificate, scope);
    }

    /// <summary>Whether it is good at a time.</summary>
    public bool IsValid(DateTimeOffset now) => NotBefore <= now && now < NotAfter;

    /// <summary>A certificate with a new key for a server, good for <see cref="LeafLife"/> but never longer than the CA itself.</summary>
    /// <param name="label">What people see as its subject, 64 characters at most.</param>
    /// <param name="names">The names, all of which the scope permits.</param>
    /// <param name="addresses">The addresses, all of which the scope permits.</param>
    /// <param name="now">The time.</param>
    internal X509Certificate2 Issue(string label, IReadOnlyCollection<DnsName> names, IReadOnlyCollection<IPAddress> addresses, DateTimeOffset now)
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(label);
        var request = new CertificateRequest(subject.Build(), leafKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(AlternativeNames(names, addresses));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var notAfter = now - Skew + LeafLife;
        using var certificate = request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), Later(now - Skew, NotBefore), notAfter < NotAfter ? notAfter : NotAfter, Serial());
        return certificate.CopyWithPrivateKey(leafKey);
    }

    /// <summary>Key and certificate as PEM. Whoever has it can be any alias to the clients that trust it.</summary>
    internal string ToPem() => $"{key.ExportPkcs8PrivateKeyPem()}\n{Certificate.ExportCertificatePem()}\n";

    /// <summary>Reads what <see cref="ToPem"/> wrote.</summary>
    /// <exception cref="CryptographicException">It is no key and certificate that belong together, or the certificate is not one of these.</exception>
    internal static Authority FromPem(string keyPem, string certificatePem)
    {
        var certificate = X509Certificate2.CreateFromPem(certificatePem);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(keyPem);
            using var own = certificate.GetECDsaPublicKey();
            if (own is null || !own.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new CryptographicException("the key does not belong to the certificate");
            var scope = AuthorityScope.Decode(certificate) ?? throw new CryptographicException("the certificate has no name constraints");
            return new Authority(key, certificate, scope);
        }
        catch (Exception e) when (e is AsnContentException or ArgumentException)
        {
            throw new CryptographicException(e.Message, e);
        }
    }

    /// <summary>SHA-256 of a certificate.</summary>
    public static string FingerprintOf(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA256).Select(static octet => $"{octet:X2}"));
    }

    /// <summary>From when until when a certificate is good; the framework gives local times.</summary>
    public static (DateTimeOffset From, DateTimeOffset Until) Validity(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return (new DateTimeOffset(certificate.NotBefore.ToUniversalTime(), TimeSpan.Zero), new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero));
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    // RFC 5280 section 4.1.2.2: positive, at most 20 octets.
    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    // Written out here: the framework's builder puts names through IDNA, which refuses some that DNS has.
    private static X509Extension AlternativeNames(IReadOnlyCollection<DnsName> names, IReadOnlyCollection<IPAddress> addresses)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var name in names)
                writer.WriteCharacterString(UniversalTagNumber.IA5String, name.ToHostString(), new Asn1Tag(TagClass.ContextSpecific, 2));
            foreach (var address in addresses)
                writer.WriteOctetString(address.GetAddressBytes(), new Asn1Tag(TagClass.ContextSpecific, 7));
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }
}
