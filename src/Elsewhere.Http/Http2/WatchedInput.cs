using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Http.Http2;

/// <summary>What the client sends, on its way to the server; it ends when the client sends too much that is of no use.</summary>
internal sealed class WatchedInput(PipeReader inner, WatchedOutput output, FrameWatch watch) : PipeReader
{
    private System.Buffers.ReadOnlySequence<byte> held;
    private long seen;

    /// <summary>The client was cut off.</summary>
    public bool IsCut { get; private set; }

    private static ReadResult Ended => new(default, isCanceled: false, isCompleted: true);

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (IsCut)
            return new(Ended);
        var read = inner.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(See(read.Result)) : ReadOnAsync(read);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (IsCut)
        {
            result = Ended;
            return true;
        }

        if (!inner.TryRead(out result))
            return false;
        result = See(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (IsCut)
            return;
        seen = consumed.Equals(held.End) ? 0 : held.Slice(consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <summary>The connection is completed by whoever opened it.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<ReadResult> ReadOnAsync(ValueTask<ReadResult> read) => See(await read.ConfigureAwait(false));

    private ReadResult See(in ReadResult read)
    {
        held = read.Buffer;
        foreach (var piece in held.Slice(seen))
        {
            if (watch.See(piece.Span, output))
                continue;
            IsCut = true;
            output.Cut();
            inner.AdvanceTo(held.End);
            return Ended;
        }

        return read;
    }
}
