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

    /// <summary>The frame; null if it would be too long for one.</summary>
    internal static byte[]? Of(int stream, int status, IReadOnlyList<(string Name, string Value)> fields)
    {
        using var frame = new MemoryStream(256);
        frame.SetLength(HeadLength);
        frame.Position = HeadLength;

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

    // RFC 7541 sections 5.1 and 5.2: not Huffman-coded, the length with a prefix of seven bits.
    private static void WriteText(MemoryStream block, string text)
    {
        const int prefix = 127;
        if (text.Length < prefix)
        {
            block.WriteByte((byte)text.Length);
        }
        else
        {
            block.WriteByte(prefix);
            var rest = text.Length - prefix;
            for (; rest > prefix; rest >>= 7)
                block.WriteByte((byte)((rest & prefix) | (prefix + 1)));
            block.WriteByte((byte)rest);
        }

        block.Write(Encoding.Latin1.GetBytes(text));
    }
}
