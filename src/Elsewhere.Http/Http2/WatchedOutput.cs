using System.IO.Pipelines;

namespace Elsewhere.Http.Http2;

/// <summary>What the server sends, counted; when the client is cut off, no more of it goes out.</summary>
internal sealed class WatchedOutput(PipeWriter inner) : PipeWriter
{
    private volatile bool isCut;
    private byte[] scratch = [];
    private long sent;
    private long writes;

    /// <summary>Bytes so far.</summary>
    public long Sent => Volatile.Read(ref sent);

    /// <summary>Pieces so far: one for a frame, or two.</summary>
    public long Writes => Volatile.Read(ref writes);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    private static FlushResult NobodyListens => new(isCanceled: false, isCompleted: true);

    /// <summary>Lets nothing more out. Called by the reader's thread; the writer's may be in the middle of a frame.</summary>
    public void Cut() => isCut = true;

    public override Memory<byte> GetMemory(int sizeHint = 0) => isCut ? Scratch(sizeHint) : inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => isCut ? Scratch(sizeHint) : inner.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (isCut)
            return;
        Count(bytes);
        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (isCut)
            return new(NobodyListens);
        Count(source.Length);
        return inner.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => isCut ? new(NobodyListens) : inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <summary>The connection is completed by whoever opened it.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    private void Count(int bytes)
    {
        Volatile.Write(ref sent, sent + bytes);
        Volatile.Write(ref writes, writes + 1);
    }

    private byte[] Scratch(int sizeHint) => scratch.Length < Math.Max(4096, sizeHint) ? scratch = new byte[Math.Max(4096, sizeHint)] : scratch;
}
