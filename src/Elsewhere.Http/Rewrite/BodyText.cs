namespace Elsewhere.Http.Rewrite;

/// <summary>The kinds of text whose URLs are mapped.</summary>
public enum BodyKind
{
    /// <summary>HTML and XHTML.</summary>
    Html,

    /// <summary>CSS.</summary>
    Css,

    /// <summary>JavaScript.</summary>
    JavaScript,

    /// <summary>JSON and everything with the suffix <c>+json</c>; JSON sequences and lines; source maps; web app manifests.</summary>
    Json,

    /// <summary>XML and everything with the suffix <c>+xml</c>: SVG, feeds, sitemaps, WebDAV.</summary>
    Xml,

    /// <summary>Plain text, Markdown, CSV, form data, playlists, YAML.</summary>
    Text,

    /// <summary>Server-sent events.</summary>
    EventStream,
}

/// <summary>What a body is, as far as mapping its URLs needs to know.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="LettersMayBeTrailBytes">Whether its charset has characters whose second byte is an ASCII letter (Shift_JIS, GBK, Big5, GB 18030).</param>
/// <param name="KatakanaIsSingle">Whether, of those, the bytes A1 to DF are characters by themselves (Shift_JIS).</param>
public sealed record BodyText(BodyKind Kind, bool LettersMayBeTrailBytes = false, bool KatakanaIsSingle = false)
{
    internal ScanFlags Flags =>
        (Kind is BodyKind.Html or BodyKind.Xml ? ScanFlags.KeepNamespaces : ScanFlags.None)
        | (LettersMayBeTrailBytes ? ScanFlags.LetterMayBeTrailByte : ScanFlags.None)
        | (KatakanaIsSingle ? ScanFlags.KatakanaIsSingle : ScanFlags.None);
}
