using System.Buffers.Binary;

namespace Elsewhere.Http.Http2;

/// <summary>Finds the frames (RFC 9113 section 4.1) in pieces of any size.</summary>
internal sealed class FrameReader
{
    private const int HeadLength = 9;
    private readonly byte[] head = new byte[HeadLength];
    private int headRead;
    private int left;

    /// <summary>Begins to read.</summary>
    /// <param name="preface">So many bytes come before the first frame.</param>
    public FrameReader(int preface) => left = preface;

    /// <summary>The type of the current frame.</summary>
    public byte Type => head[3];

    /// <summary>Its flags.</summary>
    public byte Flags => head[4];

    /// <summary>Its stream.</summary>
    public int Stream => BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue;

    /// <summary>Bytes of its payload that have not come yet.</summary>
    public int Left => left;

    /// <summary>All that has come is whole frames.</summary>
    public bool IsBetween => left == 0 && headRead is 0 or HeadLength;

    /// <summary>Takes some bytes: payload of the current frame, or the head of the next one.</summary>
    /// <param name="piece">The bytes that follow those taken before; not empty. Afterwards what is left of them.</param>
    /// <param name="payload">What was taken of the current frame's payload.</param>
    /// <returns>True if the head of a frame is complete: it is the current one now.</returns>
    public bool Read(ref ReadOnlySpan<byte> piece, out ReadOnlySpan<byte> payload)
    {
        payload = piece[..Math.Min(left, piece.Length)];
        if (!payload.IsEmpty)
        {
            left -= payload.Length;
            piece = piece[payload.Length..];
            return false;
        }

        if (headRead == HeadLength)
            headRead = 0;
        var taken = Math.Min(HeadLength - headRead, piece.Length);
        piece[..taken].CopyTo(head.AsSpan(headRead));
        headRead += taken;
        piece = piece[taken..];
        if (headRead < HeadLength)
            return false;
        left = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
        return true;
    }
}
