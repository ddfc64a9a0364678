using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Elsewhere.Http.Forward;

/// <summary>
/// The client's writer of a body whose end is not known beforehand, in HTTP/1.1 (RFC 9112 section 7.1). Kestrel frames such bodies itself, but writes no trailers
/// (section 7.1.2). What is written between two flushes is one chunk, as far as it fits into the memory that the server gives; nothing is copied but the beginning of
/// short ones.
/// </summary>
internal sealed class ChunkedWriter : PipeWriter
{
    private const int Least = 512;
    private const int MostDigits = 8;
    private const int LineEnd = 2;
    private PipeWriter? inner;
    private Memory<byte> memory;
    private int start;
    private int length;
    private bool ended;

    private static ReadOnlySpan<byte> NewLine => "\r\n"u8;

    /// <summary>Begins a body.</summary>
    public ChunkedWriter Begin(PipeWriter writer)
    {
        inner = writer;
        memory = default;
        length = 0;
        ended = false;
        return this;
    }

    /// <summary>One field behind the body, which nothing of the body follows; the texts are Latin-1, without control characters.</summary>
    public void Trailer(string name, string value)
    {
        EndBody();
        var line = inner!.GetSpan(name.Length + value.Length + 4);
        var count = Encoding.Latin1.GetBytes(name, line);
        line[count++] = (byte)':';
        line[count++] = (byte)' ';
        count += Encoding.Latin1.GetBytes(value, line[count..]);
        NewLine.CopyTo(line[count..]);
        inner.Advance(count + LineEnd);
    }

    /// <summary>The end of the message.</summary>
    public ValueTask<FlushResult> EndAsync(CancellationToken cancellation)
    {
        EndBody();
        Write(NewLine);
        return inner!.FlushAsync(cancellation);
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (memory.IsEmpty || memory.Length - start - length - LineEnd < Math.Max(sizeHint, 1))
        {
            Commit();
            memory = inner!.GetMemory(Math.Max(sizeHint, Least) + MostDigits + (2 * LineEnd));
            start = Digits(memory.Length) + LineEnd;
        }

        return memory[(start + length)..^LineEnd];
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, memory.IsEmpty ? 0 : memory.Length - start - length - LineEnd);
        length += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Commit();
        return inner!.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush() => inner!.CancelPendingFlush();

    /// <summary>The response is completed by the server.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    private static int Digits(int number) => Math.Max(1, (35 - int.LeadingZeroCount(number)) / 4);

    // A chunk of nothing would be the last one.
    private void Commit()
    {
        if (length > 0)
        {
            var span = memory.Span;
            var at = Digits(length) + LineEnd;
            if (at != start)
                span.Slice(start, length).CopyTo(span[at..]);
            length.TryFormat(span, out _, "x", CultureInfo.InvariantCulture);
            NewLine.CopyTo(span[(at - LineEnd)..]);
            NewLine.CopyTo(span[(at + length)..]);
            inner!.Advance(at + length + LineEnd);
        }

        memory = default;
        length = 0;
    }

    private void EndBody()
    {
        if (ended)
            return;
        ended = true;
        Commit();
        Write("0\r\n"u8);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(inner!.GetSpan(bytes.Length));
        inner.Advance(bytes.Length);
    }
}
