using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Elsewhere.Model;

namespace Elsewhere.Pod;

/// <summary>One question to the DNS of a running instance: is there such a name?</summary>
internal static class DnsProbe
{
    private const int NoError = 0, HeaderLength = 12;
    private const ushort Cname = 5, InternetClass = 1, RecursionDesired = 0x0100;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(1);

    /// <summary>Asks for a CNAME, since that is answered without asking any upstream.</summary>
    /// <param name="server">Asked on port 53.</param>
    /// <param name="name">The name.</param>
    /// <param name="answered">Whether there was any answer within a second.</param>
    /// <returns>Whether the name exists: NOERROR, with or without a record.</returns>
    internal static bool Exists(IPAddress server, DnsName name, out bool answered)
    {
        answered = false;
        Span<byte> query = stackalloc byte[HeaderLength + DnsName.MaxWireLength + 4];
        query.Clear();
        RandomNumberGenerator.Fill(query[..2]);
        BinaryPrimitives.WriteUInt16BigEndian(query[2..], RecursionDesired);
        BinaryPrimitives.WriteUInt16BigEndian(query[4..], 1);
        name.Wire.CopyTo(query[HeaderLength..]);
        var tail = HeaderLength + name.Wire.Length;
        BinaryPrimitives.WriteUInt16BigEndian(query[tail..], Cname);
        BinaryPrimitives.WriteUInt16BigEndian(query[(tail + 2)..], InternetClass);
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)patience.TotalMilliseconds };
            socket.Connect(new IPEndPoint(server, 53));
            socket.Send(query[..(tail + 4)]);
            Span<byte> reply = stackalloc byte[1500];
            var length = socket.Receive(reply);
            answered = length >= HeaderLength && reply[..2].SequenceEqual(query[..2]);
            return answered && (reply[3] & 0xf) == NoError;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
