namespace Elsewhere.Http.Http1Client;

/// <summary>An answer, whichever version of HTTP it came by. To be disposed of: the connection is used again if all of it was read, and closed if not.</summary>
internal abstract class OriginResponse : IAsyncDisposable
{
    /// <summary>The status code.</summary>
    public abstract int Status { get; }

    /// <summary>The reason phrase; null without one.</summary>
    public abstract string? Reason { get; }

    /// <summary>The field lines.</summary>
    public abstract FieldLines Fields { get; }

    /// <summary>Fields behind the body, once that was read.</summary>
    public abstract FieldLines Trailers { get; }

    /// <summary>Whether the body is known to be at its end.</summary>
    public abstract bool IsAtEnd { get; }

    /// <summary>The next piece of the body, as soon as there is any; valid until the next call. Empty at the end.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The body broke off, or is malformed.</exception>
    public abstract ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation);

    /// <summary>After 101, the connection as a stream of the other protocol. It closes with the response.</summary>
    public abstract Stream Switched { get; }

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
