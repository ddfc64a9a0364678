using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Elsewhere.Http.Network.Linux;

/// <summary>A connected socket of a reactor as a stream. What can be read or written at once is; else the reactor's thread does it, and goes on with who waits.</summary>
internal sealed class ReactorStream : SocketStream, IChannelUser, IValueTaskSource<int>, IValueTaskSource, IThreadPoolWorkItem
{
    // So many reads in a row that need not wait; then others of the same thread have their turn.
    private const int MostInARow = 16;
    private readonly Channel channel;
    private ManualResetValueTaskSourceCore<int> reading;
    private ManualResetValueTaskSourceCore<bool> writing;
    private Memory<byte> room;
    private ReadOnlyMemory<byte> rest;
    private CancellationToken readToken;
    private CancellationToken writeToken;
    private CancellationTokenRegistration readRegistration;
    private CancellationTokenRegistration writeRegistration;
    private int inARow;
    private bool isConnecting;

    /// <summary>Takes over a socket that connects, or is connected.</summary>
    public ReactorStream(ChannelReactor reactor, Socket socket)
    {
        channel = new Channel(reactor, socket, this);
        reading.RunContinuationsAsynchronously = writing.RunContinuationsAsynchronously = true;
    }

    /// <inheritdoc/>
    public override Socket Socket => channel.Socket;

    /// <inheritdoc/>
    public override bool HasNews => channel.Peek();

    /// <summary>Waits until it is connected.</summary>
    /// <exception cref="SocketException">It is not.</exception>
    public ValueTask OpenAsync(CancellationToken cancellation)
    {
        isConnecting = true;
        BeginWait(cancellation);
        channel.Outgoing.TryWait();
        channel.Open();
        EndWait(cancellation);
        return new ValueTask(this, writing.Version);
    }

    /// <inheritdoc/>
    public override void RunInline() => reading.RunContinuationsAsynchronously = writing.RunContinuationsAsynchronously = false;

    /// <inheritdoc/>
    public override void Shutdown() => channel.Shutdown();

    /// <inheritdoc/>
    public override void EndWrites() => channel.EndWrites();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(cancellationToken);
        var goesOn = inARow++ < MostInARow;
        if (goesOn && TryRead(buffer.Span, out var count, out var failure))
            return failure is null ? new ValueTask<int>(count) : ValueTask.FromException<int>(failure);
        inARow = 0;
        reading.Reset();
        (room, readToken) = (buffer, cancellationToken);
        if (cancellationToken.CanBeCanceled)
            readRegistration = cancellationToken.UnsafeRegister(static state => ((ReactorStream)state!).CancelRead(), this);
        if (goesOn)
            OnReadable();
        else
            channel.Reactor.Post(this);
        return new ValueTask<int>(this, reading.Version);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        if (TryWrite(ref buffer, out var failure))
            return failure is null ? default : ValueTask.FromException(failure);
        rest = buffer;
        BeginWait(cancellationToken);
        OnWritable();
        return new ValueTask(this, writing.Version);
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        var version = readToken;
        do
        {
            if (!TryRead(room.Span, out var count, out var failure))
                continue;
            room = default;
            if (failure is null)
                reading.SetResult(count);
            else
                reading.SetException(failure);
            return;
        }
        while (!channel.Incoming.TryWait());

        // Cancelled while nothing was waited for, which nobody has noticed.
        if (version.IsCancellationRequested)
            CancelRead();
    }

    /// <inheritdoc/>
    public void OnWritable()
    {
        var version = writeToken;
        do
        {
            if (!TryGoOn(out var failure))
                continue;
            rest = default;
            if (failure is null)
                writing.SetResult(true);
            else
                writing.SetException(failure);
            return;
        }
        while (!channel.Outgoing.TryWait());
        EndWait(version);
    }

    void IThreadPoolWorkItem.Execute() => OnReadable();

    int IValueTaskSource<int>.GetResult(short token)
    {
        readRegistration.Dispose();
        readRegistration = default;
        return reading.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => reading.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        reading.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token)
    {
        writeRegistration.Dispose();
        writeRegistration = default;
        writing.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => writing.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        writing.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Without this, what was not read would make a reset of it.
            channel.Shutdown();
            channel.Close();
        }

        base.Dispose(disposing);
    }

    private static IOException Failed(SocketError error)
    {
        var inner = new SocketException((int)error);
        return new IOException(inner.Message, inner);
    }

    private bool TryRead(Span<byte> buffer, out int count, out IOException? failure)
    {
        (count, failure) = (0, null);
        while (channel.Incoming.HasNews)
        {
            // Who asks for no byte asks whether there are any.
            if (buffer.IsEmpty)
                return true;
            count = channel.Receive(buffer, out var error);
            if (error == SocketError.WouldBlock)
                continue;
            if (error != SocketError.Success)
                failure = Failed(error);
            return true;
        }

        return false;
    }

    private bool TryWrite(ref ReadOnlyMemory<byte> bytes, out IOException? failure)
    {
        failure = null;
        while (!bytes.IsEmpty)
        {
            if (!channel.Outgoing.HasNews)
                return false;
            bytes = bytes[channel.Send(bytes.Span, out var error)..];
            if (error is SocketError.Success or SocketError.WouldBlock)
                continue;
            failure = Failed(error);
            return true;
        }

        return true;
    }

    private bool TryGoOn(out Exception? failure)
    {
        if (!isConnecting)
        {
            var isDone = TryWrite(ref rest, out var failed);
            failure = failed;
            return isDone;
        }

        failure = null;
        if (!channel.Outgoing.HasNews)
            return false;
        isConnecting = false;
        if (channel.TakeError() is var error and not SocketError.Success)
            failure = new SocketException((int)error);
        return true;
    }

    private void BeginWait(CancellationToken cancellation)
    {
        writing.Reset();
        writeToken = cancellation;
        if (cancellation.CanBeCanceled)
            writeRegistration = cancellation.UnsafeRegister(static state => ((ReactorStream)state!).CancelWrite(), this);
    }

    private void EndWait(CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            CancelWrite();
    }

    private void CancelRead()
    {
        if (channel.Incoming.TryEndWait())
            reading.SetException(new OperationCanceledException(readToken));
    }

    private void CancelWrite()
    {
        if (channel.Outgoing.TryEndWait())
            writing.SetException(new OperationCanceledException(writeToken));
    }
}
