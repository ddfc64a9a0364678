using System.Globalization;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>The bytes of a host as text spells them; what a search in a body looks for.</summary>
/// <param name="Bytes">In lower case (ASCII).</param>
/// <param name="Host">What to do with it.</param>
internal sealed record HostNeedle(byte[] Bytes, UrlHost Host)
{
    /// <summary>
    /// Every spelling of a host that is searched for: the name itself and its U-labels, with their letters as they are, as URL-encoding (once and twice), JSON and
    /// HTML write them; its hyphens as template engines write those in scripts (Django, Twig: <c>\u002D</c>; OWASP: <c>\x2D</c>); an IPv6 address in brackets, and as
    /// URL-encoding writes those.
    /// </summary>
    internal static IEnumerable<HostNeedle> SpellingsOf(string name, UrlHost host)
    {
        yield return new(Encoding.UTF8.GetBytes(name), host);
        if (name.StartsWith('['))
        {
            yield return new(Encoding.UTF8.GetBytes($"%5b{name[1..^1]}%5d"), host);
            yield return new(Encoding.UTF8.GetBytes($"%5b{name[1..^1].Replace(":", "%3a", StringComparison.Ordinal)}%5d"), host);
        }
        else if (name.Contains('-', StringComparison.Ordinal))
        {
            yield return new(Encoding.UTF8.GetBytes(name.Replace("-", "\\u002d", StringComparison.Ordinal)), host);
            yield return new(Encoding.UTF8.GetBytes(name.Replace("-", "\\x2d", StringComparison.Ordinal)), host);
        }

        if (ULabelsOf(name) is { } unicode && unicode != name)
        {
            foreach (var cased in new[] { unicode, unicode.ToUpperInvariant() }.Distinct(StringComparer.Ordinal))
            {
                foreach (var spell in Letters)
                    yield return new(Encoding.UTF8.GetBytes(string.Concat(cased.EnumerateRunes().Select(rune => Spell(rune, spell)))), host);
            }
        }
    }

    /// <summary>Whether the text has this host at a place, in any case.</summary>
    internal bool IsAt(ReadOnlySpan<byte> text, int at) =>
        at >= 0 && at + Bytes.Length <= text.Length && EqualsLowered(text.Slice(at, Bytes.Length), Bytes);

    /// <summary>Whether the text is a true beginning of this host: more input decides.</summary>
    internal bool CouldBecome(ReadOnlySpan<byte> text) =>
        text.Length < Bytes.Length && EqualsLowered(text, Bytes.AsSpan(0, text.Length));

    private static bool EqualsLowered(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b is >= (byte)'A' and <= (byte)'Z')
                b |= 0x20;
            if (b != lower[i])
                return false;
        }

        return true;
    }

    private static readonly Func<Rune, string>[] Letters =
    [
        static rune => rune.ToString(),
        static rune => Uri.EscapeDataString(rune.ToString()),
        static rune => Uri.EscapeDataString(rune.ToString()).Replace("%", "%25", StringComparison.Ordinal),
        static rune => string.Concat(rune.ToString().Select(static unit => $"\\u{(int)unit:x4}")),
        static rune => string.Create(CultureInfo.InvariantCulture, $"&#{rune.Value};"),
        static rune => $"&#x{rune.Value:x};",
    ];

    // What is sought is in lower case, as far as ASCII goes.
    private static string Spell(Rune rune, Func<Rune, string> spell) => rune.IsAscii ? Rune.ToLowerInvariant(rune).ToString() : spell(rune) is var text && Ascii.IsValid(text) ? text.ToLowerInvariant() : text;

    private static string? ULabelsOf(string name)
    {
        if (!name.Contains("xn--", StringComparison.Ordinal))
            return null;
        try
        {
            return new IdnMapping().GetUnicode(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
