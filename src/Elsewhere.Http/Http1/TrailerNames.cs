using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>Which fields may come behind a body.</summary>
internal static class TrailerNames
{
    /// <summary>
    /// Whether <paramref name="name"/> may be a trailer: not if it frames, routes, authenticates, modifies the request or says how to read
    /// the content (RFC 9110 section 6.5.1).
    /// </summary>
    internal static bool MayTrail(ReadOnlySpan<byte> name)
    {
        Span<byte> lower = stackalloc byte[24];
        if (name.Length > lower.Length)
            return true;
        _ = Ascii.ToLower(name, lower, out var length);
        var field = lower[..length];
        if (field.StartsWith("proxy-"u8) || field.StartsWith("if-"u8))
            return false;
        return !(field.SequenceEqual("content-length"u8) || field.SequenceEqual("transfer-encoding"u8) || field.SequenceEqual("host"u8)
            || field.SequenceEqual("connection"u8) || field.SequenceEqual("keep-alive"u8) || field.SequenceEqual("upgrade"u8) || field.SequenceEqual("te"u8)
            || field.SequenceEqual("trailer"u8) || field.SequenceEqual("expect"u8) || field.SequenceEqual("max-forwards"u8) || field.SequenceEqual("range"u8)
            || field.SequenceEqual("cache-control"u8) || field.SequenceEqual("pragma"u8) || field.SequenceEqual("authorization"u8) || field.SequenceEqual("cookie"u8)
            || field.SequenceEqual("content-encoding"u8) || field.SequenceEqual("content-type"u8) || field.SequenceEqual("content-range"u8)
            || field.SequenceEqual("content_length"u8) || field.SequenceEqual("transfer_encoding"u8) || field.SequenceEqual("set-cookie"u8));
    }
}
