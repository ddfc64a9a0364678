using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>Reads a Content-Type (RFC 9110 section 8.3.1).</summary>
internal static class MediaType
{
    /// <summary>The type without its parameters, spaces trimmed.</summary>
    internal static ReadOnlySpan<byte> EssenceOf(ReadOnlySpan<byte> contentType)
    {
        var end = contentType.IndexOfAny((byte)';', (byte)',');
        return (end < 0 ? contentType : contentType[..end]).Trim(" \t"u8);
    }

    /// <summary>The value of the first parameter <c>charset</c>, quotes removed; empty if there is none. A comma ends it: another line of the field follows.</summary>
    internal static ReadOnlySpan<byte> CharsetOf(ReadOnlySpan<byte> contentType)
    {
        while (contentType.IndexOf((byte)';') is var semicolon and >= 0)
        {
            contentType = contentType[(semicolon + 1)..].TrimStart(" \t"u8);
            if (contentType.Length < 8 || !Ascii.EqualsIgnoreCase(contentType[..8], "charset="u8))
                continue;
            var value = contentType[8..];
            var end = value.IndexOfAny((byte)';', (byte)',');
            return (end < 0 ? value : value[..end]).Trim(" \t\"'"u8);
        }

        return default;
    }

    /// <summary>What kind of text a media type is; null if it is none whose URLs can be mapped.</summary>
    internal static BodyKind? KindOf(ReadOnlySpan<byte> essence)
    {
        Span<char> lower = stackalloc char[128];
        if (essence.Length > lower.Length || !Ascii.IsValid(essence))
            return null;
        _ = Ascii.ToLower(essence, lower, out var length);
        var type = lower[..length];
        if (IsNamedByChecksum(type))
            return null;
        if (type.EndsWith("+json") || type.EndsWith("+json-seq"))
            return BodyKind.Json;
        if (type is "application/xhtml+xml" || type.EndsWith("+html"))
            return BodyKind.Html;
        if (type.EndsWith("+xml"))
            return BodyKind.Xml;
        if (type.EndsWith("+yaml"))
            return BodyKind.Text;
        return type switch
        {
            "text/html" => BodyKind.Html,
            "text/css" => BodyKind.Css,
            "text/javascript" or "application/javascript" or "application/x-javascript" or "text/ecmascript" or "application/ecmascript"
                or "application/x-ns-proxy-autoconfig" => BodyKind.JavaScript,
            "application/json" or "text/json" or "application/json-seq" or "application/x-ndjson" or "application/jsonl" or "application/ndjson"
                or "application/importmap" or "application/json5" => BodyKind.Json,
            "text/xml" or "application/xml" or "application/xml-dtd" or "application/xml-external-parsed-entity" => BodyKind.Xml,
            "text/event-stream" => BodyKind.EventStream,
            "application/x-www-form-urlencoded" or "application/yaml" or "application/x-yaml" or "application/toml" or "application/vnd.apple.mpegurl"
                or "application/x-mpegurl" or "audio/mpegurl" or "audio/x-mpegurl" or "application/graphql" or "application/x-sh"
                or "application/vnd.oai.openapi" or "application/vnd.yaml" => BodyKind.Text,
            _ => type.StartsWith("text/") ? BodyKind.Text : null,
        };
    }
    // A container image's manifests and configurations are asked for by the SHA-256 of their bytes (OCI Distribution, "Pulling manifests").
    private static bool IsNamedByChecksum(ReadOnlySpan<char> type) =>
        type.StartsWith("application/vnd.oci.image.") || type.StartsWith("application/vnd.oci.artifact.")
        || type.StartsWith("application/vnd.docker.distribution.manifest.") || type.StartsWith("application/vnd.docker.container.image.");
}
