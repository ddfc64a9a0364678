using System.Buffers.Binary;
using System.Net.Sockets;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http2;
using Microsoft.AspNetCore.Connections.Features;

namespace Elsewhere.Http.Forward;

/// <summary>
/// When a client took something that it is waited for. A write that does not end says little: between two of them lie what the server and the kernel hold, which may be
/// megabytes. The kernel knows what has arrived; of one stream of HTTP/2 the windows say what may go out.
/// </summary>
internal struct ClientProgress
{
    private readonly Socket? socket;
    private readonly WatchedOutput? output;
    private readonly int stream;
    private SentContent? content;
    private long since;
    private long lastAt;
    private long sent;
    private long sentBefore;
    private long slowSince;
    private ulong taken;

    public ClientProgress(GatewayExchange exchange)
    {
        socket = OperatingSystem.IsLinux() ? exchange.Features.Get<IConnectionSocketFeature>()?.Socket : null;
        if (exchange.Frames is null)
            return;
        output = exchange.Frames;
        stream = exchange.Stream;
    }

    /// <summary>When it was seen last that the client had taken something since the look before; the beginning of the wait if never.</summary>
    /// <param name="waitingSince">When it began to be waited for, as a timestamp.</param>
    /// <param name="now">Now, as a timestamp.</param>
    public long LastAt(long waitingSince, long now)
    {
        var (takenLast, sentLast) = (taken, sent);
        var moves = TryRead(out taken) && taken != takenLast;
        if (output is not null)
        {
            // What went out before the first look nobody knows: it counts as something.
            moves |= content is null;
            content ??= output.Streams.Watch(stream);
            sent = content.Sent;
            moves |= sent != sentLast;
        }

        if (since != waitingSince)
            (since, lastAt, sentBefore, slowSince) = (waitingSince, output is null ? waitingSince : now, sent, now);
        else if (moves)
            lastAt = now;
        return lastAt;
    }

    /// <summary>
    /// Whether a client of HTTP/2 takes something of its stream, and less of it than it may. The server looks after the rest: clients of HTTP/1.1, and connections.
    /// </summary>
    public readonly bool IsTooSlow(Http1Limits limits, long now)
    {
        var seconds = limits.Time.GetElapsedTime(slowSince, now).TotalSeconds;
        return content is not null && sent > sentBefore && seconds > limits.RateGrace.TotalSeconds && sent - sentBefore < limits.MinimumRate * seconds;
    }

    /// <summary>Looks no more.</summary>
    public readonly void End()
    {
        if (content is not null)
            output!.Streams.Forget(content);
    }

    // Bytes that were acknowledged (struct tcp_info of linux/tcp.h). A client of HTTP/2 that takes everything but one stream stalls that: then the kernel has sent all.
    private readonly bool TryRead(out ulong acknowledged)
    {
        const int tcp = 6, tcpInfo = 11, bytesAcked = 120, notSentBytes = 144, length = 148;
        acknowledged = 0;
        Span<byte> info = stackalloc byte[length];
        try
        {
            if (socket is null || socket.GetRawSocketOption(tcp, tcpInfo, info) < length)
                return false;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has just ended.
            return false;
        }

        acknowledged = BinaryPrimitives.ReadUInt64LittleEndian(info[bytesAcked..]);
        return output is null || BinaryPrimitives.ReadUInt32LittleEndian(info[notSentBytes..]) > 0;
    }
}
