using System.Buffers;
using System.IO.Pipelines;

namespace Elsewhere.Http.Forward;

/// <summary>
/// The client's writer for code that asks for "some room". Kestrel may answer that with none at the end of a chunk, which <see cref="BuffersExtensions"/> takes for
/// an error; asked for a length it makes room.
/// </summary>
internal sealed class RoomyWriter(PipeWriter writer, Patience patience) : IBufferWriter<byte>
{
    private const int Some = 512;

    /// <summary>How many bytes wait for the next flush.</summary>
    public int Unsent { get; private set; }

    /// <summary>Sends them.</summary>
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellation)
    {
        Unsent = 0;
        return writer.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        Unsent += count;
        writer.Advance(count);
        patience.Wrote(count);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(Math.Max(sizeHint, Some));

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(Math.Max(sizeHint, Some));
}
