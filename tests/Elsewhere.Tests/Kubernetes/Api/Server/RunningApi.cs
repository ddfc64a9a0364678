using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>An answer.</summary>
internal sealed record Answer(int Code, Node Body, string Text, IReadOnlyList<string> Warnings)
{
    public string Message => Body.Str("message");
}

/// <summary>The API of one test, on a port of its own, with the ranges of the recorded server.</summary>
internal sealed class RunningApi : IAsyncDisposable
{
    public const string Token = "a-token-for-tests-0123456789abcdef";
    private readonly X509Certificate2 certificate;
    private readonly ApiServer server;

    private RunningApi(ApiObjects objects, ApiServer server, X509Certificate2 certificate)
    {
        Objects = objects;
        this.server = server;
        this.certificate = certificate;
        Client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() } }) { BaseAddress = new Uri($"https://{server.EndPoint}") };
    }

    public ApiObjects Objects { get; }

    public HttpClient Client { get; }

    public static async Task<RunningApi> StartAsync(string? path = null, params string[] namespaces)
    {
        var objects = ApiObjects.Open(path, [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")], ReadOptions.Default, () => AddressBook.Empty, TimeProvider.System, out _);
        var api = await ServeAsync(objects);
        foreach (var name in namespaces)
            Assert.Equal(201, (await api.SendAsync("POST", "/api/v1/namespaces", $"{{\"metadata\":{{\"name\":\"{name}\"}}}}")).Code);
        return api;
    }

    /// <summary>Serves objects, which end with it.</summary>
    public static async Task<RunningApi> ServeAsync(ApiObjects objects)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return new RunningApi(objects, await ApiServer.StartAsync(objects, new(new(IPAddress.Loopback, 0), certificate, Token)), certificate);
    }

    public async Task<Answer> SendAsync(string method, string path, string? body = null, string? contentType = "application/json", string? accept = null, string? token = Token, string scheme = "Bearer")
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType is not null)
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue(scheme, token);
        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var warnings = response.Headers.TryGetValues("Warning", out var values)
            ? values.Select(static v => v["299 - \"".Length..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal)).ToList()
            : [];
        return new((int)response.StatusCode, JsonText.Read(text).Root ?? Node.Null(), text, warnings);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.DisposeAsync();
        await Objects.DisposeAsync();
        certificate.Dispose();
    }
}
