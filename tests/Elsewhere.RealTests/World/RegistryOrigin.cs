using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Elsewhere.RealTests.World;

/// <summary>A container registry (docker-registry) in the internet that sends its clients to a token server of another name.</summary>
internal static class RegistryOrigin
{
    /// <summary>The registry.</summary>
    public const string Registry = "registry.example.test";

    /// <summary>Who gives out tokens for it; an Apache with one file.</summary>
    public const string Token = "token.example.test";

    /// <summary>The registry's address.</summary>
    public const string Address = "203.0.113.22";

    private static readonly Lazy<Task<Running>> instance = new(StartAsync);

    /// <summary>Starts both, once; they end with the internet.</summary>
    public static Task TheAsync() => instance.Value;

    private static async Task<Running> StartAsync()
    {
        await ApacheOrigin.TheAsync();
        var directory = Directory.CreateDirectory(Path.Combine(Janitor.Directory, "registry")).FullName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=token", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
        await File.WriteAllTextAsync(Path.Combine(directory, "token.pem"), certificate.ExportCertificatePem() + "\n");
        await File.WriteAllTextAsync(Path.Combine(ApacheOrigin.TokenFiles, "token"), $$"""{"token":"{{Sign(key, certificate, now)}}"}""");
        await File.WriteAllTextAsync(
            Path.Combine(directory, "registry.yml"),
            $$"""
            version: 0.1
            log: { accesslog: { disabled: true }, level: error }
            storage: { filesystem: { rootdirectory: {{directory}}/data } }
            http: { addr: "{{Address}}:80", host: "http://{{Registry}}" }
            auth: { token: { realm: "http://{{Token}}/token", service: registry, issuer: issuer, rootcertbundle: {{directory}}/token.pem } }
            """);
        var server = new Running(["ip", "netns", "exec", Internet.Name, "docker-registry", "serve", $"{directory}/registry.yml"], Environs.Host);
        await Eventually.OutputAsync(
            () => Shell.RunAsync(["ip", "netns", "exec", Internet.Name, "curl", "-s", $"http://{Address}/v2/"], Environs.Host), done => done.ExitCode == 0);
        return server;
    }

    // A JSON Web Token as the Docker Registry v2 token specification wants it, for one repository.
    private static string Sign(ECDsa key, X509Certificate2 certificate, DateTimeOffset now)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(new { typ = "JWT", alg = "ES256", x5c = new[] { Convert.ToBase64String(certificate.RawData) } });
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            iss = "issuer",
            sub = "me",
            aud = "registry",
            exp = now.AddHours(12).ToUnixTimeSeconds(),
            nbf = now.AddMinutes(-1).ToUnixTimeSeconds(),
            iat = now.ToUnixTimeSeconds(),
            jti = "1",
            access = new[] { new { type = "repository", name = "shop/app", actions = new[] { "pull", "push" } } },
        });
        var signed = $"{Base64Url.EncodeToString(head)}.{Base64Url.EncodeToString(body)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }
}
