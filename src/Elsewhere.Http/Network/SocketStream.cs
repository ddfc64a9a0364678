using System.Net.Sockets;

namespace Elsewhere.Http.Network;

/// <summary>A connected socket as a stream of asynchronous reads and writes; one of each at a time. It ends with a FIN, not with a reset.</summary>
internal abstract class SocketStream : UnseekableStream
{
    /// <summary>The socket, for its options and addresses.</summary>
    public abstract Socket Socket { get; }

    /// <summary>Whether there is something to be read now, or the end, as far as the kernel knows.</summary>
    public abstract bool HasNews { get; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Ends both directions at once; what is under way ends with them. May be called by any thread, and after the end.</summary>
    public abstract void Shutdown();

    /// <summary>Says to the other side, by a FIN, that nothing more is written; what it still has to say can be read. May be called by any thread, and after the end.</summary>
    public abstract void EndWrites();

    /// <summary>From now on who waits goes on by the thread that has read or written. To be called by who never blocks, and does not keep the thread for long.</summary>
    public virtual void RunInline()
    {
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
