using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>A certificate of its own making, P-256 as the gateway's, in the files that the peers read.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Key">Its key.</param>
/// <param name="Both">Both in one.</param>
internal sealed record PemPair(string Certificate, string Key, string Both)
{
    public static async Task<PemPair> CreateAsync(string directory, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        var pair = new PemPair(Path.Combine(directory, "certificate.pem"), Path.Combine(directory, "key.pem"), Path.Combine(directory, "both.pem"));
        await File.WriteAllTextAsync(pair.Certificate, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(pair.Key, key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(pair.Both, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return pair;
    }
}
