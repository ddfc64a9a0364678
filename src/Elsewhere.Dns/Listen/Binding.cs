using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Elsewhere.Dns;

/// <summary>Binds sockets. What fails comes back as a sentence and a remedy, not as an exception.</summary>
internal static class Binding
{
    private const int Backlog = 512;
    private const int ReceiveBuffer = 4 * 1024 * 1024;

    /// <summary>Binds so many UDP sockets to one address.</summary>
    /// <param name="endPoint">The address; port 0 for a free one, the same for all.</param>
    /// <param name="count">How many; one where the system cannot share a port.</param>
    /// <param name="report">What became of it.</param>
    public static List<Socket> BindUdp(IPEndPoint endPoint, int count, out ListenReport report)
    {
        var sockets = new List<Socket>();
        try
        {
            // A port that is shared on purpose can also be shared with another server by mistake: only a socket that does not share finds out.
            using (var alone = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp))
            {
                Prepare(alone);
                alone.Bind(endPoint);
                endPoint = (IPEndPoint)alone.LocalEndPoint!;
            }

            for (var i = 0; i < count; i++)
            {
                var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                sockets.Add(socket);
                Prepare(socket);
                socket.ReceiveBufferSize = ReceiveBuffer;
                if (OperatingSystem.IsLinux())
                    PrepareLinux(socket, endPoint);
                socket.Bind(endPoint);
            }

            report = new ListenReport(endPoint, DnsTransport.Udp, null, null);
            return sockets;
        }
        catch (SocketException error)
        {
            foreach (var socket in sockets)
                socket.Dispose();
            report = Failed(endPoint, DnsTransport.Udp, error);
            return [];
        }
    }

    /// <summary>Binds and listens.</summary>
    public static Socket? BindTcp(IPEndPoint endPoint, out ListenReport report)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            Prepare(socket);
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            report = new ListenReport((IPEndPoint)socket.LocalEndPoint!, DnsTransport.Tcp, null, null);
            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            report = Failed(endPoint, DnsTransport.Tcp, error);
            return null;
        }
    }

    private static void Prepare(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = false;
    }

    private static void PrepareLinux(Socket socket, IPEndPoint endPoint)
    {
        var six = endPoint.AddressFamily == AddressFamily.InterNetworkV6;
        Set(socket, LibC.SolSocket, LibC.SoReusePort, 1);
        try
        {
            // Above net.core.rmem_max, where this user may.
            Set(socket, LibC.SolSocket, LibC.SoReceiveBufferForce, ReceiveBuffer);
        }
        catch (SocketException)
        {
            // What ReceiveBufferSize got is what there is.
        }

        Set(socket, six ? LibC.SolIPv6 : LibC.SolIP, six ? LibC.IPv6MtuDiscover : LibC.IPMtuDiscover, LibC.PmtuDiscOmit);
        if (endPoint.Address.Equals(six ? IPAddress.IPv6Any : IPAddress.Any))
            Set(socket, six ? LibC.SolIPv6 : LibC.SolIP, six ? LibC.IPv6RecvPktInfo : LibC.IPPktInfo, 1);
    }

    private static void Set(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private static ListenReport Failed(IPEndPoint endPoint, DnsTransport transport, SocketException error)
    {
        var port = endPoint.Port.ToString(CultureInfo.InvariantCulture);
        var (problem, remedy) = error.SocketErrorCode switch
        {
            SocketError.AccessDenied => (
                $"this user may not listen at port {port}",
                $"allow it with: sudo sysctl -w net.ipv4.ip_unprivileged_port_start={port} (or choose a port above 1023)"),
            SocketError.AddressAlreadyInUse => (
                "another program listens there",
                $"find it with: ss -lnp{(transport == DnsTransport.Udp ? "u" : "t")} 'sport = :{port}' (or choose another address or port)"),
            SocketError.AddressNotAvailable => (
                "this machine has no such address",
                $"add it with: sudo ip address add {endPoint.Address}/{(endPoint.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)} dev lo"),
            SocketError.AddressFamilyNotSupported => (
                "this machine has no addresses of that family",
                "leave the address out"),
            _ => (error.Message, "choose another address or port"),
        };
        return new ListenReport(endPoint, transport, $"cannot listen at {endPoint} ({transport.ToString().ToUpperInvariant()}): {problem}", remedy);
    }
}
