using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>A content coding that can be undone and applied as a stream (RFC 9110 section 8.4.1).</summary>
public enum ContentCoding
{
    /// <summary>gzip (RFC 1952), also called x-gzip; several members one after the other are one body.</summary>
    Gzip,

    /// <summary>deflate: zlib (RFC 1950), and the bare stream (RFC 1951) that some servers send under this name.</summary>
    Deflate,

    /// <summary>br (RFC 7932).</summary>
    Brotli,
}

/// <summary>Names of content codings.</summary>
public static class ContentCodings
{
    /// <summary>Reads one name, in any case. zstd, compress and the dictionary codings are not among them.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out ContentCoding coding)
    {
        coding = ContentCoding.Gzip;
        if (Ascii.EqualsIgnoreCase(name, "gzip"u8) || Ascii.EqualsIgnoreCase(name, "x-gzip"u8))
            return true;
        coding = ContentCoding.Deflate;
        if (Ascii.EqualsIgnoreCase(name, "deflate"u8))
            return true;
        coding = ContentCoding.Brotli;
        return Ascii.EqualsIgnoreCase(name, "br"u8);
    }

    /// <summary>The name that a header field carries.</summary>
    public static ReadOnlySpan<byte> NameOf(ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => "gzip"u8,
        ContentCoding.Deflate => "deflate"u8,
        ContentCoding.Brotli => "br"u8,
    };
}
