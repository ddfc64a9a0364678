using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Changes what a tag of HTML says about others, where mapping URLs would make it untrue. <c>integrity="sha384-…"</c> of a script or style sheet that this alias, or
/// another one in the map, may change on its way becomes <c>data-elsewhere-integrity</c> (R9); subresources of anybody else keep theirs, and with it their
/// protection. The policy of <c>&lt;meta http-equiv="Content-Security-Policy"&gt;</c> is mapped as the header field is, bare hosts too (R11).
/// </summary>
/// <remarks>
/// What decides may stand in front of what changes, so a tag is looked at as a whole. A tag of over <see cref="LongestTag"/> bytes passes as it is.
/// </remarks>
internal sealed class TagFilter(UrlMap map, UrlTable table)
{
    /// <summary>The longest tag that is looked at, in bytes.</summary>
    internal const int LongestTag = 4096;

    private static readonly HostSearch Anchors = new(
    [
        new HostNeedle("integrity"u8.ToArray(), new UrlHost([], [])),
        new HostNeedle("content-security-policy"u8.ToArray(), new UrlHost([], [])),
    ]);

    // Made when they are needed: few pieces of a page end within such a tag, and few pages have a policy.
    private byte[]? buffer;
    private ArrayBufferWriter<byte>? scratch;
    private int held;

    private byte[] Buffer => buffer ??= new byte[2 * LongestTag];

    private ArrayBufferWriter<byte> Scratch => scratch ??= new ArrayBufferWriter<byte>(256);

    /// <summary>How many bytes of an open tag are held back.</summary>
    internal int Held => held;

    /// <summary>Takes a piece of a page and gives the rewriter what is decided.</summary>
    internal void Write(ReadOnlySpan<byte> chunk, bool final, BodyRewriter next, IBufferWriter<byte> output)
    {
        while (held > 0)
        {
            var taken = Math.Min(chunk.Length, LongestTag);
            var all = chunk.Length == taken;
            chunk[..taken].CopyTo(Buffer.AsSpan(held));
            var text = Buffer.AsSpan(0, held + taken);
            var decided = Filter(text, final && all, next, output);
            chunk = chunk[taken..];
            text[decided..].CopyTo(Buffer);
            held = text.Length - decided;
            if (all)
                return;
        }

        var end = Filter(chunk, final, next, output);
        held = chunk.Length - end;
        if (held > 0)
            chunk[end..].CopyTo(Buffer);
    }

    // Everything up to the place that is returned has been passed on.
    private int Filter(ReadOnlySpan<byte> text, bool final, BodyRewriter next, IBufferWriter<byte> output)
    {
        var passed = 0;
        for (var at = 0; (at = Anchors.Next(text, at, out var buckets)) < text.Length; at++)
        {
            if (HitAt(text, at, buckets) is not { } hit || hit < passed)
                continue;
            var lowest = Math.Max(passed, hit - LongestTag);
            var start = text[lowest..hit].LastIndexOf((byte)'<');
            if (start < 0)
                continue;
            start += lowest;
            var tag = text[start..];
            var isPolicy = HtmlTag.Is(tag, "<meta"u8);
            if (!isPolicy && !HtmlTag.Is(tag, "<script"u8) && !HtmlTag.Is(tag, "<link"u8))
                continue;
            var end = HtmlTag.EndOf(tag);
            if (end == 0 && !final && tag.Length < LongestTag)
            {
                next.Take(text[passed..start], false, output);
                return start;
            }

            if (end is 0 or > LongestTag)
                continue;
            tag = tag[..(end - 1)];
            if (isPolicy && TryMapPolicy(tag, out var policy))
            {
                next.Take(text[passed..(start + policy.Start.Value)], false, output);
                next.Take(Scratch.WrittenSpan, false, output);
                passed = start + policy.End.Value;
            }
            else if (!isPolicy && HasChecksumToGo(tag, hit - start))
            {
                next.Take(text[passed..hit], false, output);
                next.Take("data-elsewhere-"u8, false, output);
                passed = hit;
            }
        }

        var hold = final ? text.Length : HoldFrom(text, passed);
        next.Take(text[passed..hold], false, output);
        return hold;
    }

    private static int? HitAt(ReadOnlySpan<byte> text, int at, uint buckets)
    {
        for (; buckets != 0; buckets &= buckets - 1)
        {
            foreach (var anchor in Anchors.Bucket(System.Numerics.BitOperations.TrailingZeroCount(buckets)))
            {
                if (anchor.Needle.IsAt(text, at - anchor.Offset))
                    return at - anchor.Offset;
            }
        }

        return null;
    }

    private static int HoldFrom(ReadOnlySpan<byte> text, int lowest)
    {
        lowest = Math.Max(lowest, text.Length - LongestTag + 1);
        var start = text[lowest..].LastIndexOf((byte)'<');
        if (start < 0)
            return text.Length;
        var tag = text[(lowest + start)..];
        var mayChange = HtmlTag.CouldBe(tag, "<script"u8) || HtmlTag.CouldBe(tag, "<link"u8) || HtmlTag.CouldBe(tag, "<meta"u8);
        return mayChange && HtmlTag.EndOf(tag) == 0 ? lowest + start : text.Length;
    }

    // Whether the attribute at a place is a checksum that has to go.
    private bool HasChecksumToGo(ReadOnlySpan<byte> tag, int integrityAt)
    {
        bool checksum = false, ours = false;
        for (var at = HtmlTag.Is(tag, "<link"u8) ? 5 : 7; HtmlTag.TryReadAttribute(tag, ref at, out var nameAt, out var name, out var value);)
        {
            if (nameAt == integrityAt)
                checksum = name.Length == 9 && tag[value].TrimStart(" \t\r\n"u8).StartsWith("sha"u8);
            else if (Ascii.EqualsIgnoreCase(name, "src"u8) || Ascii.EqualsIgnoreCase(name, "href"u8))
                ours = IsOurs(tag[value].Trim(" \t\r\n"u8));
        }

        return checksum && ours;
    }

    // Leaves the new policy in the scratch; an empty one allows everything, as none does.
    private bool TryMapPolicy(ReadOnlySpan<byte> tag, out Range policy)
    {
        policy = default;
        bool isPolicy = false, hasContent = false;
        for (var at = 5; HtmlTag.TryReadAttribute(tag, ref at, out _, out var name, out var value);)
        {
            if (Ascii.EqualsIgnoreCase(name, "http-equiv"u8))
                isPolicy |= Ascii.EqualsIgnoreCase(tag[value].Trim(" \t\r\n"u8), "content-security-policy"u8);
            else if (Ascii.EqualsIgnoreCase(name, "content"u8) && !hasContent)
                (policy, hasContent) = (value, true);
        }

        Scratch.ResetWrittenCount();
        return isPolicy && hasContent && ContentSecurityPolicy.Map(tag[policy], map, Scratch) != HeaderVerdict.Keep;
    }

    private bool IsOurs(ReadOnlySpan<byte> url)
    {
        if (!WebUrl.TryParse(url, out var parsed))
            return url.IndexOf((byte)':') is var colon && (colon < 0 || url[..colon].IndexOfAny("/?#"u8) >= 0);
        return table.IsTarget(parsed.HostOf(url))
            || (table.Find(parsed.HostOf(url)) is { } host
                && table.Select(host, new UrlShape(parsed.HasScheme, parsed.Secure, parsed.PortOr(0)), url[parsed.RestAt..]) is not null);
    }
}
