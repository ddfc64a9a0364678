using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Elsewhere.Http.Connect;
using Elsewhere.Model;

namespace Elsewhere.Http.Tls;

/// <summary>
/// How TLS is spoken to one origin, read once and used for every connection. The origin is always asked for, and verified against, its own name, whatever
/// the client dialled.
/// </summary>
public sealed class OriginTlsClient
{
    private readonly OriginTls settings;
    private readonly X509Certificate2Collection? roots;
    private readonly SslStreamCertificateContext? clientCertificate;

    private OriginTlsClient(OriginTls settings, X509Certificate2Collection? roots, SslStreamCertificateContext? clientCertificate, bool isUsable, string? problem)
    {
        (this.settings, this.roots, this.clientCertificate, IsUsable, Problem) = (settings, roots, clientCertificate, isUsable, problem);
        ServerName = settings.ServerName.TrimEnd('.');
    }

    /// <summary>The name or address that is verified, without a trailing dot; a name is sent as SNI, an address is not (RFC 6066 section 3).</summary>
    public string ServerName { get; }

    /// <summary>What is wrong with the settings, as a sentence; null if nothing is.</summary>
    public string? Problem { get; }

    /// <summary>Whether it can be used at all.</summary>
    internal bool IsUsable { get; }

    /// <summary>Whether we show a client certificate.</summary>
    internal bool HasClientCertificate => clientCertificate is not null;

    /// <summary>Reads the settings. What cannot be used is replaced by what was good before.</summary>
    /// <param name="settings">The origin's.</param>
    /// <param name="before">What served this origin before by what the same references led to then (<see cref="OriginTls.WithoutContents"/>); null for nothing.</param>
    public static OriginTlsClient Create(OriginTls settings, OriginTlsClient? before = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var rootProblem = ReadRoots(settings.CaCertificates, out var roots);
        var clientProblem = ReadClient(settings.ClientCertificate, out var client);
        if ((rootProblem ?? clientProblem) is not { } problem)
            return new OriginTlsClient(settings, roots, client, isUsable: true, problem: null);
        return before is { IsUsable: true }
            ? new OriginTlsClient(
                settings, rootProblem is null ? roots : before.roots, clientProblem is null ? client : before.clientCertificate, isUsable: true, problem)
            : new OriginTlsClient(settings, null, null, isUsable: false, problem);
    }

    /// <summary>What is to be said about the settings.</summary>
    /// <param name="about">The alias.</param>
    /// <param name="field">The field that holds the origin.</param>
    /// <param name="place">Where it was written.</param>
    public IEnumerable<Finding> Findings(ObjectRef about, string field, SourcePlace? place)
    {
        if (Problem is not null)
        {
            yield return TlsFindingCodes.OriginTlsUnusable.On(about, field, $"{ServerName}: {Problem}; what was good before is used meanwhile, and if there is nothing the origin is not dialled",
                "correct the object that it names", place);
        }
    }

    /// <summary>Speaks TLS on a connection.</summary>
    /// <param name="transport">The connection; closed with the stream, and if it fails.</param>
    /// <param name="protocols">What may be spoken inside (ALPN), best first.</param>
    /// <param name="time">The clock that certificates are held against.</param>
    /// <param name="cancellation">Ends the try.</param>
    /// <returns>The stream, or why there is none.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal async Task<(OriginTlsStream? Stream, OriginFailure Failure, string Detail)> AuthenticateAsync(
        Stream transport, IReadOnlyList<SslApplicationProtocol> protocols, TimeProvider time, CancellationToken cancellation)
    {
        var verification = new OriginVerification(ServerName, settings.Verify, roots, time.GetUtcNow());
        var stream = new OriginTlsStream(transport, HasClientCertificate);
        try
        {
            await stream.AuthenticateAsClientAsync(Options(verification, protocols, time), cancellation).ConfigureAwait(false);
            return (stream, OriginFailure.None, "");
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            return verification.Failure != OriginFailure.None ? (null, verification.Failure, verification.Detail) : (null, TlsErrors.OfHandshake(e, HasClientCertificate), "");
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private SslClientAuthenticationOptions Options(OriginVerification verification, IReadOnlyList<SslApplicationProtocol> protocols, TimeProvider time) => new()
    {
        TargetHost = ServerName,
        ApplicationProtocols = [.. protocols],
        EnabledSslProtocols = settings.Minimum == TlsMinimum.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateContext = clientCertificate,
        AllowRenegotiation = false,
        CertificateChainPolicy = Policy(time),
        RemoteCertificateValidationCallback = (_, certificate, chain, _) => verification.Check(certificate, chain),
    };

    private X509ChainPolicy Policy(TimeProvider time)
    {
        var policy = new X509ChainPolicy
        {
            // No CRL and no OCSP: most CAs publish none that is worth waiting for, a browser's lists are not to be had, and an address named by a certificate
            // that is not trusted yet is none to dial.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = time.GetUtcNow().LocalDateTime,
        };
        if (roots is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }

    private static string? ReadRoots(CaBundle? bundle, out X509Certificate2Collection? roots)
    {
        roots = null;
        if (bundle is null)
            return null;
        roots = [];
        if (bundle.Missing is not null)
            return bundle.Missing;
        if (bundle.Certificates.Bytes.Count > PemCertificate.Limit)
            return $"{bundle}: {bundle.Reference.Key} is longer than 1 MiB";
        try
        {
            roots.ImportFromPem(bundle.Certificates.Reveal());
            return roots.Count > 0 ? null : $"{bundle}: {bundle.Reference.Key} holds no certificate (BEGIN CERTIFICATE)";
        }
        catch (CryptographicException)
        {
            return $"{bundle}: {bundle.Reference.Key} cannot be read as PEM certificates";
        }
    }

    private static string? ReadClient(TlsCertificate? text, out SslStreamCertificateContext? context)
    {
        context = null;
        if (text is null)
            return null;
        var secret = $"Secret {text.Secret.Namespace}/{text.Secret.Name}";
        if (PemCertificate.Read(text, out var chain) is { } why)
            return $"{secret}: {why}";
        try
        {
            context = SslStreamCertificateContext.Create(chain[0], chain, offline: true);
            return null;
        }
        catch (Exception e) when (e is CryptographicException or AuthenticationException or NotSupportedException)
        {
            return $"{secret}: the certificate in tls.crt is malformed, or its key is of a kind that TLS does not use";
        }
    }
}
