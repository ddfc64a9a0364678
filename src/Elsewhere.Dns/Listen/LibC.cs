using System.Runtime.InteropServices;

namespace Elsewhere.Dns;

/// <summary>The calls of Linux that take many datagrams at once, and what .NET's sockets do not show.</summary>
internal static unsafe partial class LibC
{
    public const int SolSocket = 1;
    public const int SoReusePort = 15;
    public const int SoReceiveBufferForce = 33;
    public const int SoMemoryInfo = 55;
    public const int MemoryInfoWords = 9;

    /// <summary>In the words of SO_MEMINFO: datagrams that came while the buffer was full.</summary>
    public const int MemoryInfoDrops = 8;
    public const int SolIP = 0;
    public const int IPMtuDiscover = 10;
    public const int IPPktInfo = 8;
    public const int SolIPv6 = 41;
    public const int IPv6MtuDiscover = 23;
    public const int IPv6RecvPktInfo = 49;
    public const int IPv6PktInfo = 50;

    /// <summary>Never DF, and path MTU messages are not believed (RFC 9715 section 3.1).</summary>
    public const int PmtuDiscOmit = 5;

    public const int MsgWaitForOne = 0x10000;
    public const int Interrupted = 4;

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(int socket, MessageHeader* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMany(int socket, MessageHeader* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int socket, int how);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Vector
    {
        public byte* Base;
        public nuint Length;
    }

    /// <summary><c>struct mmsghdr</c>: a <c>msghdr</c> and how many octets were received.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public byte* Name;
        public uint NameLength;
        public Vector* Vectors;
        public nuint VectorCount;
        public byte* Control;
        public nuint ControlLength;

        // An int, and the padding behind it where pointers have 8 octets: msghdr is a structure of its own inside mmsghdr.
        public nint Flags;
        public uint Received;
    }
}
