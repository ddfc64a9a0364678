using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Tests.Dns;

/// <summary>A client with a deadline that only a broken server reaches.</summary>
internal static class DnsClient
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task<byte[]> AskAsync(IPEndPoint server, byte[] query, bool tcp = false)
    {
        if (tcp)
            return await AskTcpAsync(server, query);
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server);
        await socket.SendAsync(query);
        var buffer = new byte[65535];
        using var over = new CancellationTokenSource(Deadline);
        return buffer[..await socket.ReceiveAsync(buffer, over.Token)];
    }

    public static async Task<Socket> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server);
        return socket;
    }

    public static byte[] Framed(byte[] message)
    {
        var framed = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        return framed;
    }

    public static async Task<byte[]> ReceiveFramedAsync(Socket socket)
    {
        var prefix = await ReceiveAsync(socket, 2);
        return await ReceiveAsync(socket, BinaryPrimitives.ReadUInt16BigEndian(prefix));
    }

    private static async Task<byte[]> AskTcpAsync(IPEndPoint server, byte[] query)
    {
        using var socket = await ConnectAsync(server);
        await socket.SendAsync(Framed(query));
        return await ReceiveFramedAsync(socket);
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int length)
    {
        var buffer = new byte[length];
        using var over = new CancellationTokenSource(Deadline);
        for (var filled = 0; filled < length;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(filled), over.Token);
            Assert.True(count > 0, "the server closed the connection");
            filled += count;
        }

        return buffer;
    }
}
