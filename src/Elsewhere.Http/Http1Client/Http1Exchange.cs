using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Pooled;

namespace Elsewhere.Http.Http1Client;

/// <summary>One request and its answer on a connection; used again for the next one. Both ways run at the same time: an answer is there as soon as its head is.</summary>
/// <param name="connection">The connection.</param>
/// <param name="pool">Where it goes afterwards.</param>
/// <param name="limits">What an answer may ask of us.</param>
internal sealed class Http1Exchange(Http1Connection connection, Http1Pool pool, AnswerLimits limits) : OriginResponse
{
    private const int Piece = 32 * 1024, Whole = 8 * 1024;
    private readonly AnswerHead head = new(limits);
    private readonly ChunkedAnswer chunks = new(limits);
    private readonly RequestSender sender = new(connection, limits, pool.Time);
    private OriginRequest? request;
    private CancellationTokenRegistration cancelling;
    private Framing framing;
    private long remaining;
    private int taken;
    private int headBytes;
    private bool isOver;

    private enum Framing
    {
        None,
        Length,
        Chunks,
        ToEnd,
    }

    /// <inheritdoc/>
    public override int Status => head.Status;

    /// <inheritdoc/>
    public override string? Reason => head.Reason;

    /// <inheritdoc/>
    public override FieldLines Fields => head.Fields;

    /// <inheritdoc/>
    public override FieldLines Trailers => chunks.Trailers;

    /// <inheritdoc/>
    public override bool IsAtEnd => framing switch
    {
        Framing.None => true,
        Framing.Length => remaining == 0,
        Framing.Chunks => chunks.IsAtEnd,
        Framing.ToEnd => isOver,
    };

    /// <inheritdoc/>
    public override Stream Switched => new SwitchedStream(connection);

    /// <summary>Sends a request, and waits for the head of its answer; the body goes on meanwhile, and afterwards.</summary>
    /// <exception cref="AnswerException">The answer is none, or there is none. The connection is closed.</exception>
    /// <exception cref="FieldRefusedException">The request cannot be sent.</exception>
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    public async ValueTask<OriginResponse> SendAsync(OriginRequest sent, CancellationToken cancellation)
    {
        request = sent;
        (taken, headBytes, isOver, framing, remaining) = (0, 0, false, Framing.None, 0);
        chunks.Clear(0);
        try
        {
            cancelling = cancellation.UnsafeRegister(static state => ((Http1Connection)state!).Abort(), connection);
            await sender.BeginAsync(sent).ConfigureAwait(false);
            await ReadHeadsAsync(sent).ConfigureAwait(false);
            sender.Answered();
            return this;
        }
        catch (Exception e)
        {
            // A connection that is closed has no buffer any more.
            var hasBegun = headBytes > 0 || !connection.Buffered.IsEmpty;
            await EndAsync(isReusable: false).ConfigureAwait(false);
            if (e is SocketException or ObjectDisposedException || (e is IOException and not (AnswerException or Connect.OriginConnectException)))
                throw new AnswerException(hasBegun ? AnswerFault.CutOff : AnswerFault.Closed, connection.WasUsed, e);
            throw;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        connection.Take(taken);
        taken = 0;
        return TryPiece(out var piece) ? new ValueTask<ReadOnlyMemory<byte>>(piece) : ReadPieceAsync();
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        connection.Take(taken);
        taken = 0;
        return request is null ? default : EndAsync(IsAtEnd && framing != Framing.ToEnd && head.IsPersistent && head.Status != 101 && connection.Buffered.IsEmpty && sender.IsWhole);
    }

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private async ValueTask ReadHeadsAsync(OriginRequest sent)
    {
        while (true)
        {
            await ReadHeadAsync().ConfigureAwait(false);
            if (head.Status == 100)
            {
                sender.GoOn();
            }
            else if (head.Status is > 101 and < 200)
            {
                sent.Interim?.Invoke(head.Status, head.Fields);
            }
            else
            {
                break;
            }
        }

        if (head.Status == 101)
        {
            if (!IsAskedFor(sent.Upgrade, head.Fields.Find("Upgrade")))
                throw new AnswerException(AnswerFault.SwitchUnasked);
            return;
        }

        // RFC 9112 section 6.3.
        if (sent.Method == "HEAD" || head.Status is 204 or 304)
            framing = Framing.None;
        else if (head.IsChunked)
            framing = Framing.Chunks;
        else
            (framing, remaining) = head.Length is { } length ? (Framing.Length, length) : (Framing.ToEnd, 0);
        chunks.Clear(headBytes);
    }

    [AsyncMethodBuilder(typeof(PooledValueTask))]
    private async ValueTask ReadHeadAsync()
    {
        head.Clear();
        while (true)
        {
            var fault = head.Read(connection.Buffered.Span, limits.Head - headBytes, out var length);
            if (fault != AnswerFault.None)
                throw new AnswerException(fault);
            if (length > 0)
            {
                connection.Take(length);
                headBytes += length;
                return;
            }

            if (await connection.FillAsync().ConfigureAwait(false) == 0)
                throw new AnswerException(headBytes == 0 && connection.Buffered.IsEmpty ? AnswerFault.Closed : AnswerFault.CutOff, connection.WasUsed);
        }
    }

    // RFC 9110 section 7.8: one of those that were named.
    private static bool IsAskedFor(string? asked, string? chosen) => asked is not null && chosen is { Length: > 0 } && ListField.Has(asked, chosen);

    private bool TryPiece(out ReadOnlyMemory<byte> piece)
    {
        piece = default;
        var buffered = connection.Buffered;
        switch (framing)
        {
            case Framing.Length when remaining > 0:
                taken = (int)Math.Min(buffered.Length, remaining);
                remaining -= taken;
                break;
            case Framing.Chunks when !chunks.IsAtEnd:
                if (chunks.Read(buffered.Span, out var skipped, out taken) is var fault and not AnswerFault.None)
                    throw new AnswerException(fault);
                connection.Take(skipped);
                buffered = buffered[skipped..];
                if (chunks.IsAtEnd)
                    return true;
                break;
            case Framing.ToEnd when !isOver:
                taken = buffered.Length;
                break;
            default:
                return true;
        }

        piece = buffered[..taken];
        return taken > 0;
    }

    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    private async ValueTask<ReadOnlyMemory<byte>> ReadPieceAsync()
    {
        while (true)
        {
            int count;
            try
            {
                count = await connection.FillAsync(framing == Framing.Length && remaining < Whole ? Whole : Piece).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                throw new AnswerException(AnswerFault.CutOff, inner: e);
            }

            if (count == 0 && (framing != Framing.ToEnd || connection.IsClosed))
                throw new AnswerException(AnswerFault.CutOff);
            isOver = count == 0;
            if (TryPiece(out var piece))
                return piece;
        }
    }

    private ValueTask EndAsync(bool isReusable)
    {
        request = null;
        if (!isReusable || !sender.IsEnded)
            return CloseAsync(isReusable);
        Release();
        return default;
    }

    private async ValueTask CloseAsync(bool isReusable)
    {
        if (isReusable && await sender.SettleAsync().ConfigureAwait(false))
        {
            Release();
            return;
        }

        connection.Abort();
        await sender.StopAsync().ConfigureAwait(false);
        await cancelling.DisposeAsync().ConfigureAwait(false);
        connection.Close();
    }

    // From here on others may have it.
    private void Release()
    {
        cancelling.Dispose();
        connection.WasUsed = true;
        pool.Return(connection, head.KeptFor);
    }
}
