using System.Buffers;
using System.IO.Compression;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Applies one content coding as a stream, at the speed that fits a proxy in the path (level 1: higher levels cost many times the rest).
/// </summary>
internal sealed class Encoder : IBufferWriter<byte>, IDisposable
{
    private readonly CodedOutput coded = new();
    private readonly Stream stream;
    private readonly byte[] pending = new byte[8192];
    private byte[]? oversize;
    private int used;

    internal Encoder(ContentCoding coding) => stream = coding switch
    {
        ContentCoding.Gzip => new GZipStream(coded, CompressionLevel.Fastest, leaveOpen: true),
        ContentCoding.Deflate => new ZLibStream(coded, CompressionLevel.Fastest, leaveOpen: true),
        ContentCoding.Brotli => new BrotliStream(coded, CompressionLevel.Fastest, leaveOpen: true),
    };

    /// <summary>Where coded bytes go from now on.</summary>
    internal IBufferWriter<byte>? Target
    {
        set => coded.Target = value;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (oversize is null)
        {
            used += count;
            return;
        }

        stream.Write(oversize.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(oversize);
        oversize = null;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (pending.Length - used < Math.Max(sizeHint, 1))
            Drain();
        if (sizeHint <= pending.Length)
            return pending.AsMemory(used);
        oversize = ArrayPool<byte>.Shared.Rent(sizeHint);
        return oversize;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Makes everything so far readable for the other side (zlib's sync flush, Brotli's flush).</summary>
    internal void Flush()
    {
        Drain();
        stream.Flush();
    }

    /// <summary>Ends the coded stream.</summary>
    internal void Complete()
    {
        Drain();
        stream.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        coded.Target = null;
        stream.Dispose();
        coded.Dispose();
        if (oversize is not null)
            ArrayPool<byte>.Shared.Return(oversize);
        oversize = null;
    }

    private void Drain()
    {
        if (used > 0)
            stream.Write(pending.AsSpan(0, used));
        used = 0;
    }
}
