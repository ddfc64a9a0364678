using System.Buffers.Binary;

namespace Elsewhere.Http.Http2;

/// <summary>
/// Counts frames that cost the server work and carry nothing (CVE-2019-9512, -9515, -9518, VU#421644): Kestrel answers any number of them. Each costs a
/// point; bytes that are of use and time give points back. One for each connection, read by one thread.
/// </summary>
internal sealed class FrameWatch
{
    /// <summary>Points until a connection is ended. No client that does its work comes near: a ping, a window update or a setting comes with some kilobytes of data.</summary>
    internal const int MostPoints = 10_000;

    /// <summary>Frames of one header block; a head as large as allowed fits into five.</summary>
    internal const int MostContinuations = 64;

    private const int PrefaceLength = 24;
    private const int HeadLength = 9;
    private const int BytesForAPoint = 1024;
    private const int PointsPerSecond = 100;

    private readonly byte[] head = new byte[HeadLength];
    private readonly TimeProvider time;
    private int headRead;
    private int skip = PrefaceLength;
    private int continuations;
    private double points;
    private double updates;
    private long since;
    private long bytesBefore;
    private long writesBefore;

    public FrameWatch(TimeProvider time)
    {
        this.time = time;
        since = time.GetTimestamp();
    }

    /// <summary>Looks at what the client has sent.</summary>
    /// <param name="piece">The bytes that follow those seen before.</param>
    /// <param name="output">What the server has sent so far.</param>
    /// <returns>False if it is enough.</returns>
    public bool See(ReadOnlySpan<byte> piece, WatchedOutput output)
    {
        while (!piece.IsEmpty)
        {
            var skipped = Math.Min(skip, piece.Length);
            skip -= skipped;
            piece = piece[skipped..];
            var taken = Math.Min(HeadLength - headRead, piece.Length);
            if (skip > 0 || taken == 0)
                continue;
            piece[..taken].CopyTo(head.AsSpan(headRead));
            headRead += taken;
            piece = piece[taken..];
            if (headRead < HeadLength)
                continue;
            headRead = 0;
            skip = BinaryPrimitives.ReadInt32BigEndian(head) >>> 8;
            if (!Count(head[3], head[4], output))
                return false;
        }

        return true;
    }

    private bool Count(byte type, byte flags, WatchedOutput output)
    {
        const byte data = 0, headers = 1, reset = 3, windowUpdate = 8, continuation = 9, endStream = 1;
        continuations = type == continuation ? continuations + 1 : 0;
        if (continuations > MostContinuations)
            return false;

        // What is of use: a request, data, and resets, which Kestrel itself keeps count of.
        if (type is headers or reset || (type == data && (skip > 0 || (flags & endStream) != 0)))
        {
            points = Math.Max(0, points - ((double)skip / BytesForAPoint));
            return true;
        }

        // Nothing is written in answer to a window update, so what is written stands for data; some clients send two for each piece of it.
        if (type == windowUpdate)
            updates++;
        else
            points++;
        return (points <= MostPoints && updates <= MostPoints) || Forgive(output);
    }

    private bool Forgive(WatchedOutput output)
    {
        var returned = ((double)(output.Sent - bytesBefore) / BytesForAPoint) + (time.GetElapsedTime(since).TotalSeconds * PointsPerSecond);
        points = Math.Max(0, points - returned);
        updates = Math.Max(0, updates - returned - (2 * (output.Writes - writesBefore)));
        since = time.GetTimestamp();
        bytesBefore = output.Sent;
        writesBefore = output.Writes;
        return points <= MostPoints && updates <= MostPoints;
    }
}
