using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Dns;

/// <summary>
/// One TCP connection (RFC 7766): length-prefixed queries, any number, pipelined. Answers from the table go out at once and in order, many in
/// one write; forwarded ones when they are there, out of order.
/// </summary>
internal sealed class TcpConnection : IDisposable
{
    private const int FirstBuffer = 4096;
    private const int PrefixLength = 2;
    private const int FlushAt = 16384;
    private readonly Socket socket;
    private readonly Func<DnsTable> current;
    private readonly AnswerSettings settings;
    private readonly Forwarder forwarder;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly SemaphoreSlim forwards;
    private readonly int maxForwards;
    private readonly byte[] client;
    private long lastActivity;
    private long queries;
    private uint turn;

    public TcpConnection(Socket socket, Func<DnsTable> current, AnswerSettings settings, Forwarder forwarder, int maxForwards, TimeProvider time)
    {
        this.socket = socket;
        this.current = current;
        this.settings = settings;
        this.forwarder = forwarder;
        this.maxForwards = maxForwards;
        this.time = time;
        forwards = new SemaphoreSlim(maxForwards, maxForwards);
        this.Peer = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        client = this.Peer.GetAddressBytes();
        socket.NoDelay = true;
        Touch();
    }

    public IPAddress Peer { get; }

    public long Queries => Volatile.Read(ref queries);

    /// <summary>A timestamp of the clock: the last whole query, or the last reply that was taken.</summary>
    public long LastActivity => Volatile.Read(ref lastActivity);

    /// <summary>Ends the connection from outside; <see cref="RunAsync"/> returns.</summary>
    public void Dispose() => socket.Dispose();

    /// <summary>Stops reading; replies under way still go out.</summary>
    public void StopReading() => Shutdown(SocketShutdown.Receive);

    /// <summary>Says goodbye to the client, which an abrupt end would not.</summary>
    public void Close() => Shutdown(SocketShutdown.Both);

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Serves until the client closes, is idle too long, or sends what is no query.</summary>
    public async Task RunAsync()
    {
        var input = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        var output = new ArrayBufferWriter<byte>(1024);
        try
        {
            var filled = 0;
            while (true)
            {
                var count = await socket.ReceiveAsync(input.AsMemory(filled), SocketFlags.None).ConfigureAwait(false);
                if (count == 0)
                    break;
                filled += count;
                var at = 0;
                while (filled - at >= PrefixLength)
                {
                    int length = BinaryPrimitives.ReadUInt16BigEndian(input.AsSpan(at));
                    if (filled - at < PrefixLength + length)
                        break;
                    if (!await AnswerAsync(input.AsMemory(at + PrefixLength, length), output).ConfigureAwait(false))
                        return;
                    at += PrefixLength + length;
                }

                await FlushAsync(output).ConfigureAwait(false);
                input.AsSpan(at, filled - at).CopyTo(input);
                filled -= at;
                if (filled >= PrefixLength && PrefixLength + BinaryPrimitives.ReadUInt16BigEndian(input) > input.Length)
                    input = Grow(input, filled);
            }

            // The client has no more questions; it still waits for the answers.
            for (var i = 0; i < maxForwards; i++)
                await forwards.WaitAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client is gone, or it was idle too long.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
            socket.Dispose();
        }
    }

    private static byte[] Grow(byte[] input, int filled)
    {
        var larger = ArrayPool<byte>.Shared.Rent(PrefixLength + AnswerSettings.MaxMessage);
        input.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(input);
        return larger;
    }

    /// <returns>False if the connection is to be closed: what came is no query, and the next length cannot be believed.</returns>
    private async ValueTask<bool> AnswerAsync(ReadOnlyMemory<byte> message, ArrayBufferWriter<byte> output)
    {
        Touch();
        Volatile.Write(ref queries, queries + 1);
        var table = current();
        switch (AnswerFromTable(table, message.Span, output))
        {
            case Verdict.Reply:
                if (output.WrittenCount >= FlushAt)
                    await FlushAsync(output).ConfigureAwait(false);
                return true;
            case Verdict.Forward or Verdict.Complete:
                await FlushAsync(output).ConfigureAwait(false);
                await forwards.WaitAsync().ConfigureAwait(false);
                _ = ForwardAsync(table, message.ToArray(), turn);
                return true;
            default:
                await FlushAsync(output).ConfigureAwait(false);
                return false;
        }
    }

    private Verdict AnswerFromTable(DnsTable table, ReadOnlySpan<byte> message, ArrayBufferWriter<byte> output)
    {
        var octets = ArrayPool<byte>.Shared.Rent(AnswerSettings.MaxMessage);
        var verdict = Answerer.Answer(table, message, new AnswerContext(settings, DnsTransport.Tcp, turn++, client), octets, out var length);
        if (verdict == Verdict.Reply)
            Append(output, octets.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(octets);
        return verdict;
    }

    private async Task ForwardAsync(DnsTable table, byte[] message, uint order)
    {
        var octets = ArrayPool<byte>.Shared.Rent(AnswerSettings.MaxMessage);
        try
        {
            // Off the reading loop: an answer from the resolver's cache comes synchronously.
            await Task.Yield();
            var reply = await forwarder.AskAsync(table, message).ConfigureAwait(false);
            var output = new ArrayBufferWriter<byte>(1024);
            Append(output, octets.AsSpan(0, UpstreamAnswer.Write(table, message, reply, new AnswerContext(settings, DnsTransport.Tcp, order, client), octets)));
            await FlushAsync(output).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The client is gone.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(octets);
            forwards.Release();
        }
    }

    private static void Append(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> reply)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(PrefixLength), (ushort)reply.Length);
        output.Advance(PrefixLength);
        output.Write(reply);
    }

    private async ValueTask FlushAsync(ArrayBufferWriter<byte> output)
    {
        if (output.WrittenCount == 0)
            return;
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            var rest = output.WrittenMemory;
            while (!rest.IsEmpty)
                rest = rest[await socket.SendAsync(rest, SocketFlags.None).ConfigureAwait(false)..];
        }
        finally
        {
            writing.Release();
        }

        output.ResetWrittenCount();
        Touch();
    }

    private void Touch() => Volatile.Write(ref lastActivity, time.GetTimestamp());
}
