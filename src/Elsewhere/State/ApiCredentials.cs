using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Elsewhere.State;

/// <summary>
/// What the embedded API and its clients know each other by: a certificate that the server signed itself, and a token. Both are made at the first start and
/// kept, so that a kubeconfig that somebody copied stays good.
/// </summary>
internal sealed class ApiCredentials : IDisposable
{
    private const string CertificateFile = "api.pem", TokenFile = "api.token", ConfigFile = "kubeconfig";
    private const int TokenBytes = 32;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650), Renewal = TimeSpan.FromDays(30);
    private static readonly string[] Names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    private readonly string directory;

    private ApiCredentials(string directory, X509Certificate2 certificate, string token) => (this.directory, Certificate, Token) = (directory, certificate, token);

    /// <summary>The server's certificate with its key.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <summary>What a client shows.</summary>
    internal string Token { get; }

    /// <summary>Where the kubeconfig is.</summary>
    internal string ConfigPath => PathOf(directory);

    /// <summary>Where the kubeconfig of a state directory is.</summary>
    internal static string PathOf(string directory) => Path.Combine(directory, ConfigFile);

    /// <summary>Reads what was kept, or makes it anew where it cannot be used.</summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="address">Where the API listens.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The disk is full or read-only.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there.</exception>
    internal static ApiCredentials Take(string directory, IPAddress address, TimeProvider time)
    {
        var certificateFile = Path.Combine(directory, CertificateFile);
        var tokenFile = Path.Combine(directory, TokenFile);
        var certificate = ReadCertificate(certificateFile);
        if (certificate is null || certificate.NotAfter.ToUniversalTime() < time.GetUtcNow() + Renewal || !Covers(certificate, address))
        {
            certificate?.Dispose();
            certificate = Make(address, time);
            AtomicFile.Write(certificateFile, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n"), AtomicFile.Private);
        }

        var token = ReadToken(tokenFile);
        if (token is null)
        {
            token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
            AtomicFile.Write(tokenFile, Encoding.ASCII.GetBytes(token + "\n"), AtomicFile.Private);
        }

        return new(directory, certificate, token);
    }

    /// <summary>Writes the kubeconfig, readable by this user alone.</summary>
    /// <param name="server">Where a client on this machine reaches the API.</param>
    internal void WriteConfig(IPEndPoint server)
    {
        var content = Encoding.UTF8.GetBytes(Config(server));
        // One that says the same serves as well, also where the disk is full.
        if (!Holds(ConfigPath, content))
            AtomicFile.Write(ConfigPath, content, AtomicFile.Private);
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private string Config(IPEndPoint server) => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: elsewhere
          cluster:
            server: https://{server}
            certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(Certificate.ExportCertificatePem()))}
        users:
        - name: elsewhere
          user:
            token: {Token}
        contexts:
        - name: elsewhere
          context:
            cluster: elsewhere
            user: elsewhere
            namespace: default
        current-context: elsewhere

        """;

    private static bool Holds(string path, byte[] content)
    {
        try
        {
            return File.Exists(path) && (OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == AtomicFile.Private) && content.AsSpan().SequenceEqual(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static X509Certificate2? ReadCertificate(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? ReadToken(string path)
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            return token.Length >= TokenBytes && token.All(char.IsAsciiLetterOrDigit) ? token : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Covers(X509Certificate2 certificate, IPAddress address) => certificate.Extensions
        .OfType<X509SubjectAlternativeNameExtension>().SelectMany(static names => names.EnumerateIPAddresses()).Contains(address);

    private static X509Certificate2 Make(IPAddress address, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=elsewhere-api", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in Names)
            names.AddDnsName(name);
        foreach (var own in (HashSet<IPAddress>)[IPAddress.Loopback, IPAddress.IPv6Loopback, address])
            names.AddIpAddress(own);
        request.CertificateExtensions.Add(names.Build());
        // It stands in the kubeconfig as the only authority, and signs nobody but itself.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        return request.CreateSelfSigned(time.GetUtcNow().AddDays(-1), time.GetUtcNow() + Lifetime);
    }
}
