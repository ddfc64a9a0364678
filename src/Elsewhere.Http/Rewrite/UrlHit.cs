using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>How a text is to be read.</summary>
[Flags]
internal enum ScanFlags
{
    /// <summary>As plain text.</summary>
    None = 0,

    /// <summary>The value of <c>xmlns</c>, <c>targetNamespace</c> and <c>namespace</c> is a name that looks like a URL, and stays.</summary>
    KeepNamespaces = 1,

    /// <summary>In Shift_JIS, GBK, Big5 and GB 18030 a letter can be the second half of a character.</summary>
    LetterMayBeTrailByte = 2,

    /// <summary>In Shift_JIS the bytes A1 to DF are characters by themselves.</summary>
    KatakanaIsSingle = 4,
}

/// <summary>A URL in a text that is to be mapped.</summary>
internal struct UrlHit
{
    private const int MostDigits = 7;

    internal UrlPrefix Prefix;
    internal UrlEntry Entry;
    internal int HostAt;

    /// <summary>Behind host, port and base path.</summary>
    internal int End;

    /// <summary>Decides about a host that was found in a text.</summary>
    /// <param name="table">The map.</param>
    /// <param name="text">The text.</param>
    /// <param name="host">What was found.</param>
    /// <param name="hostAt">Where.</param>
    /// <param name="lowest">What lies before this is written already.</param>
    /// <param name="final">Whether nothing follows the text.</param>
    /// <param name="flags">How to read it.</param>
    /// <param name="hit">The URL; if the answer is More, its prefix.</param>
    internal static Reading Read(
        UrlTable table, ReadOnlySpan<byte> text, HostNeedle host, int hostAt, int lowest, bool final, ScanFlags flags, out UrlHit hit)
    {
        hit = new UrlHit { HostAt = hostAt };
        if (!UrlPrefix.TryFind(text, hostAt, lowest, flags, out hit.Prefix))
            return Reading.No;
        var authority = ReadAuthorityEnd(text, hostAt + host.Bytes.Length, final, out var port, out var end);
        if (authority != Reading.Yes)
            return authority;
        var shape = new UrlShape(hit.Prefix.HasScheme, hit.Prefix.Secure, port);
        if (host.Host.IsSettled(shape, table.ToSecure)
            || ((flags & ScanFlags.KeepNamespaces) != 0 && IsNamespaceName(text[..hit.Prefix.Start])))
            return Reading.No;
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var entry in host.Host.Entries)
            {
                if (!table.Fits(entry, shape, pass))
                    continue;
                var path = ReadPath(text, end, final, entry.FromPathBytes, out hit.End);
                if (path == Reading.No)
                    continue;
                hit.Entry = entry;
                return path;
            }
        }

        return Reading.No;
    }

    /// <summary>No reading of <see cref="Read"/> looks further behind the host than this, in bytes.</summary>
    internal static int Reach(int longestPath) => (4 * Spelling.Longest) + 8 + PathReach(longestPath) + Spelling.Longest;

    private static int PathReach(int length) => length == 0 ? 0 : (6 * length) + (2 * Spelling.Longest);

    // A port, a trailing dot; or a sign that the host goes on, or that it was user information.
    private static Reading ReadAuthorityEnd(ReadOnlySpan<byte> text, int at, bool final, out int port, out int end)
    {
        port = 0;
        end = at;
        if (!Spelling.TryRead(text, at, final, out var value, out var length))
            return Reading.More;
        if (value == '.')
        {
            if (!Spelling.TryRead(text, at + length, final, out var next, out var nextLength))
                return Reading.More;
            if (next is not ('/' or ':'))
                return GoesOnHost(text, at + length, final, next);

            // The dot of an absolute name (RFC 3986 section 3.2.2) goes with the name; that of a sentence stays.
            at += length;
            (value, length) = (next, nextLength);
            if (value == '/')
            {
                end = at;
                return Reading.Yes;
            }
        }

        if (value != ':')
            return value == '@' ? Reading.No : GoesOnHost(text, at, final, value);
        var first = at + length;
        var digit = first;
        for (; digit < text.Length && digit - first < MostDigits && char.IsAsciiDigit((char)text[digit]); digit++)
            port = (port * 10) + text[digit] - '0';
        if (!Spelling.TryRead(text, digit, final, out value, out length))
            return Reading.More;
        if (digit == first && value is '/' or '?' or '#')
        {
            // RFC 3986 section 3.2.3: the port may be missing. Its colon goes, since a port may come.
            end = first;
            return Reading.Yes;
        }

        if (digit == first)
        {
            // A colon that no port follows: the sentence goes on, or CSP's "any port"; anything else may be a password.
            return value is Spelling.End or ' ' or '\t' or '\r' or '\n' or '"' or '\'' or '<' or '>' or ')' or ',' or ';' or '*' or '`'
                ? Reading.Yes
                : Reading.No;
        }

        if (digit - first == MostDigits || port is 0 or > 65535 || value == '@')
            return Reading.No;
        end = digit;
        return GoesOnHost(text, digit, final, value);
    }

    private static Reading ReadPath(ReadOnlySpan<byte> text, int at, bool final, ReadOnlySpan<byte> path, out int end)
    {
        end = at;
        if (path.IsEmpty)
            return Reading.Yes;
        var reach = at + PathReach(path.Length);
        int value, length;
        foreach (var b in path)
        {
            if (!Spelling.TryRead(text, end, final, out value, out length))
                return Reading.More;
            end += length;
            if (value != b || end > reach)
                return Reading.No;
        }

        var behind = end;
        if (!Spelling.TryRead(text, behind, final, out value, out length))
            return Reading.More;
        if (value == '.')
        {
            behind += length;
            if (!Spelling.TryRead(text, behind, final, out value, out _))
                return Reading.More;
            if (value is '/' or '.')
                return Reading.No;
        }

        return value is '~' or '$' or '+' or ':' or '@' ? Reading.No : GoesOnHost(text, behind, final, value);
    }

    // No if a host goes on with a character, Yes if it ends.
    private static Reading GoesOnHost(ReadOnlySpan<byte> text, int at, bool final, int value)
    {
        if (value < 0x80)
            return value >= 0 && (char.IsAsciiLetterOrDigit((char)value) || value is '-' or '_' or '%') ? Reading.No : Reading.Yes;
        if (at < text.Length && text[at] >= 0x80)
        {
            var status = Rune.DecodeFromUtf8(text[at..], out var rune, out _);
            if (status == OperationStatus.NeedMoreData && !final)
                return Reading.More;
            value = status == OperationStatus.Done ? rune.Value : Spelling.Unknown;
        }

        return EndsHost(value) ? Reading.Yes : Reading.No;
    }

    // Signs that no name can have (IDNA, RFC 5892), and that stand right behind one in prose: blanks, quotes, dashes, brackets, commas.
    private static bool EndsHost(int value) => value is 0xa0 or 0xab or 0xbb or 0x2013 or 0x2014 or (>= 0x2018 and <= 0x201f) or 0x2026 or 0x2039 or 0x203a
        or 0x3000 or 0x3001 or (>= 0x3008 and <= 0x3011) or (>= 0xff01 and <= 0xff02) or 0xff08 or 0xff09 or 0xff0c or (>= 0xff1a and <= 0xff1b) or 0xff1f;

    // Namespaces in XML 1.0 section 2.1: the name is compared as a string; mapped, it would be another namespace. So is an action of WSDL 1.1 section 3.4 and of
    // WS-Addressing, which clients send as SOAPAction.
    private static bool IsNamespaceName(ReadOnlySpan<byte> before)
    {
        before = before[Math.Max(0, before.Length - 96)..];
        if (!before.EndsWith("\""u8) && !before.EndsWith("'"u8))
            return false;
        before = before[..^1].TrimEnd(" \t\r\n"u8);
        if (!before.EndsWith("="u8))
            return false;
        before = before[..^1].TrimEnd(" \t\r\n"u8);
        var name = before[(before.LastIndexOfAny(" \t\r\n"u8) + 1)..];
        return name.SequenceEqual("xmlns"u8) || name.StartsWith("xmlns:"u8) || name.SequenceEqual("targetNamespace"u8) || name.SequenceEqual("namespace"u8)
            || name.SequenceEqual("soapAction"u8) || name.EndsWith(":Action"u8);
    }
}
