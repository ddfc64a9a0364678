namespace Elsewhere.Http.Http1;

/// <summary>What a refusal says: the status, the stable code, and a sentence with the rule behind it.</summary>
internal readonly record struct Http1RefusalText(int Status, string Code, string Detail)
{
    /// <summary>The reason phrase of a status that refusals have.</summary>
    public string Title => Status switch
    {
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Bad Request",
    };

    /// <summary>The text of <paramref name="refusal"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="refusal"/> is <see cref="Http1Refusal.None"/>.</exception>
    public static Http1RefusalText Of(Http1Refusal refusal) => refusal switch
    {
        Http1Refusal.None => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "nothing was refused"),
        Http1Refusal.NotHttp => new(400, "request-not-http", "What was sent does not begin like an HTTP request."),
        Http1Refusal.TlsOnPlainPort => new(400, "request-tls-on-http-port", "TLS was spoken to a port that speaks plain HTTP; use http:// or the https port."),
        Http1Refusal.PlainOnTlsPort => new(400, "request-http-on-https-port", "Plain HTTP was spoken to a port that speaks TLS; use https:// or the http port."),
        Http1Refusal.EmptyLines => new(400, "request-empty-lines", "More than one empty line came before the request line (RFC 9112 section 2.2)."),
        Http1Refusal.BareLineFeed => new(400, "request-bare-lf", "A line ends with LF alone instead of CR LF (RFC 9112 section 2.2)."),
        Http1Refusal.BareCarriageReturn => new(400, "request-bare-cr", "A CR is not followed by LF (RFC 9112 section 2.2)."),
        Http1Refusal.ControlByte => new(400, "request-control-byte", "A line holds a control character (RFC 9110 section 5.5)."),
        Http1Refusal.RequestLineMalformed => new(400, "request-line-malformed", "The request line is not method, target and version, each divided by one space (RFC 9112 section 3)."),
        Http1Refusal.MethodMalformed => new(400, "request-method-malformed", "The method is not a token of at most 32 characters (RFC 9110 section 9.1)."),
        Http1Refusal.MethodRefused => new(405, "request-method-refused", "CONNECT and TRACE are not for a gateway (RFC 9110 sections 9.3.6 and 9.3.8)."),
        Http1Refusal.TargetMalformed => new(400, "request-target-malformed", "The target is none of the forms of RFC 9112 section 3.2, or holds a byte that no URL has."),
        Http1Refusal.TargetTooLong => new(414, "request-target-too-long", "The request line is longer than allowed."),
        Http1Refusal.VersionMalformed => new(400, "request-version-malformed", "The version is not written HTTP/1.1 (RFC 9112 section 2.3)."),
        Http1Refusal.VersionUnsupported => new(505, "request-version-unsupported", "This port speaks HTTP/1.1 and HTTP/1.0."),
        Http1Refusal.HeadTooLarge => new(431, "request-head-too-large", "The header fields together are longer than allowed."),
        Http1Refusal.TooManyFields => new(431, "request-too-many-fields", "There are more header fields than allowed."),
        Http1Refusal.FieldWithoutColon => new(400, "request-field-without-colon", "A header line has no colon (RFC 9112 section 5)."),
        Http1Refusal.FieldNameMalformed => new(400, "request-field-name-malformed", "A header name is no token, or imitates a field that frames the body (RFC 9110 section 5.1)."),
        Http1Refusal.SpaceBeforeColon => new(400, "request-space-before-colon", "There is a space between a header name and its colon (RFC 9112 section 5.1)."),
        Http1Refusal.FoldedLine => new(400, "request-folded-line", "A header line begins with a space (RFC 9112 section 5.2)."),
        Http1Refusal.HostMissing => new(400, "request-host-missing", "An HTTP/1.1 request has one Host field (RFC 9112 section 3.2)."),
        Http1Refusal.HostRepeated => new(400, "request-host-repeated", "There is more than one Host field (RFC 9112 section 3.2)."),
        Http1Refusal.HostMalformed => new(400, "request-host-malformed", "Host is not a name or an address with an optional port (RFC 9110 section 7.2)."),
        Http1Refusal.HostDiffers => new(400, "request-host-differs", "Host is not what the absolute target says (RFC 9112 section 3.2.2)."),
        Http1Refusal.LengthMalformed => new(400, "request-length-malformed", "Content-Length is not one plain decimal number (RFC 9110 section 8.6)."),
        Http1Refusal.LengthRepeated => new(400, "request-length-repeated", "There is more than one Content-Length (RFC 9112 section 6.3)."),
        Http1Refusal.LengthAndCoding => new(400, "request-length-and-coding", "There are both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)."),
        Http1Refusal.CodingRepeated => new(400, "request-coding-repeated", "There is more than one Transfer-Encoding."),
        Http1Refusal.CodingUnknown => new(501, "request-coding-unknown", "Transfer-Encoding is something other than chunked (RFC 9112 section 6.1)."),
        Http1Refusal.CodingMalformed => new(400, "request-coding-malformed", "Transfer-Encoding is not a list that ends with chunked, once (RFC 9112 sections 6.1 and 6.3)."),
        Http1Refusal.CodingInOldVersion => new(400, "request-coding-in-old-version", "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)."),
        Http1Refusal.ExpectationUnknown => new(417, "request-expectation-unknown", "Only 100-continue can be expected (RFC 9110 section 10.1.1)."),
        Http1Refusal.BodyTooLarge => new(413, "request-body-too-large", "The body is longer than allowed."),
        Http1Refusal.ChunkSizeMalformed => new(400, "request-chunk-size-malformed", "The size of a chunk is not a plain hexadecimal number (RFC 9112 section 7.1)."),
        Http1Refusal.ChunkTooLarge => new(413, "request-chunk-too-large", "One chunk is 2 GiB or longer."),
        Http1Refusal.ChunkExtensionMalformed => new(400, "request-chunk-extension-malformed", "A chunk extension is not ;name or ;name=value (RFC 9112 section 7.1.1)."),
        Http1Refusal.ChunkExtensionsTooLong => new(400, "request-chunk-extensions-too-long", "There are more chunk extensions than allowed (RFC 9112 section 7.1.1)."),
        Http1Refusal.ChunkEndMissing => new(400, "request-chunk-end-missing", "The data of a chunk is not followed by CR LF (RFC 9112 section 7.1)."),
        Http1Refusal.TrailerRefused => new(400, "request-trailer-refused", "A trailer is a field that must come before the body (RFC 9110 section 6.5.1)."),
        Http1Refusal.EndedEarly => new(400, "request-ended-early", "The connection was closed in the middle of the request (RFC 9112 section 8)."),
        Http1Refusal.TooSlow => new(408, "request-head-too-slow", "The header took longer than allowed."),
    };
}
