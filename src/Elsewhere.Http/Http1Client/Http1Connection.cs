using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Elsewhere.Http.Network;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Http.Http1Client;

/// <summary>
/// One connection to an origin: a stream, and what was read from it and not taken yet. While nobody uses it, it reads on: what comes then, or its end, closes it. The
/// same read gets the beginning of the next answer.
/// </summary>
/// <remarks>One writer and one reader at a time; <see cref="Abort"/> may be called by any thread.</remarks>
internal sealed class Http1Connection : IValueTaskSource<int>
{
    private const int Used = 0, Idle = 1, Closed = 2;
    private const int Small = 8 * 1024;
    private readonly Stream stream;
    private readonly SocketStream? socket;
    private readonly Http1Pool pool;
    private readonly Action onRead;
    private byte[] buffer = [];
    private int start;
    private int end;
    private int state;
    private int closed;
    private bool isAhead;
    private bool aheadDone;
    private bool pending;
    private ManualResetValueTaskSourceCore<int> ahead;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter reading;

    /// <summary>Takes a connection over.</summary>
    /// <param name="stream">The connection, TLS included.</param>
    /// <param name="socket">What is below, for its end to be seen at once; null if unknown.</param>
    /// <param name="pool">Whose it is.</param>
    /// <param name="limits">What an answer may ask of us.</param>
    public Http1Connection(Stream stream, SocketStream? socket, Http1Pool pool, AnswerLimits limits)
    {
        (this.stream, this.socket, this.pool) = (stream, socket, pool);
        onRead = OnRead;
        socket?.RunInline();
        Exchange = new Http1Exchange(this, pool, limits);
    }

    /// <summary>The request and answer that it carries.</summary>
    public Http1Exchange Exchange { get; }

    /// <summary>Whether it carried an answer before.</summary>
    public bool WasUsed { get; set; }

    /// <summary>When it is given up if nobody uses it; a time stamp of the pool's clock.</summary>
    public long IdleUntil { get; set; }

    /// <summary>Whether it is closed.</summary>
    public bool IsClosed => Volatile.Read(ref state) == Closed;

    /// <summary>What was read and not taken yet.</summary>
    public ReadOnlyMemory<byte> Buffered => buffer.AsMemory(start, end - start);

    /// <summary>The connection itself, for whoever switches protocols.</summary>
    public Stream Stream => stream;

    /// <summary>Takes it for a request; false if it is not fit for one any more, and closed.</summary>
    public bool TryUse()
    {
        if (Interlocked.CompareExchange(ref state, Used, Idle) != Idle)
            return false;
        if (!Volatile.Read(ref aheadDone) && !HasNews())
            return true;
        Close();
        return false;
    }

    /// <summary>Whether the origin has sent nothing since its answer, as far as the kernel knows, nor ended the connection.</summary>
    public bool IsQuiet => !HasNews();

    /// <summary>Leaves it for the next request; false if it ended meanwhile, or sent what nobody asked for.</summary>
    public bool TryPark()
    {
        if (buffer.Length != Small)
            Replace(Small);
        (start, end, isAhead, aheadDone, pending) = (0, 0, true, false, true);
        ahead.Reset();
        try
        {
            if (Interlocked.CompareExchange(ref state, Idle, Used) == Used)
#pragma warning disable CA2012 // It is consumed once, by OnRead.
                reading = stream.ReadAsync(buffer).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            else
                pending = false;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            pending = false;
        }

        if (!pending)
        {
            Close();
            return false;
        }

        if (!reading.IsCompleted)
        {
            reading.UnsafeOnCompleted(onRead);
            return true;
        }

        OnRead();
        return false;
    }

    /// <summary>Reads more behind what there is.</summary>
    /// <param name="wanted">How much room there should be at least, if nothing is kept.</param>
    /// <returns>How much came; 0 at the end.</returns>
    public ValueTask<int> FillAsync(int wanted = Small)
    {
        if (isAhead)
        {
            isAhead = false;
            return Added(new ValueTask<int>(this, ahead.Version));
        }

        MakeRoom(wanted);
        pending = true;
        return Added(stream.ReadAsync(buffer.AsMemory(end)));
    }

    /// <summary>Takes bytes off the front.</summary>
    public void Take(int count) => start += count;

    /// <summary>Writes.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    /// <summary>Ends everything that is under way.</summary>
    public void Abort()
    {
        Volatile.Write(ref state, Closed);
        if (socket is null)
        {
            stream.Dispose();
            return;
        }

        // A FIN: closing a socket that is being read from would be a reset, which may take from the origin what it has not read yet.
        socket.Shutdown();
        socket.Dispose();
    }

    /// <summary>Closes it if nobody uses it.</summary>
    public void CloseIfIdle()
    {
        if (Interlocked.CompareExchange(ref state, Closed, Idle) == Idle)
            Close();
    }

    /// <summary>Closes it; for whoever uses it.</summary>
    public void Close()
    {
        Volatile.Write(ref state, Closed);
        if (Interlocked.Exchange(ref closed, 1) == 1)
            return;

        // A read that is under way may still write into the buffer.
        if (!pending)
            Replace(0);
        stream.Dispose();
    }

    int IValueTaskSource<int>.GetResult(short token) => ahead.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => ahead.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        ahead.OnCompleted(continuation, state, token, flags);

    private void OnRead()
    {
        var count = 0;
        Exception? failure = null;
        try
        {
            count = reading.GetResult();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            failure = e;
        }

        pending = false;
        Volatile.Write(ref aheadDone, true);
        if (Interlocked.CompareExchange(ref state, Closed, Idle) == Idle)
        {
            pool.Forget(this);
            Close();
        }
        else if (failure is not null)
        {
            ahead.SetException(failure);
        }
        else
        {
            ahead.SetResult(count);
        }
    }

    // What the origin has sent may be known to the kernel before it is to us. A secure connection has tickets to send at first, which are nobody's answer.
    private bool HasNews() => socket is not null && (WasUsed || stream == socket) && socket.HasNews;

    private ValueTask<int> Added(ValueTask<int> read)
    {
        if (!read.IsCompletedSuccessfully)
            return AddAsync(read);
        pending = false;
        var count = read.Result;
        end += count;
        return new ValueTask<int>(count);
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<int> AddAsync(ValueTask<int> read)
    {
        try
        {
            var count = await read.ConfigureAwait(false);
            end += count;
            return count;
        }
        finally
        {
            pending = false;
        }
    }

    private void MakeRoom(int wanted)
    {
        if (start == end)
        {
            start = end = 0;
            if (buffer.Length < wanted)
                Replace(wanted);
        }
        else if (end == buffer.Length)
        {
            var kept = end - start;
            var larger = start > 0 && kept <= buffer.Length / 2 ? buffer : ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
            buffer.AsSpan(start, kept).CopyTo(larger);
            if (larger != buffer)
                ArrayPool<byte>.Shared.Return(buffer);
            (buffer, start, end) = (larger, 0, kept);
        }
    }

    private void Replace(int length)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = length > 0 ? ArrayPool<byte>.Shared.Rent(length) : [];
    }
}
