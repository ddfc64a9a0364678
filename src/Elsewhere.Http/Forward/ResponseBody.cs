using System.Buffers;
using System.IO.Pipelines;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Http.Forward;

/// <summary>
/// Passes a body on. What has come goes out before the next piece is waited for, and nothing more is read than the client takes.
/// </summary>
internal static class ResponseBody
{
    private const int Piece = 32 * 1024;

    /// <summary>Byte by byte.</summary>
    /// <param name="source">The origin's body.</param>
    /// <param name="target">The client's.</param>
    /// <param name="moved">Told of every piece.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task CopyAsync(Stream source, PipeWriter target, Action moved, CancellationToken cancellation)
    {
        while (true)
        {
            await WaitAsync(source, null, null, target, cancellation).ConfigureAwait(false);
            var count = await source.ReadAsync(target.GetMemory(Piece), cancellation).ConfigureAwait(false);
            if (count == 0)
                return;
            moved();
            target.Advance(count);
            await target.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>With its URLs mapped.</summary>
    /// <param name="source">The origin's body.</param>
    /// <param name="rewriter">Maps it.</param>
    /// <param name="target">The client's.</param>
    /// <param name="moved">Told of every piece.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>How it ended.</returns>
    public static async Task<BodyOutcome> RewriteAsync(Stream source, CodedBodyRewriter rewriter, PipeWriter target, Action moved, CancellationToken cancellation)
    {
        var output = new RoomyWriter(target);
        while (true)
        {
            await WaitAsync(source, rewriter, output, target, cancellation).ConfigureAwait(false);
            var buffer = ArrayPool<byte>.Shared.Rent(Piece);
            try
            {
                var count = await source.ReadAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
                if (count == 0)
                    return rewriter.Complete(output);
                moved();
                for (var input = buffer.AsMemory(0, count); ;)
                {
                    var outcome = rewriter.Write(input.Span, out var consumed, output);
                    input = input[consumed..];
                    if (outcome is not (BodyOutcome.NeedsInput or BodyOutcome.OutputFull))
                        return outcome;
                    await target.FlushAsync(cancellation).ConfigureAwait(false);
                    if (outcome == BodyOutcome.NeedsInput)
                        break;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    // A read of nothing ends when there is something, and needs no buffer until then. The head too goes out as soon as there is a pause; where there is no body it
    // goes out in one with the end.
    private static async ValueTask WaitAsync(Stream source, CodedBodyRewriter? rewriter, RoomyWriter? output, PipeWriter target, CancellationToken cancellation)
    {
        var waiting = source.ReadAsync(Memory<byte>.Empty, cancellation);
        if (!waiting.IsCompleted)
        {
            rewriter?.Flush(output!);
            await target.FlushAsync(cancellation).ConfigureAwait(false);
        }

        await waiting.ConfigureAwait(false);
    }
}
