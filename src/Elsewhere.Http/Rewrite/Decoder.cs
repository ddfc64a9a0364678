using System.Buffers;
using System.IO.Compression;
using Elsewhere.Model;

namespace Elsewhere.Http.Rewrite;

/// <summary>What became of a call to a <see cref="Decoder"/>.</summary>
internal enum DecodeStatus
{
    /// <summary>Some was decoded, or more may come without further input.</summary>
    Output,

    /// <summary>All input is used up.</summary>
    NeedsInput,

    /// <summary>The coded stream is at its end; input behind it is not part of it.</summary>
    End,

    /// <summary>The input is no such coding.</summary>
    Corrupt,
}

/// <summary>Undoes one content coding as a stream with bounded memory: coded pieces in, decoded pieces out.</summary>
internal abstract class Decoder : IDisposable
{
    /// <summary>Undoes several codings.</summary>
    /// <param name="codings">The first applied first; not empty.</param>
    internal static Decoder For(Seq<ContentCoding> codings)
    {
        var decoder = For(codings[^1]);
        for (var i = codings.Count - 2; i >= 0; i--)
            decoder = new ChainDecoder(decoder, For(codings[i]));
        return decoder;
    }

    internal static Decoder For(ContentCoding coding) => coding switch
    {
        ContentCoding.Gzip => new InflateDecoder(isGzip: true),
        ContentCoding.Deflate => new InflateDecoder(isGzip: false),
        ContentCoding.Brotli => new BrotliPieceDecoder(),
    };

    /// <summary>Decodes as much as fits.</summary>
    /// <param name="input">Coded bytes.</param>
    /// <param name="consumed">How many of them were taken; give the others again.</param>
    /// <param name="output">Where decoded bytes go; at least a few kilobytes.</param>
    /// <param name="written">How many went there.</param>
    internal abstract DecodeStatus Decode(ReadOnlySpan<byte> input, out int consumed, Span<byte> output, out int written);

    /// <summary>Whether the coded stream may end where it stands. Only after the last input; the decoder is of no use afterwards.</summary>
    internal abstract bool IsComplete();

    /// <inheritdoc/>
    public abstract void Dispose();

    private sealed class ChainDecoder(Decoder outer, Decoder inner) : Decoder
    {
        private readonly byte[] between = new byte[8192];
        private int start;
        private int end;

        internal override DecodeStatus Decode(ReadOnlySpan<byte> input, out int consumed, Span<byte> output, out int written)
        {
            consumed = 0;
            while (true)
            {
                var status = inner.Decode(between.AsSpan(start..end), out var taken, output, out written);
                start += taken;
                if (written > 0 || status == DecodeStatus.Corrupt)
                    return status;
                if (status == DecodeStatus.Output)
                    continue;
                status = outer.Decode(input[consumed..], out taken, between, out end);
                start = 0;
                consumed += taken;
                if (end == 0 && status != DecodeStatus.Output)
                    return status;
            }
        }

        internal override bool IsComplete() => outer.IsComplete() && inner.IsComplete();

        public override void Dispose()
        {
            outer.Dispose();
            inner.Dispose();
        }
    }

    private sealed class BrotliPieceDecoder : Decoder
    {
        private BrotliDecoder decoder;
        private bool began;
        private bool ended;

        internal override DecodeStatus Decode(ReadOnlySpan<byte> input, out int consumed, Span<byte> output, out int written)
        {
            consumed = written = 0;
            if (ended)
            {
                consumed = input.Length;
                return DecodeStatus.End;
            }

            began |= !input.IsEmpty;
            switch (decoder.Decompress(input, output, out consumed, out written))
            {
                case OperationStatus.Done:
                    ended = true;
                    if (written > 0)
                        return DecodeStatus.Output;
                    consumed = input.Length;
                    return DecodeStatus.End;
                case OperationStatus.DestinationTooSmall:
                    return DecodeStatus.Output;
                case OperationStatus.NeedMoreData:
                    return written > 0 ? DecodeStatus.Output : DecodeStatus.NeedsInput;
                case OperationStatus.InvalidData:
                default:
                    return DecodeStatus.Corrupt;
            }
        }

        internal override bool IsComplete() => ended || !began;

        public override void Dispose() => decoder.Dispose();
    }

    private sealed class InflateDecoder(bool isGzip) : Decoder
    {
        private readonly CodedInput source = new();
        private Stream? stream;
        private bool corrupt;
        private byte first;
        private bool hasFirst;

        internal override DecodeStatus Decode(ReadOnlySpan<byte> input, out int consumed, Span<byte> output, out int written)
        {
            consumed = written = 0;
            if (corrupt)
                return DecodeStatus.Corrupt;
            if (stream is null && !TryOpen(input, out consumed))
                return DecodeStatus.NeedsInput;
            if (source.IsEmpty)
                consumed += source.Add(input[consumed..]);
            var starved = source.Starved;
            try
            {
                written = stream!.Read(output);
            }
            catch (InvalidDataException)
            {
                corrupt = true;
                return DecodeStatus.Corrupt;
            }

            if (written > 0)
                return DecodeStatus.Output;
            if (starved != source.Starved)
                return consumed == input.Length ? DecodeStatus.NeedsInput : DecodeStatus.Output;

            // It gave nothing and asked for nothing: it has seen its end.
            consumed = input.Length;
            return DecodeStatus.End;
        }

        internal override bool IsComplete()
        {
            if (stream is null)
                return !hasFirst;
            if (corrupt)
                return false;

            // The framework does not say whether its stream is complete. One byte that begins no member tells: a complete one does not take it.
            var starved = source.Starved;
            Span<byte> output = stackalloc byte[16];
            source.Add([0xff]);
            try
            {
                return stream.Read(output) == 0 && starved == source.Starved;
            }
            catch (InvalidDataException)
            {
                return false;
            }
        }

        public override void Dispose()
        {
            stream?.Dispose();
            source.Dispose();
        }

        // "deflate" is zlib by RFC 9110 section 8.4.1.2, and without its two bytes at some servers; the first two bytes tell (RFC 1950 section 2.2).
        private bool TryOpen(ReadOnlySpan<byte> input, out int consumed)
        {
            consumed = 0;
            if (input.IsEmpty)
                return false;
            if (isGzip)
            {
                stream = new GZipStream(source, CompressionMode.Decompress);
                return true;
            }

            if (!hasFirst)
            {
                first = input[0];
                hasFirst = true;
                consumed = 1;
            }

            if (consumed == input.Length)
                return false;
            var isZlib = (first & 0x0f) == 8 && ((first << 8) | input[consumed]) % 31 == 0;
            stream = isZlib ? new ZLibStream(source, CompressionMode.Decompress) : new DeflateStream(source, CompressionMode.Decompress);
            source.Add([first]);
            return true;
        }
    }
}
