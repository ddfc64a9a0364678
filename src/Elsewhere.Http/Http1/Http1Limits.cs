namespace Elsewhere.Http.Http1;

/// <summary>What one client connection may ask of us. Each limit names what happens at the limit; the defaults are right for a gateway.</summary>
public sealed record Http1Limits
{
    /// <summary>The longest request line in bytes, without its CRLF; a longer one is answered with 414. RFC 9112 section 3 asks for 8,000 at least. Default 16,384.</summary>
    public int RequestLine { get; init; } = 16_384;

    /// <summary>The longest head in bytes, request line, fields and the trailers of the same request together; more is answered with 431. In HTTP/2 more than twice as much ends the connection. Default 65,536.</summary>
    public int Head { get; init; } = 65_536;

    /// <summary>The most field lines of one request, trailers included; more are answered with 431. In HTTP/2 more than twice as many end the connection. Default 128.</summary>
    public int Fields { get; init; } = 128;

    /// <summary>The longest line with the size of a chunk, its extensions included (RFC 9112 section 7.1.1); a longer one is answered with 400. Default 1,024.</summary>
    public int ChunkLine { get; init; } = 1024;

    /// <summary>The most bytes of chunk extensions in one request, so that a body is not mostly framing; more are answered with 400. Default 16,384.</summary>
    public int ChunkExtensions { get; init; } = 16_384;

    /// <summary>The longest body in bytes; a longer one is answered with 413. Default none.</summary>
    public long? Body { get; init; }

    /// <summary>How long a head may take from its first byte to its last; then it is answered with 408. Looked at once a second. Default 10 s.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may stay open without a request; then it is closed. Default 75 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>The least bytes a second in which a body is sent to us, and a response taken from us, after <see cref="RateGrace"/>. Default 240.</summary>
    public double MinimumRate { get; init; } = 240;

    /// <summary>How long a body or a response may be slower than <see cref="MinimumRate"/>. Default 5 s.</summary>
    public TimeSpan RateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most connections at once, all listeners together; more are closed unanswered. Default 65,536.</summary>
    public long Connections { get; init; } = 65_536;

    /// <summary>After a refusal, how long we go on reading what the client still sends, so that a reset does not take our answer from it. Default 1 s.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
