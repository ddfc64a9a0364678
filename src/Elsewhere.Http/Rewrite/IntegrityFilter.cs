using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Takes the checksum off a script or style sheet that this alias, or another one in the map, may change on its way (R9): <c>integrity="sha384-…"</c> in a
/// <c>script</c> or <c>link</c> element becomes <c>data-elsewhere-integrity</c>. Subresources of anybody else keep theirs, and with it their protection.
/// </summary>
/// <remarks>
/// A tag's URL may come before or behind its checksum, so a tag is looked at as a whole. A tag of over <see cref="LongestTag"/> bytes passes as it is.
/// </remarks>
internal sealed class IntegrityFilter(UrlTable table)
{
    /// <summary>The longest tag that is looked at, in bytes.</summary>
    internal const int LongestTag = 4096;

    private static readonly HostSearch Anchor = new([new HostNeedle("integrity"u8.ToArray(), new UrlHost([], []))]);
    private readonly byte[] buffer = new byte[2 * LongestTag];
    private int held;

    /// <summary>How many bytes of an open tag are held back.</summary>
    internal int Held => held;

    /// <summary>Takes a piece of a page and gives the rewriter what is decided.</summary>
    internal void Write(ReadOnlySpan<byte> chunk, bool final, BodyRewriter next, IBufferWriter<byte> output)
    {
        while (held > 0)
        {
            var taken = Math.Min(chunk.Length, LongestTag);
            var all = chunk.Length == taken;
            chunk[..taken].CopyTo(buffer.AsSpan(held));
            var text = buffer.AsSpan(0, held + taken);
            var decided = Filter(text, final && all, next, output);
            chunk = chunk[taken..];
            if (all)
            {
                text[decided..].CopyTo(buffer);
                held = text.Length - decided;
                return;
            }

            text[decided..].CopyTo(buffer);
            held = text.Length - decided;
        }

        var end = Filter(chunk, final, next, output);
        chunk[end..].CopyTo(buffer);
        held = chunk.Length - end;
    }

    // Everything up to the place that is returned has been passed on.
    private int Filter(ReadOnlySpan<byte> text, bool final, BodyRewriter next, IBufferWriter<byte> output)
    {
        var passed = 0;
        for (var at = 0; (at = Anchor.Next(text, at, out _)) < text.Length; at++)
        {
            var hit = at - Anchor.Bucket(7)[0].Offset;
            if (hit < passed || !Anchor.Bucket(7)[0].Needle.IsAt(text, hit))
                continue;
            var lowest = Math.Max(passed, hit - LongestTag);
            var start = text[lowest..hit].LastIndexOf((byte)'<');
            if (start < 0)
                continue;
            start += lowest;
            var reading = ReadTag(text[start..], hit - start, final);
            if (reading == Reading.More)
            {
                next.Take(text[passed..start], false, output);
                return start;
            }

            if (reading == Reading.No)
                continue;
            next.Take(text[passed..hit], false, output);
            next.Take("data-elsewhere-"u8, false, output);
            passed = hit;
        }

        var hold = final ? text.Length : HoldFrom(text, passed);
        next.Take(text[passed..hold], false, output);
        return hold;
    }

    private static int HoldFrom(ReadOnlySpan<byte> text, int lowest)
    {
        lowest = Math.Max(lowest, text.Length - LongestTag + 1);
        var start = text[lowest..].LastIndexOf((byte)'<');
        if (start < 0)
            return text.Length;
        var tag = text[(lowest + start)..];
        return CouldBeName(tag, "<script"u8) || CouldBeName(tag, "<link"u8) ? EndOf(tag) == 0 ? lowest + start : text.Length : text.Length;
    }

    private static bool CouldBeName(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name)
    {
        var common = Math.Min(tag.Length, name.Length);
        return Ascii.EqualsIgnoreCase(tag[..common], name[..common]);
    }

    // Behind the tag's ">", which does not count in quotes; 0 if it is not there yet.
    private static int EndOf(ReadOnlySpan<byte> tag)
    {
        byte quote = 0;
        for (var i = 0; i < tag.Length; i++)
        {
            var b = tag[i];
            if (quote != 0)
                quote = b == quote ? (byte)0 : quote;
            else if (b is (byte)'"' or (byte)'\'')
                quote = b;
            else if (b == '>')
                return i + 1;
        }

        return 0;
    }

    // Whether the attribute at a place is a checksum that has to go.
    private Reading ReadTag(ReadOnlySpan<byte> tag, int integrityAt, bool final)
    {
        var nameEnd = CouldBeName(tag, "<script"u8) ? 7 : CouldBeName(tag, "<link"u8) ? 5 : 0;
        if (nameEnd == 0 || nameEnd >= tag.Length || !IsBlank(tag[nameEnd]))
            return Reading.No;
        var end = EndOf(tag);
        if (end == 0 && !final && tag.Length < LongestTag)
            return Reading.More;
        if (end is 0 or > LongestTag)
            return Reading.No;
        tag = tag[..(end - 1)];
        bool checksum = false, ours = false;
        for (var at = nameEnd; TryReadAttribute(tag, ref at, out var nameAt, out var name, out var value);)
        {
            if (nameAt == integrityAt)
                checksum = name.Length == 9 && value.TrimStart(" \t\r\n"u8).StartsWith("sha"u8);
            else if (Ascii.EqualsIgnoreCase(name, "src"u8) || Ascii.EqualsIgnoreCase(name, "href"u8))
                ours = IsOurs(value.Trim(" \t\r\n"u8));
        }

        return checksum && ours ? Reading.Yes : Reading.No;
    }

    private bool IsOurs(ReadOnlySpan<byte> url)
    {
        if (!WebUrl.TryParse(url, out var parsed))
            return url.IndexOf((byte)':') is var colon && (colon < 0 || url[..colon].IndexOfAny("/?#"u8) >= 0);
        return table.IsTarget(parsed.HostOf(url))
            || (table.Find(parsed.HostOf(url)) is { } host
                && table.Select(host, new UrlShape(parsed.HasScheme, parsed.Secure, parsed.PortOr(0)), url[parsed.RestAt..]) is not null);
    }

    // HTML section 13.1.2.3, as far as well-formed tags need it.
    private static bool TryReadAttribute(ReadOnlySpan<byte> tag, ref int at, out int nameAt, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        while (at < tag.Length && (IsBlank(tag[at]) || tag[at] == '/'))
            at++;
        nameAt = at;
        while (at < tag.Length && !IsBlank(tag[at]) && tag[at] is not ((byte)'=' or (byte)'/'))
            at++;
        name = tag[nameAt..at];
        value = default;
        if (name.IsEmpty)
            return false;
        var equals = at;
        while (equals < tag.Length && IsBlank(tag[equals]))
            equals++;
        if (equals >= tag.Length || tag[equals] != '=')
            return true;
        at = equals + 1;
        while (at < tag.Length && IsBlank(tag[at]))
            at++;
        if (at < tag.Length && tag[at] is (byte)'"' or (byte)'\'')
        {
            var length = tag[(at + 1)..].IndexOf(tag[at]);
            if (length < 0)
                return false;
            value = tag.Slice(at + 1, length);
            at += length + 2;
            return true;
        }

        var start = at;
        while (at < tag.Length && !IsBlank(tag[at]))
            at++;
        value = tag[start..at];
        return true;
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f';
}
