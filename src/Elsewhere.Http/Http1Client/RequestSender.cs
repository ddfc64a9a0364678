using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Elsewhere.Http.Http1Client;

/// <summary>
/// Sends a request: its head in one piece, with the beginning of its body where that is there already; then the body as it comes from the client and as the origin
/// takes it. Used again for the next request.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="limits">How long a body waits for the origin's word.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestSender(Http1Connection connection, AnswerLimits limits, TimeProvider time)
{
    private const int Room = 16 * 1024;

    // The longest line with a size, the CRLF behind the data.
    private const int ChunkRoom = 16;
    private static readonly TimeSpan grace = TimeSpan.FromMilliseconds(100);
    private static readonly ReadOnlyMemory<byte> endOfLine = "\r\n"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> lastChunk = "0\r\n"u8.ToArray();
    private RequestBody? body;
    private Task? sending;
    private TaskCompletionSource<bool>? word;
    private byte[]? output;
    private int filled;
    private long sent;
    private bool isWhole;
    private bool isStopped;
    private bool isReading;

    /// <summary>Whether nothing is on its way any more.</summary>
    public bool IsEnded => sending is null || sending.IsCompleted;

    /// <summary>Whether every byte of the request was given to the kernel, or is about to be.</summary>
    public bool IsWhole => Volatile.Read(ref isWhole);

    /// <summary>Sends the head, and begins with the body; ends when the head has been sent, not the body.</summary>
    public ValueTask BeginAsync(OriginRequest request)
    {
        (body, sending, word, sent) = (request.Body, null, null, 0);
        isWhole = isStopped = isReading = false;
        (output, filled) = RequestHeadWriter.Write(request, body is null ? 0 : Room);
        if (body is null)
            return SendHeadAsync();
        if (request.ExpectsContinue)
            word = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        sending = SendAsync(body);
        return default;
    }

    /// <summary>The origin wants the body.</summary>
    public void GoOn() => word?.TrySetResult(true);

    /// <summary>The final answer has come: a body that waits for the origin's word is not sent any more.</summary>
    public void Answered() => word?.TrySetResult(false);

    /// <summary>Waits a moment for the news that the last bytes are on their way.</summary>
    /// <returns>Whether they are.</returns>
    public async ValueTask<bool> SettleAsync()
    {
        try
        {
            await sending!.WaitAsync(grace, time).ConfigureAwait(false);
            return IsWhole;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Ends it, once the connection is of no use any more: what the client has not sent yet is left where it is.</summary>
    public async ValueTask StopAsync()
    {
        if (sending is null)
            return;
        Volatile.Write(ref isStopped, true);
        Interlocked.MemoryBarrier();
        word?.TrySetResult(false);
        if (!sending.IsCompleted && Volatile.Read(ref isReading))
            body!.Reader.CancelPendingRead();
        await sending.ConfigureAwait(false);
    }

    private async ValueTask SendHeadAsync()
    {
        isWhole = true;
        try
        {
            await connection.WriteAsync(output.AsMemory(0, filled)).ConfigureAwait(false);
        }
        finally
        {
            Release();
        }
    }

    private async Task SendAsync(RequestBody from)
    {
        try
        {
            if (word is not null)
            {
                await FlushAsync().ConfigureAwait(false);
                if (!await MayGoOnAsync(word.Task).ConfigureAwait(false))
                    return;
            }

            if (await CopyAsync(from).ConfigureAwait(false))
                await FinishAsync(from).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The origin takes no more of it; what it has to say about that is read, if it said anything.
            Volatile.Write(ref isWhole, false);
        }
        finally
        {
            Release();
        }
    }

    private async Task<bool> MayGoOnAsync(Task<bool> answer)
    {
        try
        {
            return await answer.WaitAsync(limits.Continue, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // RFC 9110 section 10.1.1: nobody is to wait for ever for an origin that may not know the expectation.
            return !Volatile.Read(ref isStopped);
        }
    }

    // False where the rest of it does not come.
    private async Task<bool> CopyAsync(RequestBody from)
    {
        from.Begun?.Invoke();
        while (from.Length is not { } length || sent < length)
        {
            Volatile.Write(ref isReading, true);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref isStopped))
                return false;
            var reading = from.Reader.ReadAsync();
            var takes = reading.IsCompleted || await FlushBesideAsync(from).ConfigureAwait(false);
            ReadResult read;
            try
            {
                read = await reading.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The origin must not take what came for all there is.
                from.Failed?.Invoke(e);
                connection.Abort();
                return false;
            }

            Volatile.Write(ref isReading, false);
            if (!takes || read.IsCanceled || Volatile.Read(ref isStopped))
            {
                from.Reader.AdvanceTo(read.Buffer.Start);
                return false;
            }

            try
            {
                await PutAsync(read.Buffer, from.Length is null).ConfigureAwait(false);
            }
            finally
            {
                from.Reader.AdvanceTo(read.Buffer.End);
            }

            from.Moved?.Invoke();
            if (read.IsCompleted)
                return from.Length is null || sent == from.Length;
        }

        return true;
    }

    // The client pauses: what came goes out, since somebody may wait for an answer to it. False where the origin takes no more, so that the client is not waited for.
    private async ValueTask<bool> FlushBesideAsync(RequestBody from)
    {
        try
        {
            await FlushAsync().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            from.Reader.CancelPendingRead();
            return false;
        }
    }

    private async Task FinishAsync(RequestBody from)
    {
        if (from.Length is null)
        {
            IEnumerable<HttpField>? trailers;
            try
            {
                trailers = from.Trailers?.Invoke();
            }
            catch (Exception e)
            {
                // What stands behind the body is none of this request's, and so the body has no end.
                from.Failed?.Invoke(e);
                connection.Abort();
                return;
            }

            await PutAsync(lastChunk).ConfigureAwait(false);
            foreach (var (name, value) in trailers ?? [])
            {
                if (RequestHeadWriter.Trailer(name, value) is { } line)
                    await PutAsync(line).ConfigureAwait(false);
            }

            await PutAsync(endOfLine).ConfigureAwait(false);
        }

        Volatile.Write(ref isWhole, true);
        await FlushAsync().ConfigureAwait(false);
    }

    private async ValueTask PutAsync(ReadOnlySequence<byte> data, bool inChunk)
    {
        if (data.IsEmpty)
            return;
        sent += data.Length;
        if (inChunk)
            await PutSizeAsync(data.Length).ConfigureAwait(false);
        foreach (var piece in data)
            await PutAsync(piece).ConfigureAwait(false);
        if (inChunk)
            await PutAsync(endOfLine).ConfigureAwait(false);
    }

    private async ValueTask PutSizeAsync(long size)
    {
        if (output!.Length - filled < ChunkRoom)
            await FlushAsync().ConfigureAwait(false);
        _ = Utf8Formatter.TryFormat(size, output.AsSpan(filled), out var digits, 'x');
        filled += digits;
        await PutAsync(endOfLine).ConfigureAwait(false);
    }

    private async ValueTask PutAsync(ReadOnlyMemory<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            if (filled == output!.Length)
                await FlushAsync().ConfigureAwait(false);
            var count = Math.Min(piece.Length, output.Length - filled);
            piece.Span[..count].CopyTo(output.AsSpan(filled));
            filled += count;
            piece = piece[count..];
        }
    }

    private async ValueTask FlushAsync()
    {
        if (filled == 0)
            return;
        var length = filled;
        filled = 0;
        await connection.WriteAsync(output.AsMemory(0, length)).ConfigureAwait(false);
    }

    private void Release()
    {
        if (output is not null)
            ArrayPool<byte>.Shared.Return(output);
        (output, filled) = (null, 0);
    }
}
