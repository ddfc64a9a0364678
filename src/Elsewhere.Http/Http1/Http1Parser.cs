namespace Elsewhere.Http.Http1;

/// <summary>
/// Reads requests from pieces of any size and lets pass what has one meaning only (RFC 9112). It changes nothing: bytes that pass
/// are passed as they are. One for each connection; nothing is allocated for a request that comes in one piece.
/// </summary>
internal sealed class Http1Parser(Http1Limits limits)
{
    private const int MostEmptyLines = 8;

    private readonly LineReader lines = new();
    private State state;
    private int headLength;
    private int fields;
    private int emptyLines;
    private int extensions;
    private long bodyLength;
    private long remaining;

    private enum State
    {
        Start,
        StartAfterCarriageReturn,
        RequestLine,
        Fields,
        Body,
        ChunkLine,
        ChunkData,
        ChunkDataEnd,
        ChunkDataEndAfterCarriageReturn,
        Trailers,
        End,
        Refused,
    }

    /// <summary>What is known of the request's head so far.</summary>
    public RequestHead Head { get; } = new();

    /// <summary>Why nothing passes any more.</summary>
    public Http1Refusal Refusal { get; private set; }

    /// <summary>The request is complete; <see cref="StartNext"/> begins another one.</summary>
    public bool IsAtEnd => state == State.End;

    /// <summary>Some bytes of a head have come, but not all.</summary>
    public bool IsInHead => state is State.StartAfterCarriageReturn or State.RequestLine or State.Fields;

    /// <summary>No byte of a request has come.</summary>
    public bool IsBetweenRequests => state is State.Start or State.StartAfterCarriageReturn;

    /// <summary>Takes some bytes, at most up to the end of the request.</summary>
    /// <param name="piece">The bytes that follow those taken before; not empty.</param>
    /// <param name="taken">How many were taken.</param>
    public Http1Step Next(ReadOnlySpan<byte> piece, out int taken)
    {
        taken = 0;
        return state switch
        {
            State.Start or State.StartAfterCarriageReturn => Start(piece, ref taken),
            State.RequestLine or State.Fields => ReadHead(piece, ref taken),
            State.Body or State.ChunkData => Data(piece, ref taken),
            State.ChunkLine => Chunk(piece, ref taken),
            State.ChunkDataEnd or State.ChunkDataEndAfterCarriageReturn => DataEnd(piece, ref taken),
            State.Trailers => Trailer(piece, ref taken),
            State.End => throw new InvalidOperationException("the request is complete"),
            State.Refused => Http1Step.Refused,
        };
    }

    /// <summary>Begins another request on the same connection.</summary>
    public void StartNext()
    {
        Head.Clear();
        state = State.Start;
        headLength = fields = emptyLines = extensions = 0;
        bodyLength = 0;
    }

    /// <summary>Refuses what follows, for a reason that lies outside the bytes.</summary>
    public Http1Step Refuse(Http1Refusal refusal)
    {
        Refusal = refusal;
        state = State.Refused;
        return Http1Step.Refused;
    }

    /// <summary>The connection is over.</summary>
    public void Release() => lines.Release();

    private Http1Step Start(ReadOnlySpan<byte> piece, ref int taken)
    {
        if (state == State.StartAfterCarriageReturn)
        {
            taken = 1;
            state = State.Start;
            return piece[0] != '\n' ? Refuse(Http1Refusal.BareCarriageReturn)
                : ++emptyLines > MostEmptyLines ? Refuse(Http1Refusal.EmptyLines)
                : Http1Step.Drop;
        }

        if (piece[0] == '\r')
        {
            taken = 1;
            state = State.StartAfterCarriageReturn;
            return Http1Step.More;
        }

        if (piece[0] == '\n')
            return Refuse(Http1Refusal.BareLineFeed);
        if (piece[0] == 0x16)
            return Refuse(Http1Refusal.TlsOnPlainPort);
        if (!Http1Bytes.Token.Contains(piece[0]))
            return Refuse(Http1Refusal.NotHttp);
        state = State.RequestLine;
        return ReadHead(piece, ref taken);
    }

    private Http1Step ReadHead(ReadOnlySpan<byte> piece, ref int at)
    {
        while (at < piece.Length)
        {
            var first = state == State.RequestLine;
            var tooLong = first ? Http1Refusal.TargetTooLong : Http1Refusal.HeadTooLarge;
            if (!lines.TryRead(piece, ref at, first ? limits.RequestLine : limits.Head - headLength - 2, tooLong, out var wrong))
                return Http1Step.More;
            var line = lines.LineIn(piece);
            if (wrong == Http1Refusal.TargetTooLong)
                wrong = RequestLine.TooLong(line);
            if (wrong == Http1Refusal.None)
                wrong = first ? RequestLine.Check(line, Head) : line.IsEmpty ? EndOfHead() : ++fields > limits.Fields ? Http1Refusal.TooManyFields : FieldLine.Check(line, Head);
            if (wrong != Http1Refusal.None)
                return Refuse(wrong);
            headLength += line.Length + 2;
            if (first)
                state = State.Fields;
            else if (line.IsEmpty)
                return Http1Step.Head;
        }

        return Http1Step.More;
    }

    private Http1Refusal EndOfHead()
    {
        if (!Head.HasHost && !Head.IsOldVersion)
            return Http1Refusal.HostMissing;
        if (Head.IsRefusedMethod)
            return Http1Refusal.MethodRefused;
        if (Head.Length > limits.Body)
            return Http1Refusal.BodyTooLarge;
        remaining = Head.Length ?? 0;
        state = Head.IsChunked ? State.ChunkLine : remaining > 0 ? State.Body : State.End;
        return Http1Refusal.None;
    }

    private Http1Step Data(ReadOnlySpan<byte> piece, ref int taken)
    {
        taken = (int)Math.Min(piece.Length, remaining);
        remaining -= taken;
        if (remaining == 0)
            state = state == State.Body ? State.End : State.ChunkDataEnd;
        return Http1Step.Pass;
    }

    private Http1Step Chunk(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!lines.TryRead(piece, ref at, limits.ChunkLine, Http1Refusal.ChunkExtensionsTooLong, out var wrong))
            return Http1Step.More;
        if (wrong == Http1Refusal.None)
            wrong = ChunkLine.Check(lines.LineIn(piece), out remaining, out var added) is var bad and not Http1Refusal.None ? bad : AfterChunkLine(added);
        if (wrong != Http1Refusal.None)
            return Refuse(wrong);
        state = remaining > 0 ? State.ChunkData : State.Trailers;
        return Http1Step.Pass;
    }

    private Http1Refusal AfterChunkLine(int added)
    {
        extensions += added;
        bodyLength += remaining;
        return extensions > limits.ChunkExtensions ? Http1Refusal.ChunkExtensionsTooLong
            : bodyLength > limits.Body ? Http1Refusal.BodyTooLarge
            : Http1Refusal.None;
    }

    private Http1Step DataEnd(ReadOnlySpan<byte> piece, ref int taken)
    {
        if (state == State.ChunkDataEnd)
        {
            if (piece[0] != '\r')
                return Refuse(Http1Refusal.ChunkEndMissing);
            state = State.ChunkDataEndAfterCarriageReturn;
            taken = 1;
            if (piece.Length == 1)
                return Http1Step.More;
        }

        if (piece[taken] != '\n')
            return Refuse(Http1Refusal.ChunkEndMissing);
        taken++;
        state = State.ChunkLine;
        return Http1Step.Pass;
    }

    private Http1Step Trailer(ReadOnlySpan<byte> piece, ref int at)
    {
        if (!lines.TryRead(piece, ref at, limits.Head - headLength - 2, Http1Refusal.HeadTooLarge, out var wrong))
            return Http1Step.More;
        var line = lines.LineIn(piece);
        if (wrong == Http1Refusal.None && !line.IsEmpty)
            wrong = ++fields > limits.Fields ? Http1Refusal.TooManyFields : FieldLine.CheckTrailer(line);
        if (wrong != Http1Refusal.None)
            return Refuse(wrong);
        headLength += line.Length + 2;
        if (line.IsEmpty)
            state = State.End;
        return Http1Step.Pass;
    }
}
