using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Elsewhere.Bench;

/// <summary>Asks a server on loopback for a CNAME or an address until the answer is as wanted.</summary>
internal sealed class DnsClient : IDisposable
{
    public const ushort A = 1;
    public const ushort Cname = 5;
    private const int HeaderLength = 12;
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 1000 };

    public DnsClient(int port) => socket.Connect(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>Asks every millisecond; the answer is the whole message, null where there is no record.</summary>
    public async Task UntilAsync(string name, string @namespace, ushort type, Func<byte[]?, bool> asWanted, TimeSpan patience)
    {
        var from = Stopwatch.GetTimestamp();
        while (!asWanted(Ask($"{name}.{@namespace}.svc.cluster.local", type)))
        {
            if (Stopwatch.GetElapsedTime(from) > patience)
                throw new TimeoutException($"no such answer for {name} in {patience.TotalSeconds} s");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    public void Dispose() => socket.Dispose();

    /// <summary>A question of class IN, id 0.</summary>
    public static byte[] Question(string name, ushort type)
    {
        var message = new byte[HeaderLength + name.Length + 2 + 4];
        message[2] = 1; // recursion desired
        message[5] = 1; // one question
        var at = HeaderLength;
        foreach (var label in name.Split('.'))
        {
            message[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, message.AsSpan(at));
        }

        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 1), type);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 3), 1);
        return message;
    }

    private byte[]? Ask(string name, ushort type)
    {
        var reply = new byte[2048];
        try
        {
            socket.Send(Question(name, type));
            var length = socket.Receive(reply);
            return BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(6)) > 0 ? reply[..length] : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
