using System.Buffers;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Http.Http2Client;

/// <summary>
/// One request and its answer on a connection; used again for another one if all went well. What has come of the body is kept until it is asked for, as much as the
/// stream's window has room for.
/// </summary>
/// <param name="connection">The connection; its gate guards what the reader and the one who waits share.</param>
internal sealed class Http2Stream(Http2Connection connection) : OriginResponse, IValueTaskSource
{
    /// <summary>How wide a stream's window is at first; it grows for whoever keeps up, so that a far origin is not slow.</summary>
    public const int LeastWindow = 128 * 1024;

    private const int MostWindow = 2 << 20, Piece = 32 * 1024;
    private ManualResetValueTaskSourceCore<bool> news = new() { RunContinuationsAsynchronously = true };
    private OriginRequest? request;
    private CancellationTokenRegistration cancelling;
    private Exception? failure;
    private byte[] incoming = [];
    private byte[] outgoing = [];
    private int incomingCount;
    private int outgoingStart;
    private int outgoingEnd;
    private int lastPiece;
    private int window;
    private int receiveLeft;
    private int uncredited;
    private long received;
    private long? length;
    private int status;
    private bool waiting;
    private bool hadToWait;
    private bool isOpened;
    private bool isEnded;
    private bool isUntouched;
    private bool hasBody;

    /// <summary>Its number.</summary>
    public int Id { get; private set; }

    /// <summary>The body of the request on its way.</summary>
    public RequestUpload Upload => field ??= new RequestUpload(connection, this);

    /// <summary>How much content the origin takes. Under the gate.</summary>
    public int SendWindow { get; set; }

    /// <summary>Whether the request is complete. Under the gate.</summary>
    public bool LocalEnded { get; set; }

    /// <summary>Whether the answer is complete. Under the gate.</summary>
    public bool RemoteEnded { get; set; }

    /// <summary>Whether it is over for the connection. Under the gate.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether the final head has come.</summary>
    public bool HasHead { get; private set; }

    /// <summary>Whether anything of an answer has come.</summary>
    public bool HasBegun => HeadTaken > 0;

    /// <summary>How many bytes of heads came.</summary>
    public int HeadTaken { get; private set; }

    /// <summary>Whether the same request may go out once more: the origin did nothing, and the body was not touched.</summary>
    public bool MayReplay => isUntouched && !Upload.HasBegun;

    /// <inheritdoc/>
    public override int Status => status;

    /// <inheritdoc/>
    public override string? Reason => null;

    /// <inheritdoc/>
    public override FieldLines Fields { get; } = new();

    /// <inheritdoc/>
    public override FieldLines Trailers { get; } = new();

    /// <inheritdoc/>
    public override bool IsAtEnd
    {
        get
        {
            lock (connection.Gate)
                return RemoteEnded && incomingCount == 0 && outgoingStart == outgoingEnd;
        }
    }

    /// <inheritdoc/>
    public override Stream Switched => throw new NotSupportedException("HTTP/2 does not switch");

    /// <summary>Sends a request, and waits for the head of its answer; the body goes on meanwhile, and afterwards.</summary>
    /// <exception cref="AnswerException">The answer is none, or there is none.</exception>
    /// <exception cref="FieldRefusedException">The request cannot be sent.</exception>
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    public async ValueTask<OriginResponse> SendAsync(OriginRequest sent, bool isSecure, CancellationToken cancellation)
    {
        Begin(sent);
        try
        {
            Open(sent, isSecure);
            cancelling = cancellation.UnsafeRegister(static (state, token) => ((Http2Stream)state!).Cancel(token), this);
            if (sent.Body is { } body)
                Upload.Begin(body, sent.ExpectsContinue);
            await HeadAsync().ConfigureAwait(false);
            if (sent.Body is not null)
                Upload.Answered();
            return this;
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        ValueTask wait = default;
        bool isThere, credited;
        ReadOnlyMemory<byte> piece;
        lock (connection.Gate)
        {
            credited = Credit();
            isThere = TryPiece(out piece);
            if (!isThere)
                wait = Wait();
        }

        if (credited)
            connection.Flush();
        return isThere ? new ValueTask<ReadOnlyMemory<byte>>(piece) : ReadOnAsync(wait);
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        lock (connection.Gate)
        {
            if (isEnded)
                return default;
            isEnded = true;
            if (isOpened)
                connection.Reset(this, Http2Error.Cancel);
        }

        if (!isOpened)
            return default;
        connection.Flush();
        connection.Freed();
        return hasBody && !Upload.IsEnded ? StopAsync() : End();
    }

    /// <summary>It is open now. Under the gate.</summary>
    public void Opened(int id, int sendWindow, bool isWhole) => (Id, SendWindow, LocalEnded, isOpened) = (id, sendWindow, isWhole, true);

    /// <summary>The origin did nothing with it.</summary>
    public void Refuse() => isUntouched = true;

    /// <summary>Ends it by a fault. Under the gate.</summary>
    public void Fail(Exception why)
    {
        IsClosed = true;
        Upload.Wake();
        if (RemoteEnded)
            return;
        failure ??= why;
        Signal();
    }

    /// <summary>Ends it, since the client's side broke.</summary>
    /// <param name="why">What to say of it; null for a body that broke off.</param>
    public void Abandon(Exception? why = null)
    {
        lock (connection.Gate)
        {
            connection.Reset(this, Http2Error.Cancel);
            Fail(why ?? new AnswerException(AnswerFault.CutOff));
        }

        connection.Flush();
        connection.Freed();
    }

    /// <summary>Takes content. Under the gate.</summary>
    public AnswerFault OnData(ReadOnlySpan<byte> content, int flow, bool isLast)
    {
        if (!HasHead)
            return AnswerFault.FrameMalformed;
        receiveLeft -= flow;
        if (receiveLeft < 0)
            return AnswerFault.WindowExceeded;
        uncredited += flow - content.Length;
        received += content.Length;
        if (received > length || (isLast && length is not null && received != length))
            return AnswerFault.LengthWrong;
        if (!content.IsEmpty)
        {
            if (incoming.Length - incomingCount < content.Length)
                incoming = Grown(incoming, incomingCount, incomingCount + content.Length);
            content.CopyTo(incoming.AsSpan(incomingCount));
            incomingCount += content.Length;
        }

        if (!content.IsEmpty || isLast)
            SignalAfter(isLast);
        return AnswerFault.None;
    }

    /// <summary>Takes an interim answer; the reader's.</summary>
    public void OnInterim(int interim)
    {
        if (interim == 100)
            Upload.GoOn();
        else
            request?.Interim?.Invoke(interim, Fields);
    }

    /// <summary>Takes a block of fields. Under the gate.</summary>
    public AnswerFault OnBlock(AnswerBlock block, bool isTrailers, bool isLast)
    {
        HeadTaken += block.Taken;
        if (isTrailers)
        {
            if (length is { } told && received != told)
                return AnswerFault.LengthWrong;
        }
        else if (block.Status >= 200)
        {
            (HasHead, status) = (true, block.Status);

            // RFC 9113 section 8.1.1: there the length is that of another answer.
            length = request!.Method == "HEAD" || status is 204 or 304 ? 0 : block.Length;
            if (isLast && length is > 0)
                return AnswerFault.LengthWrong;
        }

        if (HasHead)
            SignalAfter(isLast);
        return AnswerFault.None;
    }

    void IValueTaskSource.GetResult(short token) => news.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => news.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        news.OnCompleted(continuation, state, token, flags);

    private void Begin(OriginRequest sent)
    {
        request = sent;
        (failure, length, received, status, HeadTaken) = (null, null, 0, 0, 0);
        (incomingCount, outgoingStart, outgoingEnd, lastPiece, uncredited) = (0, 0, 0, 0, 0);
        window = receiveLeft = LeastWindow;
        waiting = hadToWait = isOpened = isEnded = isUntouched = false;
        LocalEnded = RemoteEnded = IsClosed = HasHead = false;
        Fields.Clear();
        Trailers.Clear();
        Upload.Clear();
        hasBody = sent.Body is not null;
    }

    private void Open(OriginRequest sent, bool isSecure)
    {
        byte[] buffer;
        int count;
        try
        {
            if (connection.MostHead is var most and < uint.MaxValue && RequestBlock.SizeOf(sent, isSecure) is var size && size > most)
                throw new HeadRefusedException(size, most);
            (buffer, count) = RequestBlock.Write(sent, isSecure);
        }
        catch
        {
            connection.Unreserve();
            throw;
        }

        try
        {
            connection.Open(this, buffer.AsSpan(0, count), sent.Body is null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private async ValueTask HeadAsync()
    {
        while (true)
        {
            ValueTask wait;
            lock (connection.Gate)
            {
                if (failure is not null)
                    throw failure;
                if (HasHead)
                    return;
                wait = Wait();
            }

            await wait.ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<ReadOnlyMemory<byte>> ReadOnAsync(ValueTask wait)
    {
        while (true)
        {
            await wait.ConfigureAwait(false);
            lock (connection.Gate)
            {
                if (TryPiece(out var piece))
                    return piece;
                wait = Wait();
            }
        }
    }

    // Under the gate; what came before a fault comes before it here, too.
    private bool TryPiece(out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        if (failure is OperationCanceledException)
            throw failure;
        if (outgoingStart == outgoingEnd && incomingCount > 0)
        {
            (outgoing, incoming) = (incoming, outgoing);
            (outgoingStart, outgoingEnd, incomingCount) = (0, incomingCount, 0);
        }

        if (outgoingStart < outgoingEnd)
        {
            lastPiece = Math.Min(Piece, outgoingEnd - outgoingStart);
            piece = outgoing.AsMemory(outgoingStart, lastPiece);
            outgoingStart += lastPiece;
            return true;
        }

        return failure is not null ? throw failure : RemoteEnded;
    }

    // Under the gate. True where there is something to send.
    private bool Credit()
    {
        uncredited += lastPiece;
        lastPiece = 0;
        if (uncredited < window / 2 || RemoteEnded || IsClosed)
            return false;
        var more = hadToWait && window < MostWindow ? window : 0;
        (window, hadToWait) = (window + more, false);
        receiveLeft += uncredited + more;
        connection.Credit(this, uncredited + more);
        uncredited = 0;
        return true;
    }

    private ValueTask Wait()
    {
        (waiting, hadToWait) = (true, true);
        news.Reset();
        return new ValueTask(this, news.Version);
    }

    // The end is known to whoever is woken by the last of it.
    private void SignalAfter(bool isLast)
    {
        RemoteEnded |= isLast;
        Signal();
    }

    private void Signal()
    {
        if (!waiting)
            return;
        waiting = false;
        news.SetResult(true);
    }

    private void Cancel(CancellationToken token)
    {
        lock (connection.Gate)
        {
            connection.Reset(this, Http2Error.Cancel);
            failure = new OperationCanceledException(token);
            Upload.Wake();
            Signal();
        }

        connection.Flush();
        connection.Freed();
    }

    private async ValueTask StopAsync()
    {
        await Upload.StopAsync().ConfigureAwait(false);
        await End().ConfigureAwait(false);
    }

    private ValueTask End()
    {
        cancelling.Dispose();
        lock (connection.Gate)
        {
            var isClean = failure is null && !waiting && !connection.IsAt(this);
            Return(ref incoming);
            Return(ref outgoing);
            request = null;
            if (isClean)
                connection.Keep(this);
        }

        return default;
    }

    private static byte[] Grown(byte[] from, int count, int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, from.Length * 2));
        from.AsSpan(0, count).CopyTo(larger);
        Return(ref from);
        return larger;
    }

    private static void Return(ref byte[] buffer)
    {
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}
