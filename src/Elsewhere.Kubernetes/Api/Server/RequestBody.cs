using System.Text;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;
using Elsewhere.Kubernetes.Validation;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>The bytes of a request's body, and the objects in them.</summary>
internal static class RequestBody
{
    /// <summary>The API server's limit of a request, in bytes.</summary>
    public const int Limit = ReadLimits.DocumentBytes;

    /// <summary>Reads the body.</summary>
    /// <exception cref="Problem">413.</exception>
    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (request.ContentLength > Limit)
            throw Problem.TooLarge(Limit);
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellation).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > Limit)
                throw Problem.TooLarge(Limit);
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    /// <summary>Reads an object of a kind.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">The request's header; empty is JSON.</param>
    /// <param name="kind">The kind that the path names.</param>
    /// <exception cref="Problem">400, 413 or 415.</exception>
    public static (Node Tree, IReadOnlyList<DuplicateKey> Duplicates) Parse(byte[] body, string contentType, ApiKind kind)
    {
        if (MediaOf(contentType) == MediaForm.Protobuf && FieldNumbers.Has(kind))
            return (FromProtobuf(body, kind), []);
        var read = MediaOf(contentType) switch
        {
            MediaForm.Json => ApiBody.ReadJson(body, kind),
            MediaForm.Yaml => ApiBody.Read(Encoding.UTF8.GetString(body), kind),
            _ => throw Unsupported(kind),
        };
        return read.Tree is { } tree ? (tree, read.Duplicates) : throw Problem.Of(read.Failure!, kind, "");
    }

    private static Node FromProtobuf(byte[] body, ApiKind kind)
    {
        var envelope = ProtobufEnvelope.Read(body);
        var error = envelope.Error;
        if (error is null && (envelope.Kind.Length > 0 && envelope.Kind != kind.Kind || envelope.ApiVersion.Length > 0 && envelope.ApiVersion != kind.ApiVersion))
            error = $"{envelope.Kind} in version {GoText.Quote(envelope.ApiVersion)} cannot be handled as a {kind.Kind}";
        var tree = error is null ? ProtobufDecoder.Decode(kind, envelope.Raw.Span, out error) : null;
        return tree ?? throw Problem.BadRequest($"the object provided is unrecognized (must be of type {kind.Kind}): {error}");
    }

    /// <summary>The form that a Content-Type names, or null.</summary>
    public static MediaForm? MediaOf(string contentType) => contentType.Split(';')[0].Trim() switch
    {
        "" or "application/json" => MediaForm.Json,
        "application/yaml" => MediaForm.Yaml,
        "application/vnd.kubernetes.protobuf" => MediaForm.Protobuf,
        _ => null,
    };

    /// <summary>The answer to a form that a kind is not taken in.</summary>
    public static Problem Unsupported(ApiKind kind) => new(new(415, "UnsupportedMediaType",
        $"the body of the request was in an unknown format - accepted media types include: application/json, application/yaml{(Patch.ApiPatch.IsBuiltIn(kind) ? ", application/vnd.kubernetes.protobuf" : "")}"));
}
