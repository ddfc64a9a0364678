using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Elsewhere.Http.Http2;

/// <summary>
/// An interim response as HTTP/2 writes it (RFC 9113 section 8.1): one HEADERS frame. Its fields are literals that are never indexed (RFC 7541 section 6.2.3), so that
/// neither the server's table nor the client's changes.
/// </summary>
internal static class InterimFrame
{
    /// <summary>The least that every peer takes (RFC 9113 section 4.2).</summary>
    private const int MostPayload = 16_384;
    private const int HeadLength = 9;

    /// <summary>The size of the table for header fields of which nobody has said anything (RFC 9113 section 6.5.2); the server takes no larger one.</summary>
    internal const int InitialTableSize = 4096;

    /// <summary>The frame; null if it would be too long for one.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="status">102 to 199.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="tableSize">
    /// What the client's table is limited to, and the server's with it. The first header block after a table has shrunk has to say so (RFC 7541 section 4.2), and each may.
    /// </param>
    internal static byte[]? Of(int stream, int status, IReadOnlyList<(string Name, string Value)> fields, int tableSize)
    {
        using var frame = new MemoryStream(256);
        frame.SetLength(HeadLength);
        frame.Position = HeadLength;

        if (tableSize < InitialTableSize)
            WriteNumber(frame, 0x20, 0x1f, tableSize);

        // :status is the eighth of the static table.
        frame.WriteByte(0x18);
        WriteText(frame, status.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in fields)
        {
            frame.WriteByte(0x10);
            WriteText(frame, name.ToLowerInvariant());
            WriteText(frame, value);
        }

        const byte headers = 1, endHeaders = 4;
        var length = (int)frame.Length - HeadLength;
        if (length > MostPayload)
            return null;
        var bytes = frame.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes, length << 8);
        bytes[3] = headers;
        bytes[4] = endHeaders;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), stream);
        return bytes;
    }

    // RFC 7541 section 5.2: not Huffman-coded.
    private static void WriteText(MemoryStream block, string text)
    {
        WriteNumber(block, 0, 0x7f, text.Length);
        block.Write(Encoding.Latin1.GetBytes(text));
    }

    // RFC 7541 section 5.1: the prefix is what is left of the first byte.
    private static void WriteNumber(MemoryStream block, byte pattern, byte prefix, int number)
    {
        const int more = 0x80;
        if (number < prefix)
        {
            block.WriteByte((byte)(pattern | number));
            return;
        }

        block.WriteByte((byte)(pattern | prefix));
        var rest = number - prefix;
        for (; rest >= more; rest >>= 7)
            block.WriteByte((byte)(rest | more));
        block.WriteByte((byte)rest);
    }
}
