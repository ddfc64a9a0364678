using System.Buffers.Text;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>A character as HTML and XML refer to it: <c>&amp;#47;</c>, <c>&amp;#x2F;</c>, <c>&amp;sol;</c>.</summary>
internal static class CharacterReference
{
    // It counts with its semicolon only: "&#x2fapi" is another character (HTML, section 13.2.5.75).
    internal static bool TryRead(ReadOnlySpan<byte> text, int at, bool final, ref int value, ref int length)
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
            value = code > 0x10ffff ? Spelling.Unknown : (int)code;
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
        _ => Spelling.Unknown,
    };
}
