using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Connect;

namespace Elsewhere.Http.Tls;

/// <summary>Verifies the certificate of one connection, and remembers what was wrong.</summary>
/// <param name="serverName">The name or address it must be for.</param>
/// <param name="verify">Whether it matters.</param>
/// <param name="roots">Who is trusted; null for the system's trust store.</param>
/// <param name="now">The time.</param>
internal sealed class OriginVerification(string serverName, bool verify, X509Certificate2Collection? roots, DateTimeOffset now)
{
    private const int MostNames = 8;

    internal OriginFailure Failure { get; private set; }

    internal string Detail { get; private set; } = "";

    /// <summary>Whether it is accepted; the framework has built the chain with the policy it was given, and its own opinion on names is not asked for.</summary>
    internal bool Check(X509Certificate? certificate, X509Chain? chain)
    {
        if (!verify)
            return true;
        try
        {
            (Failure, Detail) = certificate is X509Certificate2 leaf && chain is not null ? Judge(leaf, chain) : (OriginFailure.CertificateInvalid, "it shows no certificate");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            (Failure, Detail) = (OriginFailure.CertificateInvalid, "its certificate is malformed");
        }

        return Failure == OriginFailure.None;
    }

    private (OriginFailure Failure, string Detail) Judge(X509Certificate2 leaf, X509Chain chain)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status);
        // Whoever is named as a CA is trusted, also one that another CA has signed.
        if (roots is not null && chain.ChainElements is [.., var last] && roots.Any(root => root.RawDataMemory.Span.SequenceEqual(last.Certificate.RawDataMemory.Span)))
            status &= ~(X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot);
        if (status.HasFlag(X509ChainStatusFlags.NotTimeValid))
            return Untimely(chain);
        if ((status & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot)) != 0)
            return (OriginFailure.CertificateUnknownIssuer, $"its certificate was issued by {chain.ChainElements[^1].Certificate.Issuer}");
        if (status != X509ChainStatusFlags.NoError)
            return (OriginFailure.CertificateInvalid, $"its certificate is not valid: {status}");
        // RFC 9525 section 6.3: the subject's common name does not count.
        return leaf.MatchesHostname(serverName, allowWildcards: true, allowCommonName: false)
            ? (OriginFailure.None, "")
            : (OriginFailure.CertificateWrongName, $"its certificate is for {Names(leaf)}, not for {serverName}");
    }

    private (OriginFailure Failure, string Detail) Untimely(X509Chain chain)
    {
        foreach (var element in chain.ChainElements)
        {
            var (from, until) = Authority.Validity(element.Certificate);
            var whose = element == chain.ChainElements[0] ? "its certificate" : $"the certificate of {element.Certificate.Subject}";
            if (now < from)
                return (OriginFailure.CertificateNotYetValid, $"{whose} is valid from {Time(from)}, and here it is {Time(now)}");
            if (now > until)
                return (OriginFailure.CertificateExpired, $"{whose} has expired at {Time(until)}, and here it is {Time(now)}");
        }

        return (OriginFailure.CertificateInvalid, "the validity of its certificate cannot be read");
    }

    private static string Names(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(static extension => extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(static address => address.ToString())))
            .Take(MostNames + 1)
            .ToArray();
        return names.Length switch
        {
            0 => "no name at all",
            > MostNames => $"{string.Join(", ", names.Take(MostNames))} and more",
            _ => string.Join(", ", names),
        };
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
