using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Interim;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Http.Http2;

/// <summary>What the server sends, counted; when the client is cut off, no more of it goes out.</summary>
internal sealed class WatchedOutput(SharedWriter inner, Http1Limits limits) : PipeWriter, IInterimWriter
{
    private readonly FrameReader frames = new(preface: 0);
    private long flushed;
    private long flushingBytes;
    private long flushingSince;
    private volatile bool isCut;
    private volatile int tableSize = InterimFrame.InitialTableSize;
    private int goAwayRead;
    private Memory<byte> given;
    private bool inFields;
    private byte[] scratch = [];
    private long sent;
    private long writes;

    /// <summary>Bytes so far.</summary>
    public long Sent => Volatile.Read(ref sent);

    /// <summary>Pieces so far: one for a frame, or two.</summary>
    public long Writes => Volatile.Read(ref writes);

    /// <summary>What the client has room for.</summary>
    public ClientWindows Windows { get; } = new();

    /// <summary>What it takes of the streams that are waited for.</summary>
    public SentStreams Streams { get; } = new();

    /// <summary>Whether the client takes what is being sent more slowly than it may; any thread.</summary>
    public bool IsTooSlow => Volatile.Read(ref flushingSince) is var since and > 0
        && limits.Time.GetElapsedTime(since).TotalSeconds > limits.RateGrace.TotalSeconds + (Volatile.Read(ref flushingBytes) / limits.MinimumRate);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    private static FlushResult NobodyListens => new(isCanceled: false, isCompleted: true);

    /// <summary>Lets nothing more out. Called by the reader's thread; the writer's may be in the middle of a frame.</summary>
    public void Cut() => isCut = true;

    /// <summary>The error of the last GOAWAY of the server (RFC 9113 section 7); zero for none.</summary>
    public int Error { get; private set; }

    /// <summary>The client limits its table for header fields. Where it does so once more and otherwise, interim responses are left out from then on.</summary>
    public void SetTableSize(int size, bool isFirst)
    {
        if (isFirst && tableSize == InterimFrame.InitialTableSize)
            tableSize = size;
        else if (size != tableSize)
            inner.Close();
    }

    /// <inheritdoc/>
    public bool TryWrite(int stream, int status, IReadOnlyList<(string Name, string Value)> fields) =>
        !isCut && InterimFrame.Of(stream, status, fields, tableSize) is { } frame && inner.TryInsert(stream, frame);

    public override Memory<byte> GetMemory(int sizeHint = 0) => isCut ? Scratch(sizeHint) : given = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (isCut)
            return;
        Count(bytes);
        inner.Advance(bytes, See(given.Span[..bytes]) ? ServerTurn.Between : ServerTurn.Within);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        return isCut ? new(NobodyListens) : base.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (isCut)
            return new(NobodyListens);
        var before = flushed;
        flushed = sent;
        var flush = inner.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? flush : TimeAsync(flush, sent - before);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <summary>The connection is completed by whoever opened it.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<FlushResult> TimeAsync(ValueTask<FlushResult> flush, long bytes)
    {
        Volatile.Write(ref flushingBytes, bytes);
        Volatile.Write(ref flushingSince, Math.Max(1, limits.Time.GetTimestamp()));
        try
        {
            return await flush.ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref flushingSince, 0);
        }
    }

    // Whether something may be put in behind these bytes: not within a frame, nor within a header block (RFC 9113 section 4.3).
    private bool See(ReadOnlySpan<byte> piece)
    {
        const byte data = 0, headers = 1, reset = 3, pushPromise = 5, goAway = 7, continuation = 9, endHeaders = 4, endStream = 1;
        while (!piece.IsEmpty)
        {
            if (!frames.Read(ref piece, out var payload))
            {
                if (frames.Type == goAway)
                    SeeGoAway(payload);
                else if (frames.Type == data && !Streams.IsEmpty)
                    Streams.Add(frames.Stream, payload.Length);
                if (frames.Type == goAway && frames.Left == 0 && Error != 0)
                    Streams.EndAll();
                continue;
            }

            goAwayRead = 0;
            inFields = frames.Type is headers or pushPromise or continuation && (frames.Flags & endHeaders) == 0;
            if (frames.Type == reset)
                inner.End(frames.Stream);
            if (!Streams.IsEmpty && (frames.Type == reset || (frames.Type is data or headers && (frames.Flags & endStream) != 0)))
                Streams.End(frames.Stream);
        }

        return frames.IsBetween && !inFields;
    }

    // The last stream, then the error (RFC 9113 section 6.8).
    private void SeeGoAway(ReadOnlySpan<byte> payload)
    {
        const int begin = 4, end = 8;
        foreach (var octet in payload)
        {
            if (goAwayRead == begin)
                Error = 0;
            if (goAwayRead is >= begin and < end)
                Error = (Error << 8) | octet;
            goAwayRead++;
        }
    }

    private void Count(int bytes)
    {
        Volatile.Write(ref sent, sent + bytes);
        Volatile.Write(ref writes, writes + 1);
    }

    private byte[] Scratch(int sizeHint) => scratch.Length < Math.Max(4096, sizeHint) ? scratch = new byte[Math.Max(4096, sizeHint)] : scratch;
}
