using System.Buffers.Text;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// One character of a URL as a text spells it: plain, <c>%2F</c>, <c>%252F</c>, JSON's <c>\/</c> and <c>/</c> (behind any number of backslashes),
/// JavaScript's and CSS's <c>\x2f</c>, HTML's <c>&amp;#47;</c>, <c>&amp;#x2F;</c> and <c>&amp;sol;</c>.
/// </summary>
internal static class Spelling
{
    /// <summary>No spelling that is read is longer, in bytes.</summary>
    internal const int Longest = 24;

    /// <summary>What is read at the end of a text that is complete, and before its beginning.</summary>
    internal const int End = -1;

    private const int Unknown = 0xfffd;
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
            '&' => TryReadReference(text, at, final, ref value, ref length),
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
        else if (text[next] is > 0x20 and < 0x7f && !char.IsAsciiLetterOrDigit((char)text[next]))
        {
            value = text[next];
            length++;
        }

        return true;
    }

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

    // A character reference counts with its semicolon only: "&#x2fapi" is another character (HTML, section 13.2.5.75).
    private static bool TryReadReference(ReadOnlySpan<byte> text, int at, bool final, ref int value, ref int length)
    {
        var window = text.Slice(at + 1, Math.Min(11, text.Length - at - 1));
        var end = window.IndexOf((byte)';');
        if (end < 0)
        {
            var whole = window.Length == 11;
            foreach (var b in window)
                whole |= !char.IsAsciiLetterOrDigit((char)b) && b != '#';
            return whole || final;
        }

        var name = window[..end];
        if (name.StartsWith("#"u8))
        {
            var hex = name.Length > 1 && (name[1] | 0x20) == 'x';
            var digits = name[(hex ? 2 : 1)..];
            if (digits.IsEmpty || !Utf8Parser.TryParse(digits, out uint code, out var used, hex ? 'X' : 'D') || used != digits.Length)
                return true;
            value = code > 0x10ffff ? Unknown : (int)code;
        }
        else
        {
            foreach (var b in name)
            {
                if (!char.IsAsciiLetterOrDigit((char)b))
                    return true;
            }

            if (name.IsEmpty)
                return true;
            value = NamedReference(Encoding.ASCII.GetString(name));
        }

        length = end + 2;
        return true;
    }

    private static int NamedReference(string name) => name switch
    {
        "amp" or "AMP" => '&',
        "quot" or "QUOT" => '"',
        "apos" => '\'',
        "lt" or "LT" => '<',
        "gt" or "GT" => '>',
        "nbsp" => 0x20,
        "sol" => '/',
        "bsol" => '\\',
        "colon" => ':',
        "semi" => ';',
        "comma" => ',',
        "period" => '.',
        "commat" => '@',
        "num" => '#',
        "quest" => '?',
        "equals" => '=',
        "lpar" => '(',
        "rpar" => ')',
        "lowbar" => '_',
        "percnt" => '%',
        "Tab" => '\t',
        "NewLine" => '\n',
        _ => Unknown,
    };

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
