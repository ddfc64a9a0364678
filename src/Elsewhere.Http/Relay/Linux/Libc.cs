using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>The system calls that the framework has no name for. Numbers are those of x86-64 and arm64, which agree here.</summary>
internal static unsafe partial class Libc
{
    public const int Inet = 2;
    public const int Inet6 = 10;
    public const int Stream = 1;
    public const int Datagram = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int SocketLevel = 1;
    public const int ReuseAddress = 2;
    public const int PendingError = 4;
    public const int KeepAlive = 9;
    public const int Linger = 13;
    public const int TcpLevel = 6;
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int IPLevel = 0;
    public const int IPLocalPortRange = 51;
    public const int IPv6Level = 41;
    public const int IPv6Only = 26;
    public const int ShutdownWrite = 1;
    public const int ShutdownBoth = 2;
    public const int NoSignal = 0x4000;
    public const int DontWait = 0x40;
    public const int Peek = 2;
    public const int SetPipeSize = 1031;
    public const uint SpliceMove = 1;
    public const uint SpliceNonBlocking = 2;
    public const int DescriptorLimit = 7;

    public const int Interrupted = 4;
    public const int Again = 11;
    public const int Invalid = 22;
    public const int TableFull = 23;
    public const int TooManyFiles = 24;
    public const int AddressNotAvailable = 99;
    public const int NoBuffers = 105;
    public const int ConnectionRefused = 111;
    public const int InProgress = 115;

    /// <summary>Why the last call failed.</summary>
    public static int Error => Marshal.GetLastPInvokeError();

    /// <summary>The framework's name of an error, so that both engines report alike.</summary>
    public static SocketError Name(int error) => error switch
    {
        0 => SocketError.Success,
        1 or 13 => SocketError.AccessDenied,
        Invalid => SocketError.InvalidArgument,
        TableFull or TooManyFiles => SocketError.TooManyOpenSockets,
        90 => SocketError.MessageSize,
        93 => SocketError.ProtocolNotSupported,
        97 => SocketError.AddressFamilyNotSupported,
        98 => SocketError.AddressAlreadyInUse,
        AddressNotAvailable => SocketError.AddressNotAvailable,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        104 or 32 => SocketError.ConnectionReset,
        NoBuffers or 12 => SocketError.NoBufferSpaceAvailable,
        110 => SocketError.TimedOut,
        ConnectionRefused => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int fd, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int fd, byte* address, int* length, int flags);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int fd, byte* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int fd, int level, int name, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int fd, int level, int name, void* value, int* length);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int fd, int how);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, byte* buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, byte* buffer, nint length, int flags);

    /// <summary>Of the structure only what <c>struct msghdr</c> has is looked at.</summary>
    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int fd, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(int fd, Message* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "sendmmsg", SetLastError = true)]
    public static partial int SendMany(int fd, Message* messages, uint count, int flags);

    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    public static partial nint Splice(int from, long* fromOffset, int to, long* toOffset, nint length, uint flags);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int Control(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int count, int timeout);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, void* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, ulong* softAndHard);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, ulong* softAndHard);

    public static int SetOption(int fd, int level, int name, int value) => SetOption(fd, level, name, &value, sizeof(int));

    /// <summary>The error that a socket has stored; asking clears it.</summary>
    public static int TakeError(int fd)
    {
        int error;
        var length = sizeof(int);
        return GetOption(fd, SocketLevel, PendingError, &error, &length) == 0 ? error : Error;
    }

    /// <summary>Closes with an RST instead of a FIN.</summary>
    public static void Reset(int fd)
    {
        var linger = stackalloc int[2] { 1, 0 };
        _ = SetOption(fd, SocketLevel, Linger, linger, 2 * sizeof(int));
        _ = Close(fd);
    }

    /// <summary><c>struct iovec</c>.</summary>
    public struct Piece
    {
        public byte* Start;
        public nint Length;
    }

    /// <summary><c>struct mmsghdr</c> of a 64-bit system.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    public struct Message
    {
        public byte* Name;
        public int NameLength;
        public Piece* Pieces;
        public nint PieceCount;
        public void* Control;
        public nint ControlLength;
        public int Flags;
        private readonly int padding;
        public int Length;
    }
}
