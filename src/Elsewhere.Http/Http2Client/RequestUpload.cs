using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Http2Client;

/// <summary>Sends the body of a request as it comes from the client and as the origin takes it. Used again with its stream.</summary>
/// <param name="connection">The connection.</param>
/// <param name="stream">The stream.</param>
internal sealed class RequestUpload(Http2Connection connection, Http2Stream stream) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> room = new() { RunContinuationsAsynchronously = true };
    private Task? sending;
    private TaskCompletionSource<bool>? word;
    private RequestBody? body;
    private bool waiting;
    private bool isStopped;
    private bool isReading;

    /// <summary>Whether the client was asked for any of it.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether nothing is on its way any more.</summary>
    public bool IsEnded => sending is null || sending.IsCompleted;

    /// <summary>Begins another request.</summary>
    public void Clear()
    {
        (sending, word, body) = (null, null, null);
        HasBegun = waiting = isStopped = isReading = false;
    }

    /// <summary>Begins with a body.</summary>
    /// <param name="from">The body.</param>
    /// <param name="waits">Whether the origin's word is waited for (RFC 9110 section 10.1.1).</param>
    public void Begin(RequestBody from, bool waits)
    {
        body = from;
        if (waits)
            Volatile.Write(ref word, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
        sending = SendAsync(from);
    }

    /// <summary>The origin wants the body.</summary>
    public void GoOn() => Volatile.Read(ref word)?.TrySetResult(true);

    /// <summary>The final answer has come: a body that waits for the origin's word is not sent any more.</summary>
    public void Answered() => word?.TrySetResult(false);

    /// <summary>Ends it: what the client has not sent yet is left where it is.</summary>
    public async ValueTask StopAsync()
    {
        Volatile.Write(ref isStopped, true);
        Interlocked.MemoryBarrier();
        word?.TrySetResult(false);
        if (!sending!.IsCompleted && Volatile.Read(ref isReading))
            body!.Reader.CancelPendingRead();
        await sending.ConfigureAwait(false);
    }

    /// <summary>Ends when there may be room for more. Under the gate.</summary>
    public ValueTask RoomAsync()
    {
        waiting = true;
        room.Reset();
        return new ValueTask(this, room.Version);
    }

    /// <summary>There may be room, or it is over. Under the gate.</summary>
    public void Wake()
    {
        if (!waiting)
            return;
        waiting = false;
        room.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => room.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => room.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        room.OnCompleted(continuation, state, token, flags);

    private async Task SendAsync(RequestBody from)
    {
        if (word is not null && !await MayGoOnAsync(word.Task).ConfigureAwait(false))
            return;
        HasBegun = true;
        from.Begun?.Invoke();
        long sent = 0;
        while (true)
        {
            Volatile.Write(ref isReading, true);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref isStopped))
                return;
            ReadResult read;
            try
            {
                read = await from.Reader.ReadAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The origin must not take what came for all there is.
                from.Failed?.Invoke(e);
                stream.Abandon();
                return;
            }

            Volatile.Write(ref isReading, false);
            if (read.IsCanceled || Volatile.Read(ref isStopped))
            {
                from.Reader.AdvanceTo(read.Buffer.Start);
                return;
            }

            sent += read.Buffer.Length;
            if (read.IsCompleted && from.Length is { } length && sent != length)
            {
                from.Reader.AdvanceTo(read.Buffer.End);
                stream.Abandon();
                return;
            }

            bool goesOn;
            try
            {
                goesOn = await PutAsync(from, read).ConfigureAwait(false);
            }
            finally
            {
                from.Reader.AdvanceTo(read.Buffer.End);
            }

            from.Moved?.Invoke();
            if (!goesOn || read.IsCompleted)
                return;
        }
    }

    // False where the origin takes no more of it.
    private async ValueTask<bool> PutAsync(RequestBody from, ReadResult read)
    {
        IEnumerable<HttpField>? fields;
        try
        {
            fields = read.IsCompleted ? from.Trailers?.Invoke() : null;
        }
        catch (Exception e)
        {
            // What stands behind the body is none of this request's, and so the body has no end.
            from.Failed?.Invoke(e);
            stream.Abandon();
            return false;
        }

        if (RequestBlock.SizeOf(fields) is var size && size > connection.MostHead)
        {
            stream.Abandon(new HeadRefusedException(size, connection.MostHead));
            return false;
        }

        var trailers = RequestBlock.Trailers(fields);
        var endsByData = read.IsCompleted && trailers is null;
        var left = read.Buffer.Length;
        foreach (var part in read.Buffer)
        {
            left -= part.Length;
            if (!part.IsEmpty && !await PutAsync(part, endsByData && left == 0).ConfigureAwait(false))
                return false;
        }

        if (trailers is not null)
            connection.SendTrailers(stream, trailers);
        else if (endsByData && read.Buffer.IsEmpty)
            return await PutAsync(default, isLast: true).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> PutAsync(ReadOnlyMemory<byte> piece, bool isLast)
    {
        while (true)
        {
            var count = connection.Send(stream, piece.Span, isLast, out var wait);
            if (count < 0)
                return false;
            piece = piece[count..];
            if (piece.IsEmpty)
                return true;
            if (count == 0)
                await wait.ConfigureAwait(false);
        }
    }

    private async Task<bool> MayGoOnAsync(Task<bool> answer)
    {
        try
        {
            return await answer.WaitAsync(connection.Limits.Continue, connection.Pool.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody is to wait for ever for an origin that may not know the expectation.
            return !Volatile.Read(ref isStopped);
        }
    }
}
