using System.Diagnostics.CodeAnalysis;
using System.Text;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.OpenApi;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>What the API says about itself.</summary>
internal sealed class Documents
{
    private readonly byte[] version = Json("""
        {"major":"1","minor":"36","emulationMajor":"1","emulationMinor":"36","minCompatibilityMajor":"1","minCompatibilityMinor":"35","gitVersion":"v1.36.0+elsewhere","gitCommit":"","gitTreeState":"","buildDate":"1970-01-01T00:00:00Z","goVersion":"","compiler":"dotnet","platform":"linux/amd64"}
        """);

    /// <summary>Whether anybody may read a path.</summary>
    public static bool IsPublic(string path) => path is "/version" or "/version/" || Health(path);

    /// <summary>Whether a group has a version.</summary>
    public static bool IsServed(string group, string version) => ApiResource.Shown.Any(r => r.Kind.Group == group && r.Kind.Group.Length > 0 && r.Kind.Version == version);

    /// <summary>Whether objects of a kind can be written as protobuf.</summary>
    public static bool HasProtobuf(ApiKind kind) => FieldNumbers.Has(kind);

    /// <summary>The options in a DELETE's body; null if there are none.</summary>
    /// <exception cref="Problem">400.</exception>
    public static Node? DeleteOptions(byte[] body, string contentType)
    {
        if (body.Length == 0)
            return null;
        if (RequestBody.MediaOf(contentType) == MediaForm.Yaml)
            return YamlReader.ReadFirst(Encoding.UTF8.GetString(body))?.Root;
        var read = JsonText.Read(body);
        return read.Root ?? throw Problem.BadRequest($"couldn't get version/kind; json parse error: {read.Error}");
    }

    /// <summary>Answers a request for a document.</summary>
    public async Task AnswerAsync(HttpContext context, string path)
    {
        if (Health(path))
        {
            var check = path.Split('/') is [_, var name] && context.Request.Query.ContainsKey("verbose") ? $"[+]ping ok\n{name} check passed\n" : "ok";
            await WriteAsync(context, 200, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(check)).ConfigureAwait(false);
            return;
        }

        if (path.StartsWith("/openapi/", StringComparison.Ordinal))
        {
            await OpenApiAsync(context, path).ConfigureAwait(false);
            return;
        }

        var aggregated = ApiDiscovery.AggregatedVersion(context.Request.Headers.Accept.ToString());
        if (path.TrimEnd('/') is "/api" or "/apis" && aggregated is not null)
        {
            await WriteAsync(context, 200, ApiDiscovery.ContentType(aggregated), Bytes(ApiDiscovery.All(path.TrimEnd('/') == "/api", aggregated))).ConfigureAwait(false);
            return;
        }

        var document = path.TrimEnd('/') switch
        {
            "" => Encoding.UTF8.GetBytes(ApiDiscovery.Paths()),
            "/version" => version,
            "/api" => Bytes(ApiDiscovery.Versions(context.Request.Host.Value ?? "")),
            "/apis" => Bytes(ApiDiscovery.Groups()),
            _ => path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
            {
                ["api", var v] => Bytes(ApiDiscovery.Resources("", v)),
                ["apis", var group] => Bytes(ApiDiscovery.Group(group)),
                ["apis", var group, var v] => Bytes(ApiDiscovery.Resources(group, v)),
                _ => null,
            },
        };
        if (document is null)
            await WriteAsync(context, 404, "text/plain; charset=utf-8", "404 page not found\n"u8.ToArray()).ConfigureAwait(false);
        else if (context.Request.Method is not "GET")
            throw Problem.NoMethod();
        else
            await WriteAsync(context, 200, "application/json", document).ConfigureAwait(false);
    }

    // Clients keep these for as long as their hash stays.
    private static async Task OpenApiAsync(HttpContext context, string path)
    {
        const string protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
        var asProtobuf = context.Request.Headers.Accept.ToString().Contains(protobuf, StringComparison.Ordinal);
        var (document, type) = path switch
        {
            "/openapi/v2" => asProtobuf ? (OpenApiDocuments.V2Protobuf, OpenApiDocuments.V2ProtobufType) : (OpenApiDocuments.V2Json, "application/json"),
            "/openapi/v3" => (OpenApiDocuments.Index, "application/json"),
            _ when path.StartsWith("/openapi/v3/", StringComparison.Ordinal) => (OpenApiDocuments.V3(path["/openapi/v3/".Length..]), "application/json"),
            _ => (null, ""),
        };
        if (document is null)
        {
            await WriteAsync(context, 404, "text/plain; charset=utf-8", "404 page not found\n"u8.ToArray()).ConfigureAwait(false);
            return;
        }

        var tag = $"\"{OpenApiDocuments.HashOf(document)}\"";
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
            context.Response.StatusCode = 304;
        else
            await WriteAsync(context, 200, type, document).ConfigureAwait(false);
    }

    private static bool Health(string path) => path.Split('/') is ["", "healthz" or "readyz" or "livez", ..];

    [return: NotNullIfNotNull(nameof(document))]
    private static byte[]? Bytes(Node? document) => document is null ? null : Encoding.UTF8.GetBytes(document.ToString());

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);

    private static async Task WriteAsync(HttpContext context, int code, string contentType, byte[] body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
