namespace Elsewhere.Http.Rewrite;

/// <summary>
/// The coded bytes that a decompression stream reads from: what was added and not read yet. It ends each time it is empty, which
/// the framework's streams take as "nothing now": reading them again after more was added goes on where they were.
/// </summary>
internal sealed class CodedInput : UnseekableStream
{
    private readonly byte[] piece = new byte[4096];
    private int start;
    private int end;

    /// <summary>How often somebody asked for more than there was.</summary>
    internal long Starved { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <summary>Whether all that was added has been read.</summary>
    internal bool IsEmpty => start == end;

    /// <summary>Takes the beginning of a piece; only when empty.</summary>
    /// <returns>How much was taken.</returns>
    internal int Add(ReadOnlySpan<byte> more)
    {
        start = 0;
        end = Math.Min(more.Length, piece.Length);
        more[..end].CopyTo(piece);
        return end;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, end - start);
        if (count == 0)
            Starved++;
        piece.AsSpan(start, count).CopyTo(buffer);
        start += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Where a compression stream writes to: whoever asks for the bytes at the moment.</summary>
internal sealed class CodedOutput : UnseekableStream
{
    /// <summary>Gets the bytes.</summary>
    internal System.Buffers.IBufferWriter<byte>? Target { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Target is not null)
            System.Buffers.BuffersExtensions.Write(Target, buffer);
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
