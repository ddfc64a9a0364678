using System.Buffers;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Validators of mapped bodies (R7). The origin's <c>"abc"</c> becomes <c>W/"abc~TAG.s"</c>: weak, since the bytes are not the origin's (RFC 9110 section 8.8.1);
/// marked with the hash of the map, so that a body made by another map never matches; with the strength it had, which is given back on requests.
/// </summary>
public static class EntityTags
{
    /// <summary>Writes a request field (If-None-Match, If-Match, If-Range) as the origin knows its validators.</summary>
    /// <param name="value">The field's value; a date and <c>*</c> stay.</param>
    /// <param name="rules">The alias' rules.</param>
    /// <param name="output">Gets the field.</param>
    /// <returns>Whether one of them was marked by this map: a 304 then speaks of a mapped body, and a Range of one must be dropped.</returns>
    public static bool Restore(ReadOnlySpan<byte> value, RewriteRules rules, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var any = false;
        for (var at = 0; at < value.Length;)
        {
            var length = LengthOf(value[at..]);
            if (length == 0)
            {
                output.Write(value.Slice(at++, 1));
                continue;
            }

            var tag = value.Slice(at, length);
            at += length;
            if (!TryUnmark(tag, rules.Tag, out var opaque, out var weak))
            {
                output.Write(tag);
                continue;
            }

            any = true;
            output.Write(weak ? "W/\""u8 : "\""u8);
            output.Write(opaque);
            output.Write("\""u8);
        }

        return any;
    }

    /// <summary>Whether a request field names a validator of a body that this map made.</summary>
    public static bool IsMarked(ReadOnlySpan<byte> value, RewriteRules rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        for (var at = 0; at < value.Length;)
        {
            var length = Math.Max(1, LengthOf(value[at..]));
            if (TryUnmark(value.Slice(at, length), rules.Tag, out _, out _))
                return true;
            at += length;
        }

        return false;
    }

    internal static HeaderVerdict RestoreRule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Bodies || !IsMarked(value, rules))
            return HeaderVerdict.Keep;
        Restore(value, rules, output);
        return HeaderVerdict.Replaced;
    }

    internal static HeaderVerdict MarkRule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        var tag = value.Trim(" \t"u8);
        if (!exchange.SpeaksOfOtherBytes || LengthOf(tag) != tag.Length || tag.IsEmpty)
            return HeaderVerdict.Keep;
        var weak = tag[0] == 'W';
        output.Write("W/\""u8);
        output.Write(tag[(weak ? 3 : 1)..^1]);
        output.Write("~"u8);
        output.Write(rules.Tag);
        output.Write(weak ? ".w\""u8 : ".s\""u8);
        return HeaderVerdict.Replaced;
    }

    // RFC 9110 section 8.8.3: entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE; 0 if the text does not begin with one.
    private static int LengthOf(ReadOnlySpan<byte> text)
    {
        var start = text.StartsWith("W/\""u8) ? 3 : text.StartsWith("\""u8) ? 1 : 0;
        if (start == 0)
            return 0;
        var close = text[start..].IndexOf((byte)'"');
        return close < 0 ? 0 : start + close + 1;
    }

    private static bool TryUnmark(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> mark, out ReadOnlySpan<byte> opaque, out bool weak)
    {
        opaque = default;
        weak = tag.EndsWith(".w\""u8);
        if (LengthOf(tag) != tag.Length || (!weak && !tag.EndsWith(".s\""u8)))
            return false;
        var inner = tag[(tag[0] == 'W' ? 3 : 1)..^3];
        if (!inner.EndsWith(mark) || inner.Length <= mark.Length || inner[^(mark.Length + 1)] != '~')
            return false;
        opaque = inner[..^(mark.Length + 1)];
        return true;
    }
}
