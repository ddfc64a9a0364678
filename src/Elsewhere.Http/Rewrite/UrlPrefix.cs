using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>Whether a piece of text is what is looked for.</summary>
internal enum Reading
{
    /// <summary>It is not, whatever follows.</summary>
    No,

    /// <summary>What follows decides.</summary>
    More,

    /// <summary>It is, whatever follows.</summary>
    Yes,
}

/// <summary>What stands in front of a host in a text: a scheme and two slashes, or the slashes alone; each in any <see cref="Spelling"/>.</summary>
internal struct UrlPrefix
{
    /// <summary>No prefix is longer, user information not counted.</summary>
    internal const int Longest = 5 + (3 * Spelling.Longest);

    /// <summary>User information that is longer hides the host, in bytes.</summary>
    internal const int LongestUserInfo = 128;

    // Fits into the lookback.
    private const int LongestRun = 96;

    /// <summary>The bytes that a prefix can begin with.</summary>
    internal static readonly SearchValues<byte> Beginnings = SearchValues.Create("hHwW/\\%&"u8);

    internal int Start;
    internal int SchemeLength;
    internal bool IsWebSocket;
    internal bool Secure;
    internal int ColonAt;
    internal int ColonLength;

    /// <summary>The second slash, for its spelling.</summary>
    internal int SlashAt;
    internal int SlashLength;

    /// <summary>Behind the slashes.</summary>
    internal int End;

    internal readonly bool HasScheme => SchemeLength > 0;

    /// <summary>Reads a prefix that begins just here.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">Where; what stands in front decides, too.</param>
    /// <param name="final">Whether nothing follows the text.</param>
    /// <param name="flags">How to read it.</param>
    /// <param name="prefix">Its parts.</param>
    internal static Reading Read(ReadOnlySpan<byte> text, int start, bool final, ScanFlags flags, out UrlPrefix prefix)
    {
        prefix = new UrlPrefix { Start = start };
        var at = start;
        switch (text[start])
        {
            case (byte)'h' or (byte)'H' or (byte)'w' or (byte)'W':
                // The cheap check first: most words that begin so are no scheme.
                var scheme = prefix.ReadScheme(text, final);
                if (scheme == Reading.No || (!MayPrecedeScheme(text[..start], flags) && !text[..start].EndsWith("--"u8)))
                    return Reading.No;
                if (scheme != Reading.Yes)
                    return scheme;
                at += prefix.SchemeLength;
                prefix.ColonAt = at;
                if (!Spelling.TryRead(text, at, final, out var colon, out prefix.ColonLength))
                    return Reading.More;
                if (colon != ':')
                    return Reading.No;
                at += prefix.ColonLength;
                break;
            case (byte)'/' or (byte)'\\' or (byte)'%' or (byte)'&':
                if (!MayPrecedeSlashes(Spelling.Before(text, start)))
                    return Reading.No;
                break;
            default:
                return Reading.No;
        }

        for (var slash = 0; slash < 2; slash++)
        {
            prefix.SlashAt = at;
            if (!Spelling.TryRead(text, at, final, out var value, out prefix.SlashLength))
                return Reading.More;
            if (value != '/')
                return Reading.No;
            at += prefix.SlashLength;
        }

        prefix.End = at;
        return Reading.Yes;
    }

    /// <summary>Finds the prefix of a host that begins at a place.</summary>
    /// <param name="text">The text.</param>
    /// <param name="host">Where the host begins.</param>
    /// <param name="lowest">What lies before this belongs to somebody else.</param>
    /// <param name="flags">How to read it.</param>
    /// <param name="prefix">The prefix.</param>
    internal static bool TryFind(ReadOnlySpan<byte> text, int host, int lowest, ScanFlags flags, out UrlPrefix prefix)
    {
        prefix = default;
        if (host - lowest < 2)
            return false;

        // The cheap check first: how a slash or an at sign ends in any spelling.
        var last = text[host - 1];
        if (last is not ((byte)'/' or (byte)'f' or (byte)'F' or (byte)';' or (byte)'@' or (byte)'0' or (byte)' '))
            return false;
        if (last == ' ' && (text[host - 2] | 0x20) != 'f')
            return false;
        var before = text[..host];
        lowest = Math.Max(lowest, host - Longest - (last is (byte)'/' or (byte)'f' or (byte)'F' or (byte)' ' ? 0 : LongestUserInfo));
        for (var start = host - 2; start >= lowest; start--)
        {
            if (Read(before, start, true, flags, out prefix) != Reading.Yes)
                continue;
            if (prefix.End == host)
            {
                // CSS takes hexadecimal digits as long as there are any: in "\2fexample" there is no slash.
                return text[prefix.SlashAt] != '\\' || (Spelling.TryRead(text, prefix.SlashAt, true, out _, out var length) && length == prefix.SlashLength);
            }

            if (prefix.HasScheme && IsUserInfo(before[prefix.End..]))
                return true;
        }

        return false;
    }

    /// <summary>Whether a text between slashes and host is user information: <c>user:password@</c>.</summary>
    internal static bool IsUserInfo(ReadOnlySpan<byte> text)
    {
        var at = EndOfUserInfo(text);
        return at > 0 && at == text.Length;
    }

    /// <summary>Whether a text behind the slashes of a URL may be the beginning of user information and a host.</summary>
    internal static bool CouldBeUserInfo(ReadOnlySpan<byte> text, HostSearch search)
    {
        if (text.Length > LongestUserInfo + search.LongestNeedle)
            return false;
        var at = EndOfUserInfo(text);
        return at switch
        {
            < 0 => false,
            0 => text.Length <= LongestUserInfo,
            _ => search.CouldBecome(text[at..]),
        };
    }

    // -1: something that is none of it; 0: no at sign yet; else the place behind the at sign.
    private static int EndOfUserInfo(ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var b = text[i];
            if (b == '@')
                return i + 1;
            if (b == '0' && text[..i].EndsWith("%4"u8) || (b == '0' && text[..i].EndsWith("%254"u8)))
                return i + 1;
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not ((byte)'-' or (byte)'.' or (byte)'_' or (byte)'~' or (byte)'%' or (byte)'!' or (byte)'$' or (byte)'*' or (byte)'+' or (byte)'=' or (byte)':'))
                return -1;
        }

        return 0;
    }

    // "xhttps" and "x-http" are other schemes (but "--" opens a comment); "git+https" is https in a coat.
    private static bool MayPrecedeScheme(ReadOnlySpan<byte> text, ScanFlags flags)
    {
        var before = Spelling.Before(text, text.Length);
        return before < 0x80
            ? before == Spelling.End || !(char.IsAsciiLetterOrDigit((char)before) || before is '.' or '-')
            : (flags & ScanFlags.LetterMayBeTrailByte) == 0 || !EndsInLeadByte(text, flags);
    }

    // Characters are counted from the first of the bytes from 0x80 on, since what stands in front of that ends one. After too many of them it is no letter of a
    // character: no language has words like that.
    private static bool EndsInLeadByte(ReadOnlySpan<byte> text, ScanFlags flags)
    {
        var run = text[Math.Max(0, text.Length - LongestRun)..];
        var start = run.LastIndexOfAnyInRange((byte)0, (byte)0x7f) + 1;
        if (start == 0 && run.Length == LongestRun)
            return false;
        var at = start;
        while (at < run.Length)
            at += (flags & ScanFlags.KatakanaIsSingle) != 0 && run[at] is >= 0xa0 and <= 0xdf or 0x80 ? 1 : 2;
        return at > run.Length;
    }

    // Only where a URL reference can begin; "a//host" is a path, "ftp://host" another scheme.
    private static bool MayPrecedeSlashes(int before) => before is Spelling.End or ' ' or '\t' or '\r' or '\n' or '\f'
        or '"' or '\'' or '`' or '(' or '=' or ',' or ';' or '>' or '<' or '[' or '{' or '|';

    private Reading ReadScheme(ReadOnlySpan<byte> text, bool final)
    {
        var rest = text[Start..];
        IsWebSocket = (rest[0] | 0x20) == 'w';
        if (rest.Length > 1 && (rest[1] | 0x20) != (IsWebSocket ? 's' : 't'))
            return Reading.No;
        var plain = IsWebSocket ? "ws"u8 : "http"u8;
        var common = Math.Min(plain.Length, rest.Length);
        if (!Ascii.EqualsIgnoreCase(rest[..common], plain[..common]))
            return Reading.No;
        if (rest.Length <= plain.Length)
            return final ? Reading.No : Reading.More;
        Secure = (rest[plain.Length] | 0x20) == 's';
        SchemeLength = plain.Length + (Secure ? 1 : 0);
        return Reading.Yes;
    }
}
