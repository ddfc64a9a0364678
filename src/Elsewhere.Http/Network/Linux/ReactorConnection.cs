using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Elsewhere.Http.Network.Linux;

/// <summary>
/// A client's connection, as the server wants it: two pipes. What comes is read as far as the server takes it. What the server writes goes out in a thread of the pool at
/// first, so that what it writes piece by piece goes out in one; and from <see cref="RunInline"/> on as soon as it is flushed.
/// </summary>
internal sealed class ReactorConnection : DefaultConnectionContext, IChannelUser, IConnectionSocketFeature, IMemoryPoolFeature, IValueTaskSource, IThreadPoolWorkItem
{
    private const int MostInput = 1 << 20, MostOutput = 64 * 1024;
    private const int LeastRoom = 2048;

    // So many reads in a row; then others of the same thread have their turn.
    private const int MostInARow = 16;
    private static long lastNumber;
    private readonly Channel channel;
    private readonly ConnectionScheduler server = new(PipeScheduler.ThreadPool);
    private readonly ConnectionScheduler sender;
    private readonly PipeWriter input;
    private readonly PipeReader output;
    private readonly DuplexPipe transport;
    private readonly CancellationTokenSource over = new();
    private readonly TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action resume;
    private readonly Lock gate = new();
    private ManualResetValueTaskSourceCore<bool> writable;
    private ValueTaskAwaiter<FlushResult> flushing;
    private volatile Exception? reason;
    private Task sending = Task.CompletedTask;

    /// <summary>Takes an accepted socket over.</summary>
    /// <exception cref="SocketException">It has ended already.</exception>
    public ReactorConnection(ChannelReactor reactor, Socket socket, MemoryPool<byte> blocks)
        : base(Interlocked.Increment(ref lastNumber).ToString("X", CultureInfo.InvariantCulture))
    {
        (LocalEndPoint, RemoteEndPoint) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        MemoryPool = blocks;
        channel = new Channel(reactor, socket, this);
        channel.Outgoing.PutBack();
        resume = Resume;
        sender = new ConnectionScheduler(reactor.Sends);
        var incoming = new Pipe(new PipeOptions(blocks, server, reactor, MostInput, MostInput / 2, useSynchronizationContext: false));
        var outgoing = new Pipe(new PipeOptions(blocks, sender, server, MostOutput, MostOutput / 2, useSynchronizationContext: false));
        (input, output) = (incoming.Writer, outgoing.Reader);
        Transport = transport = new DuplexPipe(incoming.Reader, outgoing.Writer);
        ConnectionClosed = over.Token;
        Features.Set<IConnectionSocketFeature>(this);
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set(this);
    }

    /// <inheritdoc/>
    public Socket Socket => channel.Socket;

    /// <inheritdoc/>
    public MemoryPool<byte> MemoryPool { get; }

    /// <summary>Begins to read.</summary>
    /// <exception cref="SocketException">The kernel has no room for another socket to be watched.</exception>
    public void Start()
    {
        channel.Incoming.TryWait();
        sending = SendAsync();
        channel.Open();
    }

    /// <summary>
    /// From now on the server goes on by the thread that has read, and sends by the thread that flushes, without a detour by the thread pool. To be called where the server
    /// never blocks, and does not keep the thread for long.
    /// </summary>
    /// <remarks>
    /// Not with HTTP/2: where a client opens its window before the flush of what it answers has returned, Kestrel counts one write less as under way than there are, and at
    /// last looks after the least rate of the connection no more. And what several streams write is to go out in one piece.
    /// </remarks>
    public void RunInline()
    {
        server.RunInline();
        sender.RunInline();
    }

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        End(abortReason);
        output.CancelPendingRead();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await transport.Input.CompleteAsync().ConfigureAwait(false);
        await transport.Output.CompleteAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        await told.Task.ConfigureAwait(false);
        over.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void OnReadable()
    {
        for (var reads = 0; ;)
        {
            if (!channel.Incoming.HasNews)
            {
                if (channel.Incoming.TryWait())
                    return;
                continue;
            }

            if (reads++ == MostInARow)
            {
                channel.Reactor.Post(this);
                return;
            }

            var count = channel.Receive(input.GetMemory(LeastRoom).Span, out var error);
            if (error == SocketError.WouldBlock)
                continue;
            if (count == 0)
            {
                EndInput(error);
                return;
            }

            input.Advance(count);
#pragma warning disable CA2012 // It is asked once: here, or by who resumes.
            flushing = input.FlushAsync().GetAwaiter();
#pragma warning restore CA2012
            if (!flushing.IsCompleted)
            {
                flushing.UnsafeOnCompleted(resume);
                return;
            }

            if (flushing.GetResult() is { IsCompleted: true } or { IsCanceled: true })
            {
                EndInput(SocketError.Success);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void OnWritable() => writable.SetResult(true);

    void IThreadPoolWorkItem.Execute() => OnReadable();

    void IValueTaskSource.GetResult(short token) => writable.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => writable.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        writable.OnCompleted(continuation, state, token, flags);

    private static Exception? ReasonOf(SocketError error)
    {
        if (error == SocketError.Success)
            return null;
        var failure = new SocketException((int)error);
        return error == SocketError.ConnectionReset ? new ConnectionResetException(failure.Message, failure) : failure;
    }

    private void Resume()
    {
        if (flushing.GetResult() is { IsCompleted: true } or { IsCanceled: true })
            EndInput(SocketError.Success);
        else
            OnReadable();
    }

    private void EndInput(SocketError error)
    {
        input.Complete(reason ?? ReasonOf(error));
        System.Threading.ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Tell(), this, preferLocal: false);
    }

    private void Tell()
    {
        try
        {
            over.Cancel();
        }
        finally
        {
            told.TrySetResult();
        }
    }

    private async Task SendAsync()
    {
        Exception? failure = null;
        try
        {
            while (true)
            {
                var read = await output.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled)
                    break;
                var left = read.Buffer;
                while (!left.IsEmpty && failure is null)
                {
                    var sent = channel.Send(left, out var error);
                    left = left.Slice(sent);
                    if (error is not (SocketError.Success or SocketError.WouldBlock))
                        failure = ReasonOf(error);
                    else if (!left.IsEmpty && !channel.Outgoing.HasNews)
                        await WritableAsync().ConfigureAwait(false);
                }

                if (failure is not null)
                    break;
                output.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        finally
        {
            End(failure);
            await output.CompleteAsync().ConfigureAwait(false);

            // The input that waits for the server goes on, to its end.
            input.CancelPendingFlush();
        }
    }

    private ValueTask WritableAsync()
    {
        writable.Reset();
        return channel.Outgoing.TryWait() ? new ValueTask(this, writable.Version) : default;
    }

    // Gracefully where the server has written all it wanted; else with a reset, so that the client does not take what it has got for the whole.
    private void End(Exception? why)
    {
        lock (gate)
        {
            if (reason is not null)
                return;
            reason = why ?? new ConnectionAbortedException("The server has ended the connection.");
        }

        if (why is null)
            channel.Shutdown();
        channel.Close(reset: why is not null);
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
