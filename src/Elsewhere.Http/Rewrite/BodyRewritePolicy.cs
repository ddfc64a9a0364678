using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Http.Rewrite;

/// <summary>What of a response decides whether its body is mapped. Field values as they came, several lines joined by commas; empty where absent.</summary>
public readonly ref struct ResponseFacts
{
    /// <summary>200 and no body forbidden by the method.</summary>
    public ResponseFacts()
    {
    }

    /// <summary>The status code.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Whether the request was HEAD: the answer describes the body that GET would have got.</summary>
    public bool IsHead { get; init; }

    /// <summary><c>Content-Type</c>.</summary>
    public ReadOnlySpan<byte> ContentType { get; init; }

    /// <summary><c>Content-Encoding</c>.</summary>
    public ReadOnlySpan<byte> ContentEncoding { get; init; }

    /// <summary><c>Cache-Control</c> of the response.</summary>
    public ReadOnlySpan<byte> CacheControl { get; init; }

    /// <summary><c>Cache-Control</c> of the request, which can forbid it as well (RFC 9111 section 5.2.1.6).</summary>
    public ReadOnlySpan<byte> RequestCacheControl { get; init; }

    /// <summary><c>Content-Range</c>.</summary>
    public ReadOnlySpan<byte> ContentRange { get; init; }
}

/// <summary>Whether a body is mapped, and if not, why.</summary>
public enum BodyVerdict
{
    /// <summary>It is mapped.</summary>
    Rewrite,

    /// <summary>It would be mapped, but there is none: HEAD. The header fields must say what GET's would say.</summary>
    HeadOfRewritten,

    /// <summary>There is none: 1xx, 204, 304.</summary>
    NoBody,

    /// <summary>The alias has this switched off, or its map is empty.</summary>
    Off,

    /// <summary>Its type is not text that we map.</summary>
    Binary,

    /// <summary>Nobody says what it is. Guessing is what makes a proxy break archives.</summary>
    NoContentType,

    /// <summary><c>Cache-Control: no-transform</c> (RFC 9111 section 5.2.2.6).</summary>
    NoTransform,

    /// <summary>It is a part of a representation: ask again without Range, since offsets would not fit.</summary>
    PartialContent,

    /// <summary>A content coding that we cannot undo (zstd, a dictionary), or more than two of them.</summary>
    UnknownCoding,

    /// <summary>UTF-16, UTF-32, ISO-2022-JP and the like: ASCII bytes do not mean ASCII characters.</summary>
    CharsetNotAscii,

    /// <summary>A charset we do not know.</summary>
    CharsetUnknown,
}

/// <summary>The decision about a body.</summary>
/// <param name="Verdict">What, and why.</param>
/// <param name="Text">What it is; null unless it is, or would be, mapped.</param>
/// <param name="Codings">How it is coded, the first applied first.</param>
public sealed record BodyDecision(BodyVerdict Verdict, BodyText? Text, Seq<ContentCoding> Codings)
{
    /// <summary>Whether length, digests, validators and ranges of the origin would be untrue.</summary>
    public bool MayChange => Verdict is BodyVerdict.Rewrite or BodyVerdict.HeadOfRewritten;
}

/// <summary>Decides whether a body is mapped. Pure.</summary>
public static class BodyRewritePolicy
{
    /// <summary>More codings than this on one body are refused: no server does that in good faith.</summary>
    public const int MostCodings = 2;

    private static readonly BodyDecision[] refusals = [.. Enum.GetValues<BodyVerdict>().Select(static verdict => new BodyDecision(verdict, null, []))];

    /// <summary>Decides about a response.</summary>
    /// <param name="facts">What is known of it.</param>
    public static BodyDecision Decide(in ResponseFacts facts)
    {
        if (facts.Status is (>= 100 and < 200) or 204 or 304)
            return No(BodyVerdict.NoBody);
        if (HasNoTransform(facts.CacheControl) || HasNoTransform(facts.RequestCacheControl))
            return No(BodyVerdict.NoTransform);
        var essence = MediaType.EssenceOf(facts.ContentType);
        if (essence.IsEmpty)
            return No(BodyVerdict.NoContentType);
        if (MediaType.KindOf(essence) is not { } kind)
            return No(BodyVerdict.Binary);
        var charset = Charset.KindOf(MediaType.CharsetOf(facts.ContentType));
        if (charset == CharsetKind.Other)
            return No(BodyVerdict.CharsetNotAscii);
        if (charset == CharsetKind.Unknown)
            return No(BodyVerdict.CharsetUnknown);
        if (!TryReadCodings(facts.ContentEncoding, out var codings))
            return No(BodyVerdict.UnknownCoding);
        if (facts.Status == 206 || (facts.Status != 416 && !facts.ContentRange.Trim(" \t"u8).IsEmpty))
            return No(BodyVerdict.PartialContent);
        return new BodyDecision(
            facts.IsHead ? BodyVerdict.HeadOfRewritten : BodyVerdict.Rewrite, new BodyText(kind, charset is CharsetKind.AsciiWithTrailBytes or CharsetKind.ShiftJis, charset == CharsetKind.ShiftJis), codings);
    }

    /// <summary>The decision against it.</summary>
    internal static BodyDecision No(BodyVerdict verdict) => refusals[(int)verdict];

    private static bool HasNoTransform(ReadOnlySpan<byte> cacheControl)
    {
        foreach (var range in cacheControl.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(cacheControl[range].Trim(" \t"u8), "no-transform"u8))
                return true;
        }

        return false;
    }

    private static bool TryReadCodings(ReadOnlySpan<byte> field, out Seq<ContentCoding> codings)
    {
        var found = new List<ContentCoding>();
        codings = [];
        foreach (var range in field.Split((byte)','))
        {
            var name = field[range].Trim(" \t"u8);
            if (name.IsEmpty || Ascii.EqualsIgnoreCase(name, "identity"u8))
                continue;
            if (!ContentCodings.TryParse(name, out var coding) || found.Count == MostCodings)
                return false;
            found.Add(coding);
        }

        codings = found.ToSeq();
        return true;
    }
}
