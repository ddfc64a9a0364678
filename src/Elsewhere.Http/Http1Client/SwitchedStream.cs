using System.Net.Security;
using Elsewhere.Http.Network;

namespace Elsewhere.Http.Http1Client;

/// <summary>A connection after 101 (RFC 9110 section 7.8): first what came behind the head, then whatever comes.</summary>
/// <param name="connection">The connection; closed by whoever holds the response.</param>
internal sealed class SwitchedStream(Http1Connection connection) : UnseekableStream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Says that nothing more is written; what the origin still has to say is read.</summary>
    /// <exception cref="IOException">The origin has gone.</exception>
    public async ValueTask EndAsync()
    {
        if (connection.Stream is SslStream secure)
            await secure.ShutdownAsync().ConfigureAwait(false);
        else
            (connection.Stream as SocketStream)?.EndWrites();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var buffered = connection.Buffered;
        if (buffered.IsEmpty)
            return connection.Stream.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffered.Length, buffer.Length);
        buffered[..count].CopyTo(buffer);
        connection.Take(count);
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => connection.Stream.WriteAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => connection.Stream.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Flush() => connection.Stream.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
