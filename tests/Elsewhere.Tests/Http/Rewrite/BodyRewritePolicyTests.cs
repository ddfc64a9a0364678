using System.Text;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class BodyRewritePolicyTests
{
    [Theory]
    [InlineData("text/html", BodyKind.Html)]
    [InlineData("Text/HTML; Charset=\"UTF-8\"", BodyKind.Html)]
    [InlineData("application/xhtml+xml", BodyKind.Html)]
    [InlineData("application/vnd.pypi.simple.v1+html", BodyKind.Html)]
    [InlineData("text/css", BodyKind.Css)]
    [InlineData("application/javascript", BodyKind.JavaScript)]
    [InlineData("text/javascript;charset=utf-8", BodyKind.JavaScript)]
    [InlineData("application/json", BodyKind.Json)]
    [InlineData("application/x-ndjson", BodyKind.Json)]
    [InlineData("application/manifest+json", BodyKind.Json)]
    [InlineData("application/xml", BodyKind.Xml)]
    [InlineData("text/xml", BodyKind.Xml)]
    [InlineData("image/svg+xml", BodyKind.Xml)]
    [InlineData("application/rss+xml", BodyKind.Xml)]
    [InlineData("text/plain", BodyKind.Text)]
    [InlineData("text/csv", BodyKind.Text)]
    [InlineData("text/markdown", BodyKind.Text)]
    [InlineData("application/vnd.apple.mpegurl", BodyKind.Text)]
    [InlineData("audio/x-mpegurl", BodyKind.Text)]
    [InlineData("application/vnd.oai.openapi+yaml;version=3.1", BodyKind.Text)]
    [InlineData("application/geo+json-seq", BodyKind.Json)]
    [InlineData("application/x-ns-proxy-autoconfig", BodyKind.JavaScript)]
    [InlineData("text/event-stream", BodyKind.EventStream)]
    public void Text_is_mapped(string type, BodyKind kind)
    {
        var decision = Decide(type);
        Assert.Equal(BodyVerdict.Rewrite, decision.Verdict);
        Assert.Equal(kind, decision.Text!.Kind);
        Assert.True(decision.MayChange);
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("image/png")]
    [InlineData("application/pdf")]
    [InlineData("application/zip")]
    [InlineData("application/gzip")]
    [InlineData("application/wasm")]
    [InlineData("font/woff2")]
    [InlineData("video/mp4")]
    [InlineData("application/grpc")]
    [InlineData("application/grpc-web-text+proto")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip")]
    [InlineData("application/jwt")]
    [InlineData("application/x-git-upload-pack-result")]
    [InlineData("multipart/byteranges; boundary=x")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/msgpack")]
    [InlineData("application/cbor")]
    [InlineData("text")]
    [InlineData("application/vnd.docker.distribution.manifest.v2+json")]
    [InlineData("application/vnd.docker.container.image.v1+json")]
    [InlineData("application/vnd.oci.image.index.v1+json")]
    [InlineData("application/vnd.oci.image.config.v1+json")]
    public void R13_binary_is_never_touched(string type)
    {
        var decision = Decide(type);
        Assert.Equal(BodyVerdict.Binary, decision.Verdict);
        Assert.Null(decision.Text);
        Assert.False(decision.MayChange);
    }

    [Theory]
    [InlineData("utf-8", BodyVerdict.Rewrite)]
    [InlineData("UTF-8", BodyVerdict.Rewrite)]
    [InlineData("us-ascii", BodyVerdict.Rewrite)]
    [InlineData("iso-8859-1", BodyVerdict.Rewrite)]
    [InlineData("windows-1252", BodyVerdict.Rewrite)]
    [InlineData("koi8-r", BodyVerdict.Rewrite)]
    [InlineData("euc-jp", BodyVerdict.Rewrite)]
    [InlineData("Shift_JIS", BodyVerdict.Rewrite)]
    [InlineData("gb18030", BodyVerdict.Rewrite)]
    [InlineData("gb2312", BodyVerdict.Rewrite)]
    [InlineData("cp1250", BodyVerdict.Rewrite)]
    [InlineData("latin2", BodyVerdict.Rewrite)]
    [InlineData("csISO58GB231280", BodyVerdict.Rewrite)]
    [InlineData("cp932", BodyVerdict.Rewrite)]
    [InlineData("utf8mb4", BodyVerdict.Rewrite)]
    [InlineData("windows-874", BodyVerdict.Rewrite)]
    [InlineData("x-mac-cyrillic", BodyVerdict.Rewrite)]
    [InlineData("utf16le", BodyVerdict.CharsetNotAscii)]
    [InlineData("csISO2022JP", BodyVerdict.CharsetNotAscii)]
    [InlineData("unicodeFFFE", BodyVerdict.CharsetNotAscii)]
    [InlineData("utf-16", BodyVerdict.CharsetNotAscii)]
    [InlineData("UTF-16LE", BodyVerdict.CharsetNotAscii)]
    [InlineData("utf-16be", BodyVerdict.CharsetNotAscii)]
    [InlineData("utf-32", BodyVerdict.CharsetNotAscii)]
    [InlineData("ucs-2", BodyVerdict.CharsetNotAscii)]
    [InlineData("iso-2022-jp", BodyVerdict.CharsetNotAscii)]
    [InlineData("utf-7", BodyVerdict.CharsetNotAscii)]
    [InlineData("x-martian", BodyVerdict.CharsetUnknown)]
    public void R6_only_supersets_of_ascii_are_mapped(string charset, BodyVerdict verdict)
    {
        Assert.Equal(verdict, Decide($"text/html; charset={charset}").Verdict);
        Assert.Equal(verdict, Decide($"text/html; x=y; CHARSET='{charset}'; z").Verdict);
    }

    [Fact]
    public void R6_a_second_line_of_the_field_is_no_part_of_the_charset() =>
        Assert.Equal(BodyVerdict.Rewrite, Decide("text/html; charset=utf-8, text/html; charset=utf-8").Verdict);

    [Fact]
    public void R6_charsets_whose_letters_may_be_trail_bytes_are_known()
    {
        Assert.True(Decide("text/html; charset=shift_jis").Text!.LettersMayBeTrailBytes);
        Assert.False(Decide("text/html; charset=utf-8").Text!.LettersMayBeTrailBytes);
    }

    [Fact]
    public void Without_a_type_nothing_is_guessed() => Assert.Equal(BodyVerdict.NoContentType, Decide("").Verdict);

    [Theory]
    [InlineData("no-transform")]
    [InlineData("public, No-Transform , max-age=1")]
    public void R9_no_transform_is_obeyed_on_either_side(string cacheControl)
    {
        Assert.Equal(BodyVerdict.NoTransform, BodyRewritePolicy.Decide(new ResponseFacts { ContentType = "text/html"u8, CacheControl = Bytes(cacheControl) }).Verdict);
        Assert.Equal(BodyVerdict.NoTransform, BodyRewritePolicy.Decide(new ResponseFacts { ContentType = "text/html"u8, RequestCacheControl = Bytes(cacheControl) }).Verdict);
    }

    [Fact]
    public void A_directive_that_only_contains_no_transform_is_another()
    {
        Assert.Equal(BodyVerdict.Rewrite, BodyRewritePolicy.Decide(new ResponseFacts { ContentType = "text/html"u8, CacheControl = "x-no-transform"u8 }).Verdict);
    }

    [Fact]
    public void R8_a_part_is_never_mapped_unless_it_is_opaque()
    {
        Assert.Equal(BodyVerdict.PartialContent, BodyRewritePolicy.Decide(new ResponseFacts { Status = 206, ContentType = "text/html"u8 }).Verdict);
        Assert.Equal(BodyVerdict.PartialContent, BodyRewritePolicy.Decide(new ResponseFacts { ContentRange = "bytes 0-1/2"u8, ContentType = "text/html"u8 }).Verdict);
        Assert.Equal(BodyVerdict.Binary, BodyRewritePolicy.Decide(new ResponseFacts { Status = 206, ContentType = "image/png"u8 }).Verdict);
        Assert.Equal(BodyVerdict.Binary, BodyRewritePolicy.Decide(new ResponseFacts { Status = 206, ContentType = "multipart/byteranges"u8 }).Verdict);
    }

    [Theory]
    [InlineData("", new ContentCoding[0])]
    [InlineData("identity", new ContentCoding[0])]
    [InlineData("gzip", new[] { ContentCoding.Gzip })]
    [InlineData("X-GZIP", new[] { ContentCoding.Gzip })]
    [InlineData("deflate", new[] { ContentCoding.Deflate })]
    [InlineData("br", new[] { ContentCoding.Brotli })]
    [InlineData("gzip, br", new[] { ContentCoding.Gzip, ContentCoding.Brotli })]
    public void R3_known_codings_are_undone(string field, ContentCoding[] codings)
    {
        var decision = BodyRewritePolicy.Decide(new ResponseFacts { ContentType = "text/html"u8, ContentEncoding = Bytes(field) });
        Assert.Equal(BodyVerdict.Rewrite, decision.Verdict);
        Assert.Equal(codings.ToSeq(), decision.Codings);
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, zstd")]
    [InlineData("compress")]
    [InlineData("dcb")]
    [InlineData("dcz")]
    [InlineData("aes128gcm")]
    [InlineData("gzip, gzip, gzip")]
    public void R3_a_body_in_another_coding_passes_untouched(string field) =>
        Assert.Equal(BodyVerdict.UnknownCoding, BodyRewritePolicy.Decide(new ResponseFacts { ContentType = "text/html"u8, ContentEncoding = Bytes(field) }).Verdict);

    [Theory]
    [InlineData(100)]
    [InlineData(103)]
    [InlineData(204)]
    [InlineData(304)]
    public void R7_no_body_no_mapping(int status) =>
        Assert.Equal(BodyVerdict.NoBody, BodyRewritePolicy.Decide(new ResponseFacts { Status = status, ContentType = "text/html"u8 }).Verdict);

    [Fact]
    public void R2_head_describes_what_get_would_send()
    {
        var decision = BodyRewritePolicy.Decide(new ResponseFacts { IsHead = true, ContentType = "text/html"u8 });
        Assert.Equal(BodyVerdict.HeadOfRewritten, decision.Verdict);
        Assert.True(decision.MayChange);
        Assert.Equal(BodyVerdict.Binary, BodyRewritePolicy.Decide(new ResponseFacts { IsHead = true, ContentType = "image/png"u8 }).Verdict);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(500)]
    public void Error_pages_are_mapped_too(int status) =>
        Assert.Equal(BodyVerdict.Rewrite, BodyRewritePolicy.Decide(new ResponseFacts { Status = status, ContentType = "text/html"u8 }).Verdict);

    [Theory]
    [InlineData("", false, null)]
    [InlineData("gzip, br", false, null)]
    [InlineData("gzip, br", true, ContentCoding.Gzip)]
    [InlineData("br", true, ContentCoding.Brotli)]
    [InlineData("gzip;q=0, br;q=0.1", true, ContentCoding.Brotli)]
    [InlineData("identity;q=0, deflate", false, ContentCoding.Deflate)]
    [InlineData("*;q=0, gzip", false, ContentCoding.Gzip)]
    [InlineData("identity;Q=0, br;Q=0, gzip;q=0.5", false, ContentCoding.Gzip)]
    [InlineData("zstd", true, null)]
    public void R3_the_client_gets_a_coding_that_it_takes(string accept, bool preferCoded, ContentCoding? coding) =>
        Assert.Equal(coding, AcceptEncoding.ForClient(Bytes(accept), preferCoded));

    private static BodyDecision Decide(string type) => BodyRewritePolicy.Decide(new ResponseFacts { ContentType = Bytes(type) });

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
