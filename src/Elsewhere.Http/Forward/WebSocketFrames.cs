using System.Buffers.Binary;

namespace Elsewhere.Http.Forward;

/// <summary>Finds where the frames of a WebSocket begin (RFC 6455 section 5.2), in pieces of any size.</summary>
internal sealed class WebSocketFrames
{
    private const int MostHead = 10;
    private readonly byte[] head = new byte[MostHead];
    private int headRead;
    private long left;

    /// <summary>GOING AWAY, as a server says it: unmasked (RFC 6455 sections 5.5.1 and 7.4.1).</summary>
    public static ReadOnlyMemory<byte> GoingAway { get; } = new byte[] { 0x88, 2, 1001 >> 8, 1001 & 0xff };

    /// <summary>All that has come is whole frames.</summary>
    public bool IsBetween => left == 0 && headRead == 0;

    /// <summary>Whether the other side has said that it closes: nothing follows.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Takes bytes up to the end of a frame, at most.</summary>
    /// <param name="piece">The bytes that follow those taken before; not empty.</param>
    /// <returns>How many were taken.</returns>
    public int Read(ReadOnlySpan<byte> piece)
    {
        var at = 0;
        do
        {
            if (left > 0)
            {
                var taken = (int)Math.Min(left, piece.Length - at);
                left -= taken;
                at += taken;
                continue;
            }

            head[headRead++] = piece[at++];
            if (headRead < 2 || headRead < HeadLength)
                continue;
            left = PayloadLength + MaskLength;
            headRead = 0;
            IsClosed |= (head[0] & 0xf) == 8;
        }
        while (at < piece.Length && !IsBetween);

        return at;
    }

    private int MaskLength => (head[1] & 0x80) == 0 ? 0 : 4;

    private int HeadLength => (head[1] & 0x7f) switch { 126 => 4, 127 => 10, _ => 2 };

    private long PayloadLength => (head[1] & 0x7f) switch
    {
        126 => BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)),
        127 => BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(2)) & long.MaxValue,
        var length => length,
    };
}
