using System.IO.Pipelines;
using Elsewhere.Http.Interim;

namespace Elsewhere.Http.Http1;

/// <summary>
/// What the server writes, on its way to the client. It knows whether the response to the current request has begun, and from the first
/// bytes of it whether that is 100 Continue or 101; a response that must not be sent is thrown away.
/// </summary>
internal sealed class GuardedOutput(SharedWriter inner) : PipeWriter, IInterimWriter
{
    private const int Idle = 0;
    private const int Begun = 1;
    private const int Suppressed = 2;
    private const int Beginning = 16;
    private const int MostDiscarded = 65_536;

    private static ReadOnlySpan<byte> Continue => "HTTP/1.1 100 Continue\r\n\r\n"u8;

    private readonly byte[] beginning = new byte[Beginning];
    private int state;
    private long written;
    private bool watching;
    private Memory<byte> given;
    private byte[] discarded = [];
    private long discardedLength;

    /// <summary>The response to the current request is 101: what follows is another protocol.</summary>
    public bool HasSwitched => watching && written >= 12 && beginning.AsSpan(0, 12).SequenceEqual("HTTP/1.1 101"u8);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    /// <summary>All earlier responses are written; what is written from now on belongs to another request.</summary>
    public void StartResponse()
    {
        _ = Interlocked.CompareExchange(ref state, Idle, Begun);
        watching = false;
        inner.Turn(ServerTurn.Between);
    }

    /// <inheritdoc/>
    public bool TryWrite(int stream, int status, IReadOnlyList<(string Name, string Value)> fields) => inner.TryInsert(0, InterimHead.Of(status, fields));

    /// <summary>Looks at how the response to the current request begins.</summary>
    public void WatchResponse()
    {
        written = 0;
        watching = true;
    }

    /// <summary>Throws away what the server writes from now on.</summary>
    /// <returns>False if the response has already begun; then nothing changes.</returns>
    public bool TrySuppress()
    {
        if (Interlocked.CompareExchange(ref state, Suppressed, Idle) == Begun)
            return false;
        inner.Close();
        return true;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (!Begin())
            return Discarded(sizeHint);
        var memory = inner.GetMemory(sizeHint);
        if (watching)
            given = memory;
        return memory;
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        if (watching)
            return GetMemory(sizeHint).Span;
        return Begin() ? inner.GetSpan(sizeHint) : Discarded(sizeHint).Span;
    }

    public override void Advance(int bytes)
    {
        if (Volatile.Read(ref state) == Suppressed)
        {
            discardedLength += bytes;
            return;
        }

        if (watching)
            inner.Advance(bytes, Watch(given.Span[..bytes]));
        else
            inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (!Begin())
        {
            discardedLength += source.Length;
            return new(DiscardedResult);
        }

        return watching ? base.WriteAsync(source, cancellationToken) : inner.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        Volatile.Read(ref state) == Suppressed ? new(DiscardedResult) : inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <summary>The connection is completed by whoever opened it: there may be a refusal to be sent.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    /// <summary>The server's own short answer to the end of the input is let be; whoever goes on for long is told that nobody listens.</summary>
    private FlushResult DiscardedResult => new(isCanceled: false, isCompleted: discardedLength > MostDiscarded);

    private bool Begin()
    {
        var before = Interlocked.CompareExchange(ref state, Begun, Idle);
        if (before == Idle)
            inner.Turn(watching ? ServerTurn.Within : ServerTurn.Closed);
        return before != Suppressed;
    }

    // 100 Continue is no response yet, and what begins like it may become it.
    private ServerTurn Watch(ReadOnlySpan<byte> bytes)
    {
        if (written < Beginning)
            bytes[..(int)Math.Min(bytes.Length, Beginning - written)].CopyTo(beginning.AsSpan((int)written));
        written += bytes.Length;
        var known = (int)Math.Min(written, Beginning);
        if (written > Continue.Length || !beginning.AsSpan(0, known).SequenceEqual(Continue[..known]))
            return ServerTurn.Closed;
        if (written < Continue.Length)
            return ServerTurn.Within;
        written = 0;
        _ = Interlocked.CompareExchange(ref state, Idle, Begun);
        return ServerTurn.Between;
    }

    private Memory<byte> Discarded(int sizeHint)
    {
        if (discarded.Length < Math.Max(sizeHint, 4096))
            discarded = new byte[Math.Max(sizeHint, 4096)];
        return discarded;
    }
}
