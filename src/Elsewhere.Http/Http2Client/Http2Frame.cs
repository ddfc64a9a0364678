using System.Buffers.Binary;

namespace Elsewhere.Http.Http2Client;

/// <summary>The types of frames (RFC 9113 section 6).</summary>
internal enum FrameKind : byte
{
    /// <summary>Content.</summary>
    Data = 0,

    /// <summary>A field block, or its beginning.</summary>
    Headers = 1,

    /// <summary>Nothing any more (RFC 9113 section 5.3.2).</summary>
    Priority = 2,

    /// <summary>The end of a stream.</summary>
    Reset = 3,

    /// <summary>What the sender takes.</summary>
    Settings = 4,

    /// <summary>A request that the server makes up.</summary>
    Push = 5,

    /// <summary>A question whether the peer is there, and its answer.</summary>
    Ping = 6,

    /// <summary>No further streams.</summary>
    GoAway = 7,

    /// <summary>Room for content.</summary>
    WindowUpdate = 8,

    /// <summary>More of a field block.</summary>
    Continuation = 9,
}

/// <summary>Error codes (RFC 9113 section 7).</summary>
internal enum Http2Error
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A rule was broken.</summary>
    Protocol = 1,

    /// <summary>More content than there is room for.</summary>
    FlowControl = 3,

    /// <summary>A frame of a size that it cannot have.</summary>
    FrameSize = 6,

    /// <summary>Nothing was done with the stream.</summary>
    RefusedStream = 7,

    /// <summary>Nobody wants it any more.</summary>
    Cancel = 8,

    /// <summary>A field block does not decode.</summary>
    Compression = 9,

    /// <summary>Too much that is of no use.</summary>
    EnhanceYourCalm = 11,
}

/// <summary>The head of a frame (RFC 9113 section 4.1).</summary>
/// <param name="Kind">Its type.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Stream">Its stream; 0 for the connection.</param>
/// <param name="Length">How long its payload is.</param>
internal readonly record struct FrameHead(FrameKind Kind, byte Flags, int Stream, int Length)
{
    /// <summary>How long a head is.</summary>
    public const int Size = 9;

    /// <summary>The longest payload that either side sends here: what every peer takes.</summary>
    public const int MostPayload = 16_384;

    /// <summary>Flags of DATA and HEADERS, of SETTINGS and PING, of HEADERS and CONTINUATION, of DATA and HEADERS, and of HEADERS.</summary>
    public const byte EndStream = 1, Ack = 1, EndHeaders = 4, Padded = 8, WithPriority = 0x20;

    /// <summary>Reads one of nine bytes.</summary>
    public static FrameHead Read(ReadOnlySpan<byte> bytes) => new(
        (FrameKind)bytes[3], bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue, BinaryPrimitives.ReadInt32BigEndian(bytes) >>> 8);

    /// <summary>Whether a flag is set.</summary>
    public bool Has(byte flag) => (Flags & flag) != 0;

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> output)
    {
        BinaryPrimitives.WriteInt32BigEndian(output, Length << 8);
        output[3] = (byte)Kind;
        output[4] = Flags;
        BinaryPrimitives.WriteInt32BigEndian(output[5..], Stream);
    }
}
