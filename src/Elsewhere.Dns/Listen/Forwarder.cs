using System.Buffers;

namespace Elsewhere.Dns;

/// <summary>Where a datagram came from, in the form that sends one back: the peer's sockaddr, and what says which of our addresses it asked.</summary>
internal readonly record struct UdpClientAddress(byte[] Name, byte[] Control)
{
    /// <summary>The peer's address, 4 or 16 octets: sockaddr_in has it at 4, sockaddr_in6 at 8.</summary>
    public ReadOnlySpan<byte> Address => this.Name.Length >= 28 ? this.Name.AsSpan(8, 16) : this.Name.AsSpan(4, 4);
}

/// <summary>Sends one datagram; from any thread.</summary>
internal interface IUdpSender
{
    void Send(ReadOnlySpan<byte> reply, in UdpClientAddress client);
}

/// <summary>
/// The slow path: questions that upstream must answer. It runs on the thread pool, and so many at most, so that neither a slow nor a dead upstream
/// is felt by answers from the table.
/// </summary>
internal sealed class Forwarder(UpstreamQuery? upstream, AnswerSettings settings, int limit, CancellationToken stopping)
{
    private int pending;
    private long forwarded;
    private long refused;

    public long Forwarded => Volatile.Read(ref forwarded);

    public long Refused => Volatile.Read(ref refused);

    /// <summary>Takes a copy of the query and answers it later.</summary>
    /// <returns>False if there are too many already.</returns>
    public bool TryForward(DnsTable table, ReadOnlySpan<byte> message, IUdpSender sender, UdpClientAddress client, uint turn)
    {
        if (!TryEnter())
            return false;
        var length = message.Length;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        message.CopyTo(copy);
        ThreadPool.UnsafeQueueUserWorkItem(_ => _ = AnswerDatagramAsync(table, copy, length, sender, client, turn), null);
        return true;
    }

    /// <summary>Asks upstream; null if nobody answered, or too many ask already.</summary>
    public async ValueTask<UpstreamReply?> AskAsync(DnsTable table, ReadOnlyMemory<byte> message)
    {
        if (!TryEnter())
            return null;
        try
        {
            return await AskEnteredAsync(table, message).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref pending);
        }
    }

    private bool TryEnter()
    {
        if (upstream is not null && Interlocked.Increment(ref pending) <= limit)
        {
            Interlocked.Increment(ref forwarded);
            return true;
        }

        if (upstream is not null)
            Interlocked.Decrement(ref pending);
        Interlocked.Increment(ref refused);
        return false;
    }

    private async Task AnswerDatagramAsync(DnsTable table, byte[] message, int length, IUdpSender sender, UdpClientAddress client, uint turn)
    {
        var octets = ArrayPool<byte>.Shared.Rent(AnswerSettings.MaxDatagram);
        try
        {
            var reply = await AskEnteredAsync(table, message.AsMemory(0, length)).ConfigureAwait(false);
            if (stopping.IsCancellationRequested)
                return;
            var context = new AnswerContext(settings, DnsTransport.Udp, turn, client.Address);
            var written = UpstreamAnswer.Write(table, message.AsSpan(0, length), reply, context, octets.AsSpan(0, AnswerSettings.MaxDatagram));
            sender.Send(octets.AsSpan(0, written), client);
        }
        finally
        {
            Interlocked.Decrement(ref pending);
            ArrayPool<byte>.Shared.Return(message);
            ArrayPool<byte>.Shared.Return(octets);
        }
    }

    private async ValueTask<UpstreamReply?> AskEnteredAsync(DnsTable table, ReadOnlyMemory<byte> message)
    {
        if (UpstreamAnswer.QuestionOf(table, message.Span) is not { } question)
            return null;
        try
        {
            return await upstream!(question, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
