using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace Elsewhere.Http.Forward;

/// <summary>
/// When a client took something that it is waited for. A write that does not end says little: between two of them lie what the server and the kernel hold, which may be
/// megabytes. The kernel knows what has arrived.
/// </summary>
internal struct ClientProgress
{
    private readonly Socket? socket;
    private readonly bool isHttp2;
    private long since;
    private long lastAt;
    private ulong taken;

    public ClientProgress(GatewayExchange exchange)
    {
        socket = OperatingSystem.IsLinux() ? exchange.Features.Get<IConnectionSocketFeature>()?.Socket : null;
        isHttp2 = exchange.IsHttp2;
    }

    /// <summary>When it was seen last that the client had taken something since the look before; the beginning of the wait if never.</summary>
    /// <param name="waitingSince">When it began to be waited for, as a timestamp.</param>
    /// <param name="now">Now, as a timestamp.</param>
    public long LastAt(long waitingSince, long now)
    {
        var before = taken;
        var moves = TryRead(out taken);
        if (since != waitingSince)
            (since, lastAt) = (waitingSince, waitingSince);
        else if (moves && taken != before)
            lastAt = now;
        return lastAt;
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
        return !isHttp2 || BinaryPrimitives.ReadUInt32LittleEndian(info[notSentBytes..]) > 0;
    }
}
