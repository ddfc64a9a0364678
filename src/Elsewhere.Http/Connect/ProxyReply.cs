using System.Globalization;

namespace Elsewhere.Http.Connect;

/// <summary>What the bytes of a proxy's answer are so far.</summary>
internal enum ProxyReplyKind
{
    /// <summary>The beginning of an answer.</summary>
    Partial,

    /// <summary>A whole answer.</summary>
    Whole,

    /// <summary>No HTTP/1 answer.</summary>
    Garbled,
}

/// <summary>Reads the head of the answer to CONNECT, strictly (RFC 9112 sections 4 and 5): nobody else interprets it after us.</summary>
internal static class ProxyReply
{
    /// <summary>The longest head, in bytes.</summary>
    public const int Limit = 16_384;

    private const int StatusStart = 9, ReasonStart = 12;

    /// <summary>Looks at everything that came so far.</summary>
    /// <param name="bytes">The bytes, from the first one.</param>
    /// <param name="status">100 to 599, if it is whole.</param>
    /// <param name="length">Where it ends, if it is whole.</param>
    public static ProxyReplyKind Read(ReadOnlySpan<byte> bytes, out int status, out int length)
    {
        status = length = 0;
        var position = 0;
        while (true)
        {
            var rest = bytes[position..];
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            // A CR may be the last byte so far; anywhere else it belongs to a line feed.
            var text = line is [.., (byte)'\r'] ? line[..^1] : line;
            if (text.ContainsAnyInRange((byte)0, (byte)8) || text.ContainsAnyInRange((byte)10, (byte)31) || text.Contains((byte)127) || (end >= 0 && line.Length == text.Length))
                return ProxyReplyKind.Garbled;
            if (position == 0 && !IsStatusLine(text, isWhole: end >= 0))
                return ProxyReplyKind.Garbled;
            if (end < 0)
                return bytes.Length >= Limit ? ProxyReplyKind.Garbled : ProxyReplyKind.Partial;
            if (position > 0 && text.IsEmpty)
            {
                length = position + end + 1;
                status = int.Parse(bytes.Slice(StatusStart, 3), NumberStyles.None, CultureInfo.InvariantCulture);
                return length > Limit ? ProxyReplyKind.Garbled : ProxyReplyKind.Whole;
            }

            if (position > 0 && !IsField(text))
                return ProxyReplyKind.Garbled;
            position += end + 1;
        }
    }

    // HTTP/1.x SP 3DIGIT [SP reason]; as far as it goes.
    private static bool IsStatusLine(ReadOnlySpan<byte> line, bool isWhole)
    {
        var version = "HTTP/1."u8;
        if (!line[..Math.Min(line.Length, version.Length)].SequenceEqual(version[..Math.Min(line.Length, version.Length)]))
            return false;
        for (var i = version.Length; i < Math.Min(line.Length, ReasonStart + 1); i++)
        {
            var isRight = i switch
            {
                7 or 10 or 11 => line[i] is >= (byte)'0' and <= (byte)'9',
                StatusStart => line[i] is >= (byte)'1' and <= (byte)'5',
                _ => line[i] == ' ',
            };
            if (!isRight)
                return false;
        }

        return !isWhole || line.Length >= ReasonStart;
    }

    private static bool IsField(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');
        return colon > 0 && !line[..colon].ContainsAny((byte)' ', (byte)'\t');
    }
}
