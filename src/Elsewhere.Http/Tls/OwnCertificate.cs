using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>The user's own certificate for an alias, read and checked.</summary>
internal sealed class OwnCertificate
{
    private static readonly TimeSpan soon = TimeSpan.FromDays(14);
    private readonly X509Certificate2 leaf;

    private OwnCertificate(X509Certificate2 leaf, SslServerAuthenticationOptions options)
    {
        (this.leaf, Options) = (leaf, options);
        (NotBefore, NotAfter) = Authority.Validity(leaf);
    }

    internal SslServerAuthenticationOptions Options { get; }

    /// <summary>Who has issued it, as a distinguished name.</summary>
    internal string Issuer => leaf.Issuer;

    internal DateTimeOffset NotBefore { get; }

    internal DateTimeOffset NotAfter { get; }

    /// <summary>Reads a Secret; null if it cannot be used at a time.</summary>
    /// <param name="text">The Secret.</param>
    /// <param name="now">The time.</param>
    /// <param name="why">What is wrong, as a sentence; null if nothing is.</param>
    internal static OwnCertificate? Read(TlsCertificate text, DateTimeOffset now, out string? why)
    {
        why = PemCertificate.Read(text, out var chain);
        if (why is not null)
            return null;
        try
        {
            // Offline: no issuer is fetched from, and no status asked of, an address that a certificate names.
            var own = new OwnCertificate(chain[0], ServerCertificates.OptionsFor(SslStreamCertificateContext.Create(chain[0], chain, offline: true)));
            // The framework reads some parts of a certificate only when they are used.
            _ = (own.leaf.Subject, own.leaf.Issuer, own.Covers("any.example"), own.leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().Sum(static use => use.EnhancedKeyUsages.Count));
            why = own.WhyNotNow(now);
            return why is null ? own : null;
        }
        catch (Exception e) when (e is CryptographicException or AuthenticationException or NotSupportedException)
        {
            why = "the certificate in tls.crt is malformed, or its key is of a kind that TLS does not use";
            return null;
        }
    }

    /// <summary>When there is something else to say about it.</summary>
    internal IEnumerable<DateTimeOffset> Times => [NotBefore, NotAfter - soon, NotAfter];

    internal bool IsValid(DateTimeOffset now) => NotBefore <= now && now < NotAfter;

    /// <summary>Whether it names what a client dialled.</summary>
    internal bool Covers(string name) => leaf.MatchesHostname(name, allowWildcards: true, allowCommonName: false);

    /// <summary>What is worth knowing of one that is served.</summary>
    internal IEnumerable<Finding> Findings(CertificateSubject subject, DateTimeOffset now)
    {
        var secret = $"Secret {subject.Own!.Secret.Namespace}/{subject.Own.Secret.Name}";
        if (IsValid(now) && NotAfter - now <= soon)
        {
            yield return TlsFindingCodes.CertificateEnding.On(subject.Declared, "", $"the certificate in {secret} ends at {Time(NotAfter)}",
                "renew it; the new one is served as soon as the Secret holds it", subject.Place);
        }

        var missing = Missing(subject);
        if (missing.Count > 0)
        {
            yield return TlsFindingCodes.CertificateNames.On(subject.Declared, "", $"the certificate in {secret} does not name {string.Join(", ", missing)}; "
                + "for those a certificate of the alias CA is served", "have it issued for these names too, or dial the alias by the names it has", subject.Place);
        }
    }

    /// <summary>The names of the alias that it does not have.</summary>
    internal Seq<string> Missing(CertificateSubject subject) => subject.Names.Select(static name => name.ToHostString()).Where(name => !Covers(name)).ToSeq();

    internal string? WhyNotNow(DateTimeOffset now) =>
        now < NotBefore ? $"tls.crt is not valid before {Time(NotBefore)}"
        : now >= NotAfter ? $"tls.crt has expired at {Time(NotAfter)}"
        : null;

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
