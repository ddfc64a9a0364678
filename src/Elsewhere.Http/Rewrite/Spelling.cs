namespace Elsewhere.Http.Rewrite;

/// <summary>
/// One character of a URL as a text spells it: plain, <c>%2F</c>, <c>%252F</c>, JSON's <c>\/</c> and <c>/</c> (behind any number of backslashes),
/// JavaScript's <c>\x2f</c>, CSS's <c>\2f </c> and <c>\00002f</c>, HTML's <c>&amp;#47;</c>, <c>&amp;#x2F;</c> and <c>&amp;sol;</c>.
/// </summary>
internal static class Spelling
{
    /// <summary>No spelling that is read is longer, in bytes.</summary>
    internal const int Longest = 24;

    /// <summary>What is read at the end of a text that is complete, and before its beginning.</summary>
    internal const int End = -1;

    /// <summary>What is read for a character that is none, or not known.</summary>
    internal const int Unknown = 0xfffd;

    private const int MostBackslashes = 7;
    private const int MostPercentLayers = 3;

    /// <summary>Reads the character at a place.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">0 to the text's length.</param>
    /// <param name="final">Whether nothing follows the text.</param>
    /// <param name="value">The character, or <see cref="End"/>.</param>
    /// <param name="length">How many bytes spell it.</param>
    /// <returns>False if what follows could change the answer.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> text, int at, bool final, out int value, out int length)
    {
        value = End;
        length = 0;
        if (at >= text.Length)
            return final;
        value = text[at];
        length = 1;
        return value switch
        {
            '\\' => TryReadBackslash(text, at, final, ref value, ref length),
            '%' => TryReadPercent(text, at, final, ref value, ref length),
            '&' => CharacterReference.TryRead(text, at, final, ref value, ref length),
            _ => true,
        };
    }

    /// <summary>Reads the character that ends just before a place; it needs at most <see cref="Longest"/> bytes in front of it.</summary>
    internal static int Before(ReadOnlySpan<byte> text, int at)
    {
        if (at == 0)
            return End;
        var last = text[at - 1];
        if (IsHex(last))
        {
            if (at >= 3 && text[at - 3] == '%' && IsHex(text[at - 2]))
                return Hex(text.Slice(at - 2, 2));
            if (at >= 5 && text[at - 5] == '%' && text[at - 4] == '2' && text[at - 3] == '5' && IsHex(text[at - 2]))
                return Hex(text.Slice(at - 2, 2));
            if (at >= 4 && text[at - 4] == '\\' && text[at - 3] == 'x' && IsHex(text[at - 2]))
                return Hex(text.Slice(at - 2, 2));
            if (at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u' && AreHex(text.Slice(at - 4, 4)))
                return Hex(text.Slice(at - 4, 4));
        }

        if ((IsHex(last) || IsCssBlank(last)) && TryReadCssEscapeBefore(text[..at], out var escaped))
            return escaped;
        if (at >= 2 && text[at - 2] == '\\' && ControlOf(last) is var control && control != 0)
            return control;
        if (last == ';')
        {
            var window = text[Math.Max(0, at - 12)..at];
            var start = window.LastIndexOf((byte)'&');
            if (start >= 0 && TryRead(window, start, true, out var value, out var length) && start + length == window.Length)
                return value;
        }

        return last;
    }

    private static bool TryReadBackslash(ReadOnlySpan<byte> text, int at, bool final, ref int value, ref int length)
    {
        var next = at + 1;
        while (next < text.Length && text[next] == '\\' && next - at < MostBackslashes)
            next++;
        length = next - at;
        if (next == text.Length)
            return final;
        var digits = text[next] switch { (byte)'u' => 4, (byte)'x' => 2, _ => 0 };
        if (digits > 0)
        {
            var hex = text.Slice(next + 1, Math.Min(digits, text.Length - next - 1));
            if (!AreHex(hex))
                return true;
            if (hex.Length < digits)
                return final;
            value = Hex(hex);
            length += 1 + digits;
        }
        else if (ControlOf(text[next]) is var control && control != 0)
        {
            value = control;
            length++;
        }
        else if (char.IsAsciiDigit((char)text[next]))
        {
            return TryReadCssEscape(text, next, final, ref value, ref length);
        }
        else if (text[next] is > 0x20 and < 0x7f && !char.IsAsciiLetterOrDigit((char)text[next]))
        {
            value = text[next];
            length++;
        }

        return true;
    }

    // CSS Syntax section 4.3.7: up to six digits, and one blank that ends them. A script's "\0" is none.
    private static bool TryReadCssEscape(ReadOnlySpan<byte> text, int digits, bool final, ref int value, ref int length)
    {
        var end = digits;
        while (end < text.Length && end - digits < 6 && IsHex(text[end]))
            end++;
        if (end == text.Length && !final)
            return false;
        if (end - digits < 2)
            return true;
        value = Hex(text[digits..end]);
        length += end - digits + (end < text.Length && IsCssBlank(text[end]) ? 1 : 0);
        return true;
    }

    private static bool TryReadCssEscapeBefore(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        if (IsCssBlank(text[^1]))
            text = text[..^1];
        text = text[Math.Max(0, text.Length - 7)..];
        var start = text.LastIndexOf((byte)'\\') + 1;
        var digits = text.Length - start;
        if (start == 0 || digits is < 2 or > 6 || !char.IsAsciiDigit((char)text[start]) || !AreHex(text[start..]))
            return false;
        value = Hex(text[start..]);
        return value is ':' or '/';
    }

    private static bool IsCssBlank(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\n';

    private static bool TryReadPercent(ReadOnlySpan<byte> text, int at, bool final, ref int value, ref int length)
    {
        var digits = at + 1;
        for (var layer = 1; ; layer++)
        {
            var hex = text.Slice(digits, Math.Min(2, text.Length - digits));
            if (!AreHex(hex))
                return true;
            if (hex.Length < 2)
                return final;
            value = Hex(hex);
            digits += 2;
            length = digits - at;
            if (value != '%' || layer == MostPercentLayers)
                break;
        }

        // JSON inside a URL: %5C%2F is an escaped slash.
        if (value != '\\')
            return true;
        if (!TryReadPlainOrPercent(text, digits, final, out var escaped, out var more))
            return false;
        if (escaped is '/' or '"' or '\'')
        {
            value = escaped;
            length += more;
        }

        return true;
    }

    private static bool TryReadPlainOrPercent(ReadOnlySpan<byte> text, int at, bool final, out int value, out int length)
    {
        value = End;
        length = 0;
        if (at == text.Length)
            return final;
        value = text[at];
        length = 1;
        var end = at + 1;
        for (var layer = 1; value == '%' && layer <= MostPercentLayers; layer++)
        {
            var hex = text.Slice(end, Math.Min(2, text.Length - end));
            if (!AreHex(hex))
                return true;
            if (hex.Length < 2)
                return final;
            value = Hex(hex);
            end += 2;
            length = end - at;
        }

        return true;
    }

    private static int ControlOf(byte letter) => letter switch
    {
        (byte)'n' => '\n',
        (byte)'r' => '\r',
        (byte)'t' => '\t',
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        (byte)'v' => '\v',
        _ => 0,
    };

    private static bool IsHex(byte b) => char.IsAsciiHexDigit((char)b);

    private static bool AreHex(ReadOnlySpan<byte> digits)
    {
        foreach (var b in digits)
        {
            if (!IsHex(b))
                return false;
        }

        return true;
    }

    private static int Hex(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var b in digits)
            value = (value << 4) | (b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10);
        return value;
    }
}
