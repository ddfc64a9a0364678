using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Pooled;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Http.Forward;

/// <summary>
/// Passes a body on. What has come goes out before the next piece is waited for, and nothing more is read than the client takes.
/// </summary>
internal static class ResponseBody
{
    private const int Piece = 32 * 1024;

    /// <summary>Byte by byte. What the client has not been sent at the end goes out with that.</summary>
    /// <param name="source">The origin's response.</param>
    /// <param name="target">The client's body.</param>
    /// <param name="patience">Told of every piece, and of the client's; ends it.</param>
    [AsyncMethodBuilder(typeof(PooledValueTask))]
    public static async ValueTask CopyAsync(OriginResponse source, PipeWriter target, Patience patience)
    {
        var unsent = 0;
        while (!source.IsAtEnd)
        {
            var next = source.NextAsync(patience.Token);

            // The head too goes out as soon as there is a pause; where there is no body it goes out in one with the end.
            if (!next.IsCompleted || unsent >= Piece)
            {
                await FlushAsync(target, patience).ConfigureAwait(false);
                unsent = 0;
            }

            ReadOnlyMemory<byte> piece;
            try
            {
                piece = await next.ConfigureAwait(false);
            }
            catch (Exception) when (unsent > 0)
            {
                await ShowAsync(target).ConfigureAwait(false);
                throw;
            }

            if (piece.IsEmpty)
                return;
            patience.Moved();
            piece.CopyTo(target.GetMemory(piece.Length));
            target.Advance(piece.Length);
            patience.Wrote(piece.Length);
            unsent += piece.Length;
        }
    }

    /// <summary>With its URLs mapped.</summary>
    /// <param name="source">The origin's response.</param>
    /// <param name="rewriter">Maps it.</param>
    /// <param name="target">The client's body.</param>
    /// <param name="patience">Told of every piece, and of the client's; ends it.</param>
    /// <returns>How it ended.</returns>
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    public static async ValueTask<BodyOutcome> RewriteAsync(OriginResponse source, CodedBodyRewriter rewriter, PipeWriter target, Patience patience)
    {
        var output = new RoomyWriter(target, patience);
        while (true)
        {
            var next = source.NextAsync(patience.Token);
            if (!next.IsCompleted)
                rewriter.Flush(output);
            if (!next.IsCompleted || output.Unsent >= Piece)
                await TakenAsync(output.FlushAsync(patience.Token), patience).ConfigureAwait(false);
            ReadOnlyMemory<byte> piece;
            try
            {
                piece = await next.ConfigureAwait(false);
            }
            catch (Exception) when (output.Unsent > 0)
            {
                await ShowAsync(target).ConfigureAwait(false);
                throw;
            }

            if (piece.IsEmpty)
                return await EndAsync(rewriter.Complete(output), output, patience).ConfigureAwait(false);
            patience.Moved();
            while (true)
            {
                var outcome = rewriter.Write(piece.Span, out var consumed, output);
                piece = piece[consumed..];
                if (outcome == BodyOutcome.NeedsInput)
                    break;
                if (outcome != BodyOutcome.OutputFull)
                    return await EndAsync(outcome, output, patience).ConfigureAwait(false);
                await TakenAsync(output.FlushAsync(patience.Token), patience).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Sends what was written.</summary>
    public static ValueTask FlushAsync(PipeWriter target, Patience patience) => TakenAsync(target.FlushAsync(patience.Token), patience);

    /// <summary>
    /// Ends an answer of HTTP/2 that the client has no room for, and waits until it has taken it: the server would keep the rest for as long as the connection lasts, and
    /// nobody would be told.
    /// </summary>
    public static async ValueTask EndAsync(GatewayExchange exchange, Patience patience)
    {
        var streams = exchange.Frames!.Streams;
        var rest = streams.Watch(exchange.Stream);
        try
        {
            await exchange.Body.CompleteAsync().ConfigureAwait(false);
            patience.WaitForClient();
            await rest.Ended.WaitAsync(patience.Token).ConfigureAwait(false);
            patience.ClientTook();
        }
        finally
        {
            streams.Forget(rest);
        }
    }

    /// <summary>Waits for a client that has to take something first.</summary>
    public static ValueTask TakenAsync(ValueTask<FlushResult> flush, Patience patience)
    {
        if (!flush.IsCompletedSuccessfully)
            return WaitAsync(flush, patience);
        _ = flush.Result;
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private static async ValueTask WaitAsync(ValueTask<FlushResult> flush, Patience patience)
    {
        patience.WaitForClient();
        await flush.ConfigureAwait(false);
        patience.ClientTook();
    }

    // Of a body that is broken, what came of it is shown; where nothing did, the response has not begun.
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private static async ValueTask<BodyOutcome> EndAsync(BodyOutcome outcome, RoomyWriter output, Patience patience)
    {
        if (BodyReports.IsBroken(outcome) && output.Unsent > 0)
            await TakenAsync(output.FlushAsync(patience.Token), patience).ConfigureAwait(false);
        return outcome;
    }

    // What was written is a part of this response, and must not become one of the error that says why it breaks off.
    private static ValueTask<FlushResult> ShowAsync(PipeWriter target) => target.FlushAsync(CancellationToken.None);
}
