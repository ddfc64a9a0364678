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
    private const int SettingLength = 6;
    private const int BytesForAPoint = 1024;
    private const int PointsPerSecond = 100;

    private readonly FrameReader frames = new(PrefaceLength);
    private readonly byte[] setting = new byte[SettingLength];
    private readonly TimeProvider time;
    private int settingRead;
    private int settingsFrames;
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
        const byte settings = 4, acknowledgement = 1, windowUpdate = 8;
        while (!piece.IsEmpty)
        {
            if (frames.Read(ref piece, out var payload))
            {
                settingRead = 0;
                settingsFrames += frames.Type == settings && (frames.Flags & acknowledgement) == 0 ? 1 : 0;
                if (!Count(frames.Type, frames.Flags, frames.Left, output))
                    return false;
            }
            else if (frames.Type == settings)
            {
                SeeSettings(payload, output);
            }
            else if (frames.Type == windowUpdate && frames.Stream == 0)
            {
                SeeWindow(payload, output);
            }
        }

        return true;
    }

    // What a client says first is known to the server before any request. When it says otherwise later on, nobody knows which header block the server writes first.
    private void SeeSettings(ReadOnlySpan<byte> payload, WatchedOutput output)
    {
        const int headerTableSize = 1, initialWindowSize = 4, initialTableSize = InterimFrame.InitialTableSize;
        foreach (var octet in payload)
        {
            setting[settingRead++] = octet;
            if (settingRead < SettingLength)
                continue;
            settingRead = 0;
            var value = BinaryPrimitives.ReadUInt32BigEndian(setting.AsSpan(2));
            if (BinaryPrimitives.ReadUInt16BigEndian(setting) == headerTableSize)
                output.SetTableSize((int)Math.Min(value, initialTableSize), isFirst: settingsFrames == 1);
            else if (BinaryPrimitives.ReadUInt16BigEndian(setting) == initialWindowSize)
                output.Windows.SetStream(value, isFirst: settingsFrames == 1);
        }
    }

    private void SeeWindow(ReadOnlySpan<byte> payload, WatchedOutput output)
    {
        const int updateLength = 4;
        foreach (var octet in payload)
        {
            setting[settingRead++] = octet;
            if (settingRead < updateLength)
                continue;
            settingRead = 0;
            output.Windows.Open(BinaryPrimitives.ReadInt32BigEndian(setting) & int.MaxValue);
        }
    }

    private bool Count(byte type, byte flags, int length, WatchedOutput output)
    {
        const byte data = 0, headers = 1, reset = 3, windowUpdate = 8, continuation = 9, endStream = 1;
        continuations = type == continuation ? continuations + 1 : 0;
        if (continuations > MostContinuations)
            return false;

        if (type == reset)
            output.Streams.End(frames.Stream);

        // What is of use: a request, data, and resets, which Kestrel itself keeps count of.
        if (type is headers or reset || (type == data && (length > 0 || (flags & endStream) != 0)))
        {
            points = Math.Max(0, points - ((double)length / BytesForAPoint));
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
