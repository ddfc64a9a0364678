using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Http.Relay.Linux;

/// <summary><c>struct sockaddr_in</c> and <c>struct sockaddr_in6</c>.</summary>
internal static class NativeAddress
{
    /// <summary>Room for either.</summary>
    public const int Size = 28;

    public static int Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.Inet6 : Libc.Inet;

    public static byte[] Encode(IPAddress address, int port)
    {
        var six = address.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new byte[six ? 28 : 16];
        BitConverter.TryWriteBytes(bytes, (ushort)Family(address));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)port);
        address.TryWriteBytes(bytes.AsSpan(six ? 8 : 4), out _);
        return bytes;
    }

    public static IPAddress Address(ReadOnlySpan<byte> native) =>
        BitConverter.ToUInt16(native) == Libc.Inet6 ? new IPAddress(native.Slice(8, 16)) : new IPAddress(native.Slice(4, 4));

    /// <summary>Address and port as two numbers, to find a client by.</summary>
    public static (UInt128 Address, ushort Port) Key(ReadOnlySpan<byte> native) => (
        BitConverter.ToUInt16(native) == Libc.Inet6
            ? BinaryPrimitives.ReadUInt128BigEndian(native[8..])
            : BinaryPrimitives.ReadUInt32BigEndian(native[4..]),
        BinaryPrimitives.ReadUInt16BigEndian(native[2..]));
}
