using System.Buffers;
using System.Buffers.Binary;

namespace Elsewhere.Http.Http2Client;

/// <summary>Frames that wait for the one writer of a connection. Used under the connection's gate.</summary>
internal sealed class Http2Output
{
    private const int Least = 16 * 1024;
    private byte[] buffer = [];

    /// <summary>How many bytes wait.</summary>
    public int Count { get; private set; }

    /// <summary>Adds bytes as they are.</summary>
    public void Add(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    /// <summary>Adds a frame.</summary>
    public void Add(FrameKind kind, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var room = Room(FrameHead.Size + payload.Length);
        new FrameHead(kind, flags, stream, payload.Length).Write(room);
        payload.CopyTo(room[FrameHead.Size..]);
    }

    /// <summary>Adds a frame whose payload is a number.</summary>
    public void Add(FrameKind kind, int stream, int number)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        Add(kind, 0, stream, payload);
    }

    /// <summary>Adds a field block, in as many frames as it needs.</summary>
    public void AddBlock(int stream, ReadOnlySpan<byte> block, bool endsStream)
    {
        var kind = FrameKind.Headers;
        var flags = endsStream ? FrameHead.EndStream : (byte)0;
        while (true)
        {
            var part = block[..Math.Min(block.Length, FrameHead.MostPayload)];
            block = block[part.Length..];
            Add(kind, block.IsEmpty ? (byte)(flags | FrameHead.EndHeaders) : flags, stream, part);
            if (block.IsEmpty)
                return;
            (kind, flags) = (FrameKind.Continuation, 0);
        }
    }

    /// <summary>Takes all that waits; the buffer is to be given back to the shared pool.</summary>
    public (byte[] Buffer, int Length) Take()
    {
        var taken = (buffer, Count);
        (buffer, Count) = ([], 0);
        return taken;
    }

    private Span<byte> Room(int length)
    {
        if (buffer.Length - Count < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, Math.Max(buffer.Length * 2, Count + length)));
            buffer.AsSpan(0, Count).CopyTo(larger);
            if (buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        var room = buffer.AsSpan(Count, length);
        Count += length;
        return room;
    }
}
