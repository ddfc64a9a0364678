using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>What to do with one field line.</summary>
/// <param name="value">Its value as it came, one line of it.</param>
/// <param name="rules">The alias' rules.</param>
/// <param name="exchange">The request and response it belongs to.</param>
/// <param name="output">Gets the new value, if the verdict is <see cref="HeaderVerdict.Replaced"/>.</param>
public delegate HeaderVerdict HeaderRule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output);

/// <summary>The rules for header fields, by name. A field that has none goes on as it came. Pure; any engine can drive them.</summary>
public static class HeaderRules
{
    private static readonly FrozenDictionary<string, HeaderRule> Requests = new Dictionary<string, HeaderRule>(StringComparer.OrdinalIgnoreCase)
    {
        ["Host"] = RequestHeaders.Host,
        ["Origin"] = RequestHeaders.Origin,
        ["Referer"] = RequestHeaders.Url,
        ["Ping-From"] = RequestHeaders.Url,
        ["Ping-To"] = RequestHeaders.Url,
        ["Destination"] = RequestHeaders.Destination,
        ["If"] = RequestHeaders.WebDavIf,
        ["Cookie"] = RequestHeaders.Cookie,
        ["If-Match"] = EntityTags.RestoreRule,
        ["If-None-Match"] = EntityTags.RestoreRule,
        ["If-Range"] = EntityTags.RestoreRule,
        ["Range"] = RequestHeaders.Range,
        ["Accept-Encoding"] = AcceptEncoding.Rule,
        ["Available-Dictionary"] = RequestHeaders.DropForBodies,
        ["Dictionary-ID"] = RequestHeaders.DropForBodies,
        ["Want-Content-Digest"] = RequestHeaders.DropForBodies,
        ["Want-Repr-Digest"] = RequestHeaders.DropForBodies,
        ["Want-Digest"] = RequestHeaders.DropForBodies,
        ["Forwarded"] = ForwardedHeaders.Forwarded,
        ["X-Forwarded-Host"] = ForwardedHeaders.Host,
        ["X-Forwarded-Server"] = ForwardedHeaders.Host,
        ["X-Original-Host"] = ForwardedHeaders.Host,
        ["X-Forwarded-Proto"] = ForwardedHeaders.Proto,
        ["X-Forwarded-Scheme"] = ForwardedHeaders.Proto,
        ["X-Scheme"] = ForwardedHeaders.Proto,
        ["X-Forwarded-Ssl"] = ForwardedHeaders.Ssl,
        ["X-Forwarded-Port"] = ForwardedHeaders.Port,
        ["X-Forwarded-Prefix"] = ForwardedHeaders.Prefix,
        ["X-Forwarded-For"] = ForwardedHeaders.For,
        ["X-Real-IP"] = ForwardedHeaders.For,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, HeaderRule> Responses = new Dictionary<string, HeaderRule>(StringComparer.OrdinalIgnoreCase)
    {
        ["Location"] = ResponseHeaders.Reference,
        ["Content-Location"] = ResponseHeaders.Reference,
        ["URI"] = ResponseHeaders.Uri,
        ["SourceMap"] = ResponseHeaders.Reference,
        ["X-SourceMap"] = ResponseHeaders.Reference,
        ["Service-Worker-Allowed"] = ResponseHeaders.Reference,
        ["Operation-Location"] = ResponseHeaders.Reference,
        ["Azure-AsyncOperation"] = ResponseHeaders.Reference,
        ["OData-EntityId"] = ResponseHeaders.Reference,
        ["X-Pingback"] = ResponseHeaders.Reference,
        ["Refresh"] = ResponseHeaders.Refresh,
        ["Link"] = ResponseHeaders.Link,
        ["Set-Cookie"] = SetCookie.Rule,
        ["Content-Base"] = ResponseHeaders.Reference,
        ["Redirect-Ref"] = ResponseHeaders.Reference,
        ["X-Goog-Upload-URL"] = ResponseHeaders.Reference,
        ["X-Goog-Upload-Control-URL"] = ResponseHeaders.Reference,
        ["HX-Redirect"] = ResponseHeaders.Reference,
        ["HX-Push-Url"] = ResponseHeaders.Reference,
        ["HX-Replace-Url"] = ResponseHeaders.Reference,
        ["HX-Location"] = ResponseHeaders.AnyUrls,
        ["Turbolinks-Location"] = ResponseHeaders.Reference,
        ["X-Inertia-Location"] = ResponseHeaders.Reference,
        ["X-PJAX-URL"] = ResponseHeaders.Reference,
        ["X-Up-Location"] = ResponseHeaders.Reference,
        ["Link-Template"] = ResponseHeaders.Link,
        ["Access-Control-Allow-Origin"] = ResponseHeaders.AllowOrigin,
        ["Timing-Allow-Origin"] = ResponseHeaders.Origins,
        ["X-Frame-Options"] = ResponseHeaders.AnyUrls,
        ["Content-Security-Policy"] = ContentSecurityPolicy.Rule,
        ["Content-Security-Policy-Report-Only"] = ContentSecurityPolicy.Rule,
        ["X-Content-Security-Policy"] = ContentSecurityPolicy.Rule,
        ["X-WebKit-CSP"] = ContentSecurityPolicy.Rule,
        ["Permissions-Policy"] = ResponseHeaders.AnyUrls,
        ["Permissions-Policy-Report-Only"] = ResponseHeaders.AnyUrls,
        ["Feature-Policy"] = ResponseHeaders.AnyUrls,
        ["Speculation-Rules"] = ResponseHeaders.AnyUrls,
        ["X-XSS-Protection"] = ResponseHeaders.AnyUrls,
        ["P3P"] = ResponseHeaders.AnyUrls,
        ["Report-To"] = ResponseHeaders.AnyUrls,
        ["Reporting-Endpoints"] = ResponseHeaders.AnyUrls,
        ["NEL"] = ResponseHeaders.AnyUrls,
        ["Expect-CT"] = ResponseHeaders.Drop,
        ["Public-Key-Pins"] = ResponseHeaders.Drop,
        ["Public-Key-Pins-Report-Only"] = ResponseHeaders.Drop,
        ["Alt-Svc"] = ResponseHeaders.AltSvc,
        ["Alternate-Protocol"] = ResponseHeaders.Drop,
        ["Strict-Transport-Security"] = ResponseHeaders.StrictTransportSecurity,
        ["WWW-Authenticate"] = Challenges.Rule,
        ["Authentication-Info"] = ResponseHeaders.AnyUrls,
        ["ETag"] = EntityTags.MarkRule,
        ["Content-Length"] = ResponseHeaders.DropIfBodyMayChange,
        ["Digest"] = ResponseHeaders.DropIfBodyMayChange,
        ["Content-Digest"] = ResponseHeaders.DropIfBodyMayChange,
        ["Repr-Digest"] = ResponseHeaders.DropIfBodyMayChange,
        ["Content-MD5"] = ResponseHeaders.DropIfBodyMayChange,
        ["Signature"] = ResponseHeaders.DropIfBodyMayChange,
        ["Signature-Input"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Goog-Hash"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Amz-Checksum-Crc32"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Amz-Checksum-Crc32c"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Amz-Checksum-Crc64nvme"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Amz-Checksum-Sha1"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Amz-Checksum-Sha256"] = ResponseHeaders.DropIfBodyMayChange,
        ["X-Uncompressed-Content-Length"] = ResponseHeaders.DropIfBodyMayChange,
        ["Integrity-Policy"] = ResponseHeaders.DropIfBodyMayChange,
        ["Integrity-Policy-Report-Only"] = ResponseHeaders.DropIfBodyMayChange,
        ["Use-As-Dictionary"] = ResponseHeaders.DropIfBodyMayChange,
        ["Accept-Ranges"] = ResponseHeaders.AcceptRanges,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, HeaderRule>.AlternateLookup<ReadOnlySpan<char>> RequestsByText =
        Requests.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly FrozenDictionary<string, HeaderRule>.AlternateLookup<ReadOnlySpan<char>> ResponsesByText =
        Responses.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The names of request fields that have a rule.</summary>
    public static IEnumerable<string> RequestNames => Requests.Keys;

    /// <summary>The names of response fields that have a rule.</summary>
    public static IEnumerable<string> ResponseNames => Responses.Keys;

    /// <summary>The rule for a request field, or null if it goes on as it came.</summary>
    public static HeaderRule? ForRequest(string name) => Requests.GetValueOrDefault(name);

    /// <summary>The rule for a response field, or null if it goes on as it came.</summary>
    public static HeaderRule? ForResponse(string name) => Responses.GetValueOrDefault(name);

    /// <summary>The rule for a request field whose name is still in the bytes that came.</summary>
    public static HeaderRule? ForRequest(ReadOnlySpan<byte> name) => Find(RequestsByText, name);

    /// <summary>The rule for a response field whose name is still in the bytes that came.</summary>
    public static HeaderRule? ForResponse(ReadOnlySpan<byte> name) => Find(ResponsesByText, name);

    private static HeaderRule? Find(FrozenDictionary<string, HeaderRule>.AlternateLookup<ReadOnlySpan<char>> rules, ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[48];
        return name.Length <= text.Length && Ascii.ToUtf16(name, text, out var length) == OperationStatus.Done
            && rules.TryGetValue(text[..length], out var rule) ? rule : null;
    }
}
