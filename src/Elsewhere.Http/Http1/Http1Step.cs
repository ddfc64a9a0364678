namespace Elsewhere.Http.Http1;

/// <summary>What the parser says of the bytes that it has just taken.</summary>
internal enum Http1Step
{
    /// <summary>They are the beginning of something; nothing is decided.</summary>
    More,

    /// <summary>Empty lines before a request: to be dropped (RFC 9112 section 2.2).</summary>
    Drop,

    /// <summary>Everything up to here may pass, and the head of the request ends here.</summary>
    Head,

    /// <summary>Everything up to here may pass.</summary>
    Pass,

    /// <summary>The request is refused; see <see cref="Http1Parser.Refusal"/>.</summary>
    Refused,
}
