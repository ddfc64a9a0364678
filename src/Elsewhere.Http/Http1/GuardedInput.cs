using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Pooled;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Http1;

/// <summary>
/// What the client sends, on its way to the server: one request at a time, and of it only what the parser has let pass. Nothing is
/// copied. That the server reads where a request ends means that it has written the response: so refusals come in their turn.
/// </summary>
internal sealed class GuardedInput(PipeReader inner, GuardedOutput output, Http1Limits limits) : PipeReader
{
    private const long Expired = -1;

    private readonly Http1Parser parser = new(limits);
    private ReadOnlySequence<byte> held;
    private SequencePosition shownEnd;
    private byte[]? rewritten;
    private int rewrittenRead;
    private long dropped;
    private long scanned;
    private long passed;
    private bool examinedAll;
    private long headLength;
    private bool headShown;
    private volatile bool tunnel;
    private bool finished;
    private long headSince;

    /// <summary>Why the connection ends; nothing if the client was not at fault.</summary>
    public Http1Refusal Refusal => parser.Refusal;

    /// <summary>Whether another protocol is spoken by now: the client may have heard so before the next byte of it is read. May be called by any thread.</summary>
    public bool IsTunnel => tunnel || (parser.Head.MaySwitch && output.HasSwitched);

    /// <summary>What is known of the request that was refused.</summary>
    public RequestHead Head => parser.Head;

    /// <summary>The refusal is ours to be answered: no byte of a response to this request has gone out.</summary>
    public bool IsAnswerOwed { get; private set; }

    /// <summary>Looks whether a head takes too long. May be called by any thread.</summary>
    public void CheckTime()
    {
        if (Volatile.Read(ref headSince) is var since and > 0 && limits.Time.GetElapsedTime(since) >= limits.HeadTimeout
            && Interlocked.CompareExchange(ref headSince, Expired, since) == since)
        {
            inner.CancelPendingRead();
        }
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!PassBoundary() || tunnel)
            return tunnel ? inner.ReadAsync(cancellationToken) : new(Finished);
        if (rewritten is not null)
            return new(Rewritten());
        var read = inner.ReadAsync(cancellationToken);
        if (!read.IsCompletedSuccessfully)
            return ReadOnAsync(read, cancellationToken);
        return TryShow(read.Result, out var shown) ? new(shown) : ReadOnAsync(inner.ReadAsync(cancellationToken), cancellationToken);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!PassBoundary() || tunnel)
        {
            result = Finished;
            return !tunnel || inner.TryRead(out result);
        }

        if (rewritten is not null)
        {
            result = Rewritten();
            return true;
        }

        while (inner.TryRead(out var read))
        {
            if (TryShow(read, out result))
                return true;
        }

        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (tunnel)
        {
            inner.AdvanceTo(consumed, examined);
        }
        else if (rewritten is not null)
        {
            rewrittenRead = consumed.GetInteger();
            if (rewrittenRead == rewritten.Length)
                rewritten = null;
        }
        else if (!finished)
        {
            var left = Left(consumed);
            examinedAll = Left(examined) == 0;
            inner.AdvanceTo(consumed, examined);
            scanned -= passed - left;
            passed = left;
        }
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <summary>The connection is completed by whoever opened it.</summary>
    public override void Complete(Exception? exception = null) => parser.Release();

    private static ReadResult Finished => new(default, isCanceled: false, isCompleted: true);

    private long Left(SequencePosition position) => position.Equals(shownEnd) ? 0 : held.Slice(position, shownEnd).Length;

    private ReadResult Rewritten() => new(new ReadOnlySequence<byte>(rewritten!, rewrittenRead, rewritten!.Length - rewrittenRead), isCanceled: false, isCompleted: false);

    /// <summary>Begins another request, or the tunnel, where one is complete and read. False if nothing follows.</summary>
    private bool PassBoundary()
    {
        if (finished)
            return false;
        if (!parser.IsAtEnd || passed > 0 || rewritten is not null || tunnel)
            return true;
        if (parser.Head.MaySwitch && output.HasSwitched)
        {
            tunnel = true;
            return true;
        }

        parser.StartNext();
        output.StartResponse();
        headShown = false;
        return true;
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<ReadResult> ReadOnAsync(ValueTask<ReadResult> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryShow(await read.ConfigureAwait(false), out var shown))
                return shown;
            read = inner.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Lets the parser see what has come. False if there is nothing to be shown yet; then the inner reader is advanced.</summary>
    private bool TryShow(in ReadResult read, out ReadResult shown)
    {
        held = read.Buffer;
        var before = passed;
        Scan();
        if (parser.Refusal == Http1Refusal.None && Volatile.Read(ref headSince) == Expired)
            _ = parser.Refuse(Http1Refusal.TooSlow);
        if (parser.Refusal == Http1Refusal.None && read.IsCompleted && !parser.IsAtEnd && !(parser.IsBetweenRequests && scanned == dropped))
            _ = parser.Refuse(Http1Refusal.EndedEarly);
        if (parser.Refusal != Http1Refusal.None)
        {
            Finish();
            shown = Finished;
            return headShown ? throw Broken() : true;
        }

        var start = dropped == 0 ? held.Start : held.GetPosition(dropped);
        scanned -= dropped;
        dropped = 0;
        if (headLength > 0)
        {
            Rewrite(start);
            headShown = true;
            shown = Rewritten();
            return true;
        }

        var news = passed > 0 && (passed > before || !examinedAll);
        if (news || read.IsCanceled || read.IsCompleted)
        {
            shownEnd = held.GetPosition(passed, start);
            headShown |= passed > 0;
            shown = new(held.Slice(start, shownEnd), read.IsCanceled, read.IsCompleted && shownEnd.Equals(held.End));
            return true;
        }

        shown = default;
        inner.AdvanceTo(start, held.End);
        return false;
    }

    private void Scan()
    {
        if (parser.IsAtEnd)
            return;
        if (held.IsSingleSegment)
        {
            Scan(held.FirstSpan[(int)scanned..]);
        }
        else
        {
            foreach (var segment in held.Slice(scanned))
                Scan(segment.Span);
        }

        if (parser.IsInHead && headSince == 0)
            Volatile.Write(ref headSince, Math.Max(1, limits.Time.GetTimestamp()));
    }

    private void Scan(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty && !parser.IsAtEnd)
        {
            var step = parser.Next(piece, out var taken);
            piece = piece[taken..];
            scanned += taken;
            if (step == Http1Step.Refused)
                return;
            if (step == Http1Step.Drop)
                dropped = scanned;
            else if (step != Http1Step.More)
                passed = scanned - dropped;
            if (step == Http1Step.Head)
                EndHead();
        }
    }

    private void EndHead()
    {
        if (Interlocked.Exchange(ref headSince, 0) == Expired)
            _ = parser.Refuse(Http1Refusal.TooSlow);
        if (parser.Head.MaySwitch || parser.Head.ExpectsContinue)
            output.WatchResponse();
        if (parser.Head.IsToBeRewritten)
            headLength = passed;
    }

    private void Rewrite(SequencePosition start)
    {
        var end = held.GetPosition(headLength, start);
        rewritten = ConnectionFields.RemoveFrom(held.Slice(start, end), parser.Head.UpgradeToBeRemoved);
        rewrittenRead = 0;
        inner.AdvanceTo(end);
        scanned -= headLength;
        passed -= headLength;
        headLength = 0;
        examinedAll = false;
    }

    /// <summary>What the application gets to see of a body that is refused. At the mere end of the input Kestrel would close the connection at once.</summary>
    private BadHttpRequestException Broken()
    {
        var text = Http1RefusalText.Of(parser.Refusal);
        return new(text.Detail, text.Status);
    }

    private void Finish()
    {
        finished = true;
        IsAnswerOwed = output.TrySuppress();
        inner.AdvanceTo(held.End);
    }
}
