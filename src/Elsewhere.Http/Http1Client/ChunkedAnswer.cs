using Elsewhere.Http.Http1;

namespace Elsewhere.Http.Http1Client;

/// <summary>Reads the framing of a body in chunks (RFC 9112 section 7.1), strictly; extensions are dropped, trailers kept. Used again for the next body.</summary>
/// <param name="limits">What is taken.</param>
internal sealed class ChunkedAnswer(AnswerLimits limits)
{
    private Part part;
    private long remaining;
    private int scanned;
    private int extensions;
    private int head;

    private enum Part
    {
        Size,
        Data,
        DataEnd,
        Trailers,
        End,
    }

    /// <summary>Fields behind the body that may stand there (RFC 9110 section 6.5.1).</summary>
    public FieldLines Trailers { get; } = new();

    /// <summary>Whether all of it was read.</summary>
    public bool IsAtEnd => part == Part.End;

    /// <summary>Begins another body.</summary>
    /// <param name="used">How many bytes of the answer's head were read: its trailers count to the same limit.</param>
    public void Clear(int used)
    {
        Trailers.Clear();
        (part, remaining, scanned, extensions, head) = (Part.Size, 0, 0, 0, used);
    }

    /// <summary>Reads on: framing, then data.</summary>
    /// <param name="bytes">What came and was not taken yet.</param>
    /// <param name="framing">How many bytes of framing come first; they are taken.</param>
    /// <param name="data">How many bytes of data follow; they are taken, too. None: more bytes are needed, or it is at its end.</param>
    public AnswerFault Read(ReadOnlySpan<byte> bytes, out int framing, out int data)
    {
        framing = data = 0;
        while (framing < bytes.Length && part != Part.End)
        {
            var rest = bytes[framing..];
            if (part == Part.Data)
            {
                data = (int)Math.Min(rest.Length, remaining);
                remaining -= data;
                part = remaining == 0 ? Part.DataEnd : Part.Data;
                return AnswerFault.None;
            }

            var wrong = part == Part.DataEnd ? DataEnd(rest, out var taken) : Line(rest, out taken);
            if (wrong != AnswerFault.None || taken == 0)
                return wrong;
            framing += taken;
        }

        return AnswerFault.None;
    }

    private AnswerFault DataEnd(ReadOnlySpan<byte> rest, out int taken)
    {
        taken = 0;
        if (rest[0] != '\r' || (rest.Length > 1 && rest[1] != '\n'))
            return AnswerFault.ChunkEndMissing;
        if (rest.Length == 1)
            return AnswerFault.None;
        taken = 2;
        part = Part.Size;
        return AnswerFault.None;
    }

    private AnswerFault Line(ReadOnlySpan<byte> rest, out int taken)
    {
        taken = 0;
        var most = part == Part.Size ? limits.ChunkLine + 2 : limits.Head - head;
        var cut = rest.Length > most ? rest[..Math.Max(0, most)] : rest;
        if (WireLine.Cut(cut, ref scanned, out var length) is var wrong and not AnswerFault.None)
            return wrong;
        if (length < 0)
            return cut.Length < most ? AnswerFault.None : part == Part.Size ? AnswerFault.ChunkExtensionMalformed : AnswerFault.HeadTooLarge;
        taken = length + 2;
        return part == Part.Size ? Size(rest[..length]) : Trailer(rest[..length]);
    }

    private AnswerFault Size(ReadOnlySpan<byte> line)
    {
        var wrong = ChunkLine.Check(line, out remaining, out var added);
        extensions += added;
        if (wrong == Http1Refusal.ChunkExtensionMalformed || extensions > limits.ChunkExtensions)
            return AnswerFault.ChunkExtensionMalformed;
        if (wrong != Http1Refusal.None)
            return AnswerFault.ChunkSizeMalformed;
        part = remaining > 0 ? Part.Data : Part.Trailers;
        return AnswerFault.None;
    }

    private AnswerFault Trailer(ReadOnlySpan<byte> line)
    {
        head += line.Length + 2;
        if (line.IsEmpty)
        {
            part = Part.End;
            return AnswerFault.None;
        }

        if (WireLine.Field(line, out var name, out var value) is var wrong and not AnswerFault.None)
            return wrong;
        if (Trailers.Count == limits.Fields)
            return AnswerFault.TooManyFields;
        if (TrailerNames.MayTrail(name))
            Trailers.Add(name, value);
        return AnswerFault.None;
    }
}
