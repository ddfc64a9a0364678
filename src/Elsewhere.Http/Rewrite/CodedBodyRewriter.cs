using System.Buffers;
using Elsewhere.Model;

namespace Elsewhere.Http.Rewrite;

/// <summary>What may be decoded; a limit that is passed ends the body with the outcome of its name.</summary>
/// <param name="MaxDecodedBytes">The longest decoded body, in bytes.</param>
/// <param name="MaxRatio">How many decoded bytes may come of one coded byte, on average from the beginning.</param>
/// <param name="RatioGrace">Up to this many decoded bytes the ratio does not count: a page of blanks is no bomb.</param>
public sealed record DecodeLimits(long MaxDecodedBytes, int MaxRatio, long RatioGrace)
{
    /// <summary>
    /// 4 GiB; 200 to 1 once a mebibyte has come. Text compresses some 3 to 20 to 1; 1032 to 1 is the most that deflate can do.
    /// </summary>
    public static DecodeLimits Default { get; } = new(4L << 30, 200, 1 << 20);
}

/// <summary>How mapping a body stands, or how it ended.</summary>
public enum BodyOutcome
{
    /// <summary>Going on: give more input.</summary>
    NeedsInput,

    /// <summary>Going on: send the output, then give the rest of the input.</summary>
    OutputFull,

    /// <summary>Complete, and so was the origin's coding.</summary>
    Complete,

    /// <summary>Complete, but of characters of two or four bytes, as its first bytes say: nothing could be mapped.</summary>
    CompleteButWide,

    /// <summary>The coded body broke off: what came was sent, the end must not look like an end.</summary>
    Truncated,

    /// <summary>The coded body is none: abort.</summary>
    Corrupt,

    /// <summary>Cut off at <see cref="DecodeLimits.MaxDecodedBytes"/>: abort.</summary>
    DecodedTooLong,

    /// <summary>Cut off at <see cref="DecodeLimits.MaxRatio"/>, a decompression bomb: abort.</summary>
    RatioTooHigh,
}

/// <summary>
/// Decodes, maps and encodes a body as a stream with bounded memory (some 100 KB with codings, 3 KB without), driven by whoever reads the origin:
/// <see cref="Write"/> for each piece, <see cref="Flush"/> when the origin pauses, <see cref="Complete"/> at its end. It knows no socket and no task.
/// </summary>
public sealed class CodedBodyRewriter : IDisposable
{
    /// <summary>A call to <see cref="Write"/> stops once it has produced this many bytes before encoding, so that a bomb meets back-pressure first.</summary>
    public const int OutputPerCall = 64 * 1024;

    private readonly BodyRewriter rewriter;
    private readonly Decoder? decoder;
    private readonly Encoder? encoder;
    private readonly DecodeLimits limits;
    private readonly byte[] decoded;
    private BodyOutcome ended = BodyOutcome.NeedsInput;

    /// <summary>For one body.</summary>
    /// <param name="rewriter">Maps the decoded text.</param>
    /// <param name="codings">How the origin coded it, the first applied first.</param>
    /// <param name="target">How the client gets it; null for identity.</param>
    /// <param name="limits">What may be decoded.</param>
    public CodedBodyRewriter(BodyRewriter rewriter, Seq<ContentCoding> codings, ContentCoding? target, DecodeLimits limits)
    {
        this.rewriter = rewriter;
        this.limits = limits;
        decoder = codings.IsEmpty ? null : Decoder.For(codings);
        decoded = codings.IsEmpty ? [] : new byte[16 * 1024];
        encoder = target is { } coding ? new Encoder(coding) : null;
    }

    /// <summary>Coded bytes that came so far.</summary>
    public long BytesIn { get; private set; }

    /// <summary>Bytes after decoding so far.</summary>
    public long BytesDecoded { get; private set; }

    /// <summary>URLs mapped so far.</summary>
    public long Hits => rewriter.Hits;

    /// <summary>Takes a piece of the origin's body.</summary>
    /// <param name="input">The piece, or its rest after <see cref="BodyOutcome.OutputFull"/>; that rest may be empty.</param>
    /// <param name="consumed">How much of it was taken.</param>
    /// <param name="output">Gets what the client is sent.</param>
    /// <returns><see cref="BodyOutcome.NeedsInput"/>, <see cref="BodyOutcome.OutputFull"/>, or why the body must be aborted.</returns>
    public BodyOutcome Write(ReadOnlySpan<byte> input, out int consumed, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        consumed = 0;
        if (ended != BodyOutcome.NeedsInput)
            return ended;
        var target = TargetOf(output);
        if (decoder is null)
        {
            consumed = input.Length;
            BytesIn += consumed;
            BytesDecoded += consumed;
            rewriter.Write(input, target);
            return BodyOutcome.NeedsInput;
        }

        for (var produced = 0; produced < OutputPerCall;)
        {
            var status = decoder.Decode(input[consumed..], out var taken, decoded, out var written);
            consumed += taken;
            BytesIn += taken;
            if (status == DecodeStatus.Corrupt)
                return ended = BodyOutcome.Corrupt;
            if (IsOverLimit(written) is var over && over != BodyOutcome.NeedsInput)
                return ended = over;
            BytesDecoded += written;
            produced += written;
            rewriter.Write(decoded.AsSpan(0, written), target);
            if (status is DecodeStatus.NeedsInput or DecodeStatus.End)
                return BodyOutcome.NeedsInput;
        }

        return BodyOutcome.OutputFull;
    }

    /// <summary>
    /// Sends what the encoder keeps for a better ratio. To be called when the origin has nothing more at the moment, so that an event does not wait for the
    /// next one; calling it after each piece costs compression, never correctness.
    /// </summary>
    public void Flush(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (ended != BodyOutcome.NeedsInput || encoder is null)
            return;
        encoder.Target = output;
        encoder.Flush();
    }

    /// <summary>Ends the body.</summary>
    /// <param name="output">Gets the rest.</param>
    /// <returns><see cref="BodyOutcome.Complete"/>, <see cref="BodyOutcome.CompleteButWide"/>, or how it ended instead. A truncated body gets no proper end of its coding either.</returns>
    public BodyOutcome Complete(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (ended != BodyOutcome.NeedsInput)
            return ended;
        var target = TargetOf(output);
        if (decoder is not null && BytesIn > 0 && !decoder.IsComplete())
        {
            // What is held back may be the beginning of another host: it stays behind.
            encoder?.Flush();
            return ended = BodyOutcome.Truncated;
        }

        rewriter.Complete(target);
        encoder?.Complete();
        return ended = rewriter.IsWide ? BodyOutcome.CompleteButWide : BodyOutcome.Complete;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        decoder?.Dispose();
        encoder?.Dispose();
    }

    private IBufferWriter<byte> TargetOf(IBufferWriter<byte> output)
    {
        if (encoder is null)
            return output;
        encoder.Target = output;
        return encoder;
    }

    private BodyOutcome IsOverLimit(int more)
    {
        var decoded = BytesDecoded + more;
        if (decoded > limits.MaxDecodedBytes)
            return BodyOutcome.DecodedTooLong;
        return decoded > limits.RatioGrace && decoded > BytesIn * limits.MaxRatio ? BodyOutcome.RatioTooHigh : BodyOutcome.NeedsInput;
    }
}
