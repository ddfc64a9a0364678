using System.Buffers;
using System.IO.Pipelines;

namespace Elsewhere.Http.Interim;

/// <summary>Where in its output a server is.</summary>
internal enum ServerTurn
{
    /// <summary>Between two messages: something may be put in.</summary>
    Between,

    /// <summary>In the middle of something that ends soon: what is put in waits for that.</summary>
    Within,

    /// <summary>In the final response, behind which it would be too late.</summary>
    Closed,
}

/// <summary>
/// The way to a client that two use: the server, which takes it for its own, and whoever has something to put in between. What is put in goes out whole, where the
/// server says that it may; the server never waits for it, save where the client does not read.
/// </summary>
internal sealed class SharedWriter(PipeWriter inner) : PipeWriter
{
    // What a client is owed that does not read: more is left out.
    private const int MostWaiting = 64 * 1024;
    private readonly Lock gate = new();
    private readonly Queue<(int Stream, byte[] Bytes)> waiting = new();
    private readonly HashSet<int> ended = [];
    private int endedBelow;
    private int waitingLength;
    private volatile ServerTurn turn = ServerTurn.Between;
    private bool busy;
    private volatile Task flushing = Task.CompletedTask;
    private bool closed;
    private volatile ArrayBufferWriter<byte>? detour;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes + (detour?.WrittenCount ?? 0);

    // Nothing is put in behind the beginning of a final response, so that most of the output needs no lock.
    private bool IsAlone => turn == ServerTurn.Closed && detour is null && flushing.IsCompleted;

    /// <summary>Puts something in, now or as soon as the server is between two messages.</summary>
    /// <returns>False if it is too late, or too much waits already.</returns>
    public bool TryInsert(int stream, byte[] bytes)
    {
        lock (gate)
        {
            if (closed || turn == ServerTurn.Closed || waitingLength + bytes.Length > MostWaiting)
                return false;
            waiting.Enqueue((stream, bytes));
            waitingLength += bytes.Length;
            if (turn == ServerTurn.Between && !busy)
                Insert(flush: true);
            return true;
        }
    }

    /// <summary>Says where the server is; to be called by the server's thread, between its calls.</summary>
    public void Turn(ServerTurn next)
    {
        lock (gate)
        {
            turn = next;
            busy = false;
            if (next == ServerTurn.Closed)
                Forget();
        }
    }

    /// <summary>Nothing is put in any more, wherever the server is.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Forget();
        }
    }

    /// <summary>Nothing is put in for a stream any more; the server has ended it.</summary>
    public void End(int stream)
    {
        const int mostKnown = 1024;
        lock (gate)
        {
            ended.Add(stream);
            if (ended.Count < mostKnown)
                return;

            // What has been open for so long gets none any more, whether it has ended or not.
            endedBelow = Math.Max(endedBelow, ended.Max());
            ended.Clear();
        }
    }

    /// <summary>Waits until what was put in is on its way, so that the writer behind can be used without this one.</summary>
    /// <returns>False if the client does not read.</returns>
    public async Task<bool> SettleAsync(TimeSpan most, TimeProvider time)
    {
        Close();
        try
        {
            await flushing.WaitAsync(most, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (IsAlone)
            return inner.GetMemory(sizeHint);
        lock (gate)
        {
            busy = true;
            if (detour is null && flushing.IsCompleted)
                return inner.GetMemory(sizeHint);
            if (detour is null)
            {
                // What waits for the flush came before what the server is about to write, and must not come behind it.
                detour = new ArrayBufferWriter<byte>();
                if (turn == ServerTurn.Between)
                    Insert(flush: false);
            }

            return detour.GetMemory(sizeHint);
        }
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>The same as <see cref="Advance(int)"/>; and then the server is where it says.</summary>
    public void Advance(int bytes, ServerTurn next)
    {
        lock (gate)
        {
            turn = next;
            if (next == ServerTurn.Closed)
                Forget();
            Put(bytes);
        }
    }

    public override void Advance(int bytes)
    {
        if (IsAlone)
        {
            inner.Advance(bytes);
            return;
        }

        lock (gate)
            Put(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (IsAlone)
            return inner.FlushAsync(cancellationToken);
        ValueTask<FlushResult> flush;
        lock (gate)
        {
            busy = true;
            if (detour is not null || !flushing.IsCompleted)
                return DetourAsync(cancellationToken);
            flush = inner.FlushAsync(cancellationToken);
            if (flush.IsCompletedSuccessfully)
            {
                Rest();
                return flush;
            }
        }

        return RestAfterAsync(flush);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        IsAlone ? inner.WriteAsync(source, cancellationToken) : base.WriteAsync(source, cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <summary>The connection is completed by whoever opened it.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    private void Put(int bytes)
    {
        busy = false;
        if (detour is { } beside)
            beside.Advance(bytes);
        else
            inner.Advance(bytes);

        // A flush of the server's own follows.
        if (turn == ServerTurn.Between)
            Insert(flush: false);
    }

    private void Rest()
    {
        busy = false;
        if (turn == ServerTurn.Between)
            Insert(flush: true);
    }

    private async ValueTask<FlushResult> RestAfterAsync(ValueTask<FlushResult> flush)
    {
        var result = await flush.ConfigureAwait(false);
        lock (gate)
            Rest();
        return result;
    }

    private async ValueTask<FlushResult> DetourAsync(CancellationToken cancellationToken)
    {
        await flushing.WaitAsync(cancellationToken).ConfigureAwait(false);
        ValueTask<FlushResult> flush;
        lock (gate)
        {
            if (detour is { } beside)
                inner.Write(beside.WrittenSpan);
            detour = null;
            flush = inner.FlushAsync(cancellationToken);
        }

        return await RestAfterAsync(flush).ConfigureAwait(false);
    }

    private bool HasEnded(int stream) => ended.Contains(stream) || (stream > 0 && stream <= endedBelow);

    private void Forget()
    {
        waiting.Clear();
        waitingLength = 0;
    }

    private void Insert(bool flush)
    {
        if (waiting.Count == 0 || (detour is null && !flushing.IsCompleted))
            return;
        IBufferWriter<byte> target = detour is { } beside ? beside : inner;
        while (waiting.TryDequeue(out var next))
        {
            if (!HasEnded(next.Stream))
                target.Write(next.Bytes);
        }

        waitingLength = 0;

        // Behind a detour the server's own flush comes.
        if (flush && detour is null)
            Flush();
    }

    private void Flush()
    {
        var flush = inner.FlushAsync();
        if (!flush.IsCompletedSuccessfully)
            flushing = SettledAsync(flush);
    }

    private async Task SettledAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush.ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The client has gone, which the server hears from its own writing.
        }

        lock (gate)
        {
            flushing = Task.CompletedTask;
            if (!busy && detour is null && turn == ServerTurn.Between)
                Insert(flush: true);
        }
    }
}
