using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>Reads what a Secret of type <c>kubernetes.io/tls</c> holds.</summary>
internal static class PemCertificate
{
    /// <summary>Longer texts are no certificate chain: a chain of ten with RSA-8192 keys has 30 KiB.</summary>
    internal const int Limit = 1 << 20;

    /// <summary>The leaf with its key, and the certificates behind it.</summary>
    /// <param name="text">The Secret.</param>
    /// <param name="chain">Leaf first; empty if it cannot be used.</param>
    /// <returns>What is wrong, as a sentence that begins with the key of the Secret; null if nothing is.</returns>
    internal static string? Read(TlsCertificate text, out X509Certificate2Collection chain)
    {
        chain = [];
        if (text.Missing is not null)
            return text.Missing;
        if (text.Chain.Bytes.Count > Limit || text.PrivateKey.Bytes.Count > Limit)
            return "tls.crt or tls.key is longer than 1 MiB";
        try
        {
            chain.ImportFromPem(text.Chain.Reveal());
        }
        catch (CryptographicException)
        {
            chain.Clear();
            return "tls.crt cannot be read as PEM certificates";
        }

        if (chain.Count == 0)
            return "tls.crt holds no certificate (BEGIN CERTIFICATE)";
        try
        {
            using var bare = chain[0];
            chain[0] = WithKey(bare, text.PrivateKey.Reveal());
            return null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or NotSupportedException)
        {
            chain.Clear();
            return text.PrivateKey.Reveal().Contains("ENCRYPTED", StringComparison.Ordinal)
                ? "tls.key is encrypted, and nobody is there to type its password"
                : "tls.key is no PEM private key, or belongs to another certificate than the first one in tls.crt";
        }
    }

    private static X509Certificate2 WithKey(X509Certificate2 bare, string key)
    {
        var pem = bare.ExportCertificatePem();
        var withKey = X509Certificate2.CreateFromPem(pem, key);
        // Compared here, since the framework does so for some kinds of keys only.
        if (withKey.GetRSAPrivateKey() is { } rsa)
            Compare(rsa.ExportSubjectPublicKeyInfo(), bare);
        else if (withKey.GetECDsaPrivateKey() is { } ecdsa)
            Compare(ecdsa.ExportSubjectPublicKeyInfo(), bare);
        return withKey;
    }

    private static void Compare(byte[] own, X509Certificate2 certificate)
    {
        if (!own.AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo()))
            throw new CryptographicException("the key belongs to another certificate");
    }
}
