using System.Buffers;

namespace Elsewhere.Http.Http1;

/// <summary>
/// Cuts lines out of pieces of any size. A line that lies in one piece is not copied. A line ends with CR LF and has no other control
/// character than HTAB; which rule a line breaks first does not depend on how it was cut.
/// </summary>
internal sealed class LineReader
{
    private byte[]? kept;
    private int keptLength;

    /// <summary>The last line, without its CRLF, or what there was of it when it was refused; valid until the next call.</summary>
    public ReadOnlySpan<byte> LineIn(ReadOnlySpan<byte> piece) => lineInKept ? kept.AsSpan(0, lineLength) : piece.Slice(lineStart, lineLength);

    private bool lineInKept;
    private int lineStart;
    private int lineLength;

    /// <summary>Reads on.</summary>
    /// <param name="piece">The bytes at hand.</param>
    /// <param name="at">Where to begin; afterwards, what is read.</param>
    /// <param name="limit">The longest line, without its CRLF.</param>
    /// <param name="wrong">What is wrong with the line; <paramref name="tooLong"/> if it is longer than the limit.</param>
    /// <param name="tooLong">What to call a line that is longer than the limit.</param>
    /// <returns>Whether there is a line, or something wrong with it; otherwise all bytes are taken and more are needed.</returns>
    public bool TryRead(ReadOnlySpan<byte> piece, ref int at, int limit, Http1Refusal tooLong, out Http1Refusal wrong)
    {
        var rest = piece[at..];
        if (keptLength > 0 && kept![keptLength - 1] == '\r')
            return EndAfterCarriageReturn(rest, ref at, out wrong);
        var stop = rest.IndexOfAny(Http1Bytes.Controls);
        var length = stop < 0 ? rest.Length : stop;
        if (keptLength + length > limit)
        {
            wrong = tooLong;
            return Keep(rest[..Math.Min(length, Math.Max(0, limit - keptLength))], 0);
        }

        if (stop < 0 || (rest[stop] == '\r' && stop + 1 == rest.Length))
        {
            wrong = Http1Refusal.None;
            at = piece.Length;
            _ = Keep(rest, 0);
            return false;
        }

        wrong = rest[stop] switch
        {
            (byte)'\r' => rest[stop + 1] == '\n' ? Http1Refusal.None : Http1Refusal.BareCarriageReturn,
            (byte)'\n' => Http1Refusal.BareLineFeed,
            _ => Http1Refusal.ControlByte,
        };
        var start = at;
        at += wrong == Http1Refusal.None ? stop + 2 : stop + 1;
        if (keptLength > 0)
            return Keep(rest[..stop], keptLength + stop);
        (lineInKept, lineStart, lineLength) = (false, start, stop);
        return true;
    }

    /// <summary>Gives back what it keeps; nothing is read afterwards.</summary>
    public void Release()
    {
        if (kept is not null)
            ArrayPool<byte>.Shared.Return(kept);
        kept = null;
        keptLength = 0;
    }

    private bool EndAfterCarriageReturn(ReadOnlySpan<byte> rest, ref int at, out Http1Refusal wrong)
    {
        wrong = Http1Refusal.None;
        if (rest.IsEmpty)
            return false;
        wrong = rest[0] == '\n' ? Http1Refusal.None : Http1Refusal.BareCarriageReturn;
        at++;
        (lineInKept, lineLength, keptLength) = (true, keptLength - 1, 0);
        return true;
    }

    /// <summary>Keeps the beginning of a line; with <paramref name="whole"/> it is the whole line and the next one begins.</summary>
    private bool Keep(ReadOnlySpan<byte> bytes, int whole)
    {
        if (kept is null || kept.Length < keptLength + bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(256, (keptLength + bytes.Length) * 2));
            kept.AsSpan(0, keptLength).CopyTo(larger);
            if (kept is not null)
                ArrayPool<byte>.Shared.Return(kept);
            kept = larger;
        }

        bytes.CopyTo(kept.AsSpan(keptLength));
        keptLength += bytes.Length;
        lineInKept = true;
        lineLength = keptLength;
        if (whole > 0)
            keptLength = 0;
        return true;
    }
}
