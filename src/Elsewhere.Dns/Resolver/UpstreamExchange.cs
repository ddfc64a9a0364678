using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Elsewhere.Dns;

/// <summary>One question to one server: UDP from a new port, TCP where UDP does not do.</summary>
internal static class UpstreamExchange
{
    // So many datagrams that are not the answer are somebody guessing: TCP cannot be guessed into.
    private const int MaxForged = 16;
    private const int ReceiveSize = 4096;

    /// <summary>
    /// Asks, and books the result on the server. Null: no answer that could be read came in time.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is booked.</exception>
    public static async Task<ParsedReply?> AskAsync(UpstreamServer server, Question question, UpstreamOptions options, TimeProvider time, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, server.LoopFound, cancellation);
        var started = time.GetTimestamp();
        server.Sent();
        try
        {
            var edns = server.SpeaksEdns;
            var parsed = await AskOnceAsync(server, question, edns, options.RandomiseCase, either.Token).ConfigureAwait(false);
            if (edns && parsed is { Reply.Rcode: Rcode.FormErr or Rcode.NotImp or Rcode.BadVers })
            {
                var plain = await AskOnceAsync(server, question, edns: false, options.RandomiseCase, either.Token).ConfigureAwait(false);
                server.SpeaksEdns = plain is null or { Reply.Rcode: Rcode.FormErr or Rcode.NotImp or Rcode.BadVers };
                parsed = plain ?? parsed;
            }

            if (parsed is null)
                server.Failed();
            else
                server.Answered(time.GetElapsedTime(started));
            return parsed;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            server.Failed();
            return null;
        }
        catch (SocketException) when (!cancellation.IsCancellationRequested)
        {
            server.Failed();
            return null;
        }
    }

    private static async Task<ParsedReply?> AskOnceAsync(UpstreamServer server, Question question, bool edns, bool randomiseCase, CancellationToken cancellation)
    {
        var (verdict, parsed) = await AskUdpAsync(server, question, edns, randomiseCase && server.KeepsCase, cancellation).ConfigureAwait(false);
        if (verdict is MessageVerdict.Truncated or MessageVerdict.CaseDiffers or MessageVerdict.NotOurs)
        {
            if (verdict == MessageVerdict.CaseDiffers)
                server.KeepsCase = false;
            (verdict, parsed) = await AskTcpAsync(server, question, edns, cancellation).ConfigureAwait(false);
        }

        return verdict == MessageVerdict.Answer ? parsed : null;
    }

    private static async Task<(MessageVerdict Verdict, ParsedReply? Parsed)> AskUdpAsync(
        UpstreamServer server, Question question, bool edns, bool randomiseCase, CancellationToken cancellation)
    {
        // A connected socket of its own: the kernel picks a random port and drops what any other address sends (RFC 5452 section 9.2).
        using var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        await socket.ConnectAsync(server.EndPoint, cancellation).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
        try
        {
            var id = NewId();
            var length = QueryWriter.Write(buffer, id, question, edns);
            var sentName = question.Name.WireMemory;
            if (randomiseCase)
            {
                QueryWriter.RandomiseCase(buffer, question);
                sentName = buffer.AsSpan(12, sentName.Length).ToArray();
            }

            await socket.SendAsync(buffer.AsMemory(0, length), SocketFlags.None, cancellation).ConfigureAwait(false);
            for (var forged = 0; forged < MaxForged; forged++)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(0, ReceiveSize), SocketFlags.None, cancellation).ConfigureAwait(false);
                var verdict = ResponseReader.Read(buffer.AsSpan(0, received), id, question, sentName.Span, out var parsed);
                if (verdict != MessageVerdict.NotOurs)
                    return (verdict, parsed);
            }

            return (MessageVerdict.NotOurs, null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<(MessageVerdict Verdict, ParsedReply? Parsed)> AskTcpAsync(
        UpstreamServer server, Question question, bool edns, CancellationToken cancellation)
    {
        using var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint, cancellation).ConfigureAwait(false);
        var id = NewId();
        var query = new byte[2 + QueryWriter.MaxLength];
        var length = QueryWriter.Write(query.AsSpan(2), id, question, edns);
        BinaryPrimitives.WriteUInt16BigEndian(query, (ushort)length);
        await SendAllAsync(socket, query.AsMemory(0, length + 2), cancellation).ConfigureAwait(false);
        if (!await TryReceiveAllAsync(socket, query.AsMemory(0, 2), cancellation).ConfigureAwait(false))
            return (MessageVerdict.Malformed, null);
        var size = BinaryPrimitives.ReadUInt16BigEndian(query);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            if (!await TryReceiveAllAsync(socket, buffer.AsMemory(0, size), cancellation).ConfigureAwait(false))
                return (MessageVerdict.Malformed, null);
            var verdict = ResponseReader.Read(buffer.AsSpan(0, size), id, question, question.Name.Wire, out var parsed);
            if (verdict == MessageVerdict.CaseDiffers)
                verdict = ReadIgnoringCase(buffer.AsSpan(0, size), id, question, out parsed);
            return (verdict, parsed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Over TCP nobody else can answer, so the case proves nothing.
    private static MessageVerdict ReadIgnoringCase(Span<byte> message, ushort id, Question question, out ParsedReply? parsed)
    {
        question.Name.Wire.CopyTo(message[12..]);
        return ResponseReader.Read(message, id, question, question.Name.Wire, out parsed);
    }

    private static ushort NewId()
    {
        Span<byte> random = stackalloc byte[2];
        RandomNumberGenerator.Fill(random);
        return BinaryPrimitives.ReadUInt16BigEndian(random);
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
            data = data[await socket.SendAsync(data, SocketFlags.None, cancellation).ConfigureAwait(false)..];
    }

    private static async Task<bool> TryReceiveAllAsync(Socket socket, Memory<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
        {
            var received = await socket.ReceiveAsync(data, SocketFlags.None, cancellation).ConfigureAwait(false);
            if (received == 0)
                return false;
            data = data[received..];
        }

        return true;
    }
}
