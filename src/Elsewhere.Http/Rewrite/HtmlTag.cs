using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>Reads one start tag of HTML (section 13.1.2.1), as far as well-formed ones need it.</summary>
internal static class HtmlTag
{
    /// <summary>Whether a tag begins with a name, or could if more came; the sign <c>&lt;</c> is part of the name.</summary>
    internal static bool CouldBe(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name)
    {
        var common = Math.Min(tag.Length, name.Length);
        return Ascii.EqualsIgnoreCase(tag[..common], name[..common]);
    }

    /// <summary>Whether a tag has this name.</summary>
    internal static bool Is(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> name) => tag.Length > name.Length && CouldBe(tag, name) && IsBlank(tag[name.Length]);

    /// <summary>Behind the tag's <c>&gt;</c>, which does not count in quotes; 0 if it is not there yet.</summary>
    internal static int EndOf(ReadOnlySpan<byte> tag)
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

    /// <summary>Reads the next attribute (HTML section 13.1.2.3).</summary>
    /// <param name="tag">The tag, without its end.</param>
    /// <param name="at">Where to begin; then, where to go on.</param>
    /// <param name="nameAt">Where the name is.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The value, without quotes; empty without one.</param>
    internal static bool TryReadAttribute(ReadOnlySpan<byte> tag, ref int at, out int nameAt, out ReadOnlySpan<byte> name, out Range value)
    {
        while (at < tag.Length && (IsBlank(tag[at]) || tag[at] == '/'))
            at++;
        nameAt = at;
        while (at < tag.Length && !IsBlank(tag[at]) && tag[at] is not ((byte)'=' or (byte)'/'))
            at++;
        name = tag[nameAt..at];
        value = at..at;
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
            value = (at + 1)..(at + 1 + length);
            at += length + 2;
            return true;
        }

        var start = at;
        while (at < tag.Length && !IsBlank(tag[at]))
            at++;
        value = start..at;
        return true;
    }

    private static bool IsBlank(byte b) => b is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f';
}
