namespace Elsewhere.Http.Http1Client;

/// <summary>What one answer of an origin may ask of us. At each limit the answer is refused, and the connection closed.</summary>
internal sealed record AnswerLimits
{
    /// <summary>The defaults.</summary>
    public static AnswerLimits Default { get; } = new();

    /// <summary>The most bytes of heads and trailers, interim answers included. Twice what Envoy takes by default: 131,072.</summary>
    public int Head { get; init; } = 128 * 1024;

    /// <summary>The most field lines of one head, and of the trailers. Default 1,024.</summary>
    public int Fields { get; init; } = 1024;

    /// <summary>The longest line with the size of a chunk. Default 1,024 bytes.</summary>
    public int ChunkLine { get; init; } = 1024;

    /// <summary>The most bytes of chunk extensions in one answer. Default 16,384.</summary>
    public int ChunkExtensions { get; init; } = 16_384;

    /// <summary>How long a body that the client announced by <c>Expect: 100-continue</c> waits for the origin's word; then it is sent all the same. Default 1 s.</summary>
    public TimeSpan Continue { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection is kept without a request; less if the origin says so (<c>Keep-Alive: timeout</c>). Default 60 s.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);
}
