using System.Runtime.CompilerServices;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>What became of the try to start a connect.</summary>
internal enum DialResult
{
    /// <summary>It is under way.</summary>
    Started,

    /// <summary>This target cannot be reached.</summary>
    Failed,

    /// <summary>Not now: too many connects to this target are under way.</summary>
    Later,

    /// <summary>Not now: there is no descriptor, for no target.</summary>
    Exhausted,
}

/// <summary>Starts connects, non-blocking.</summary>
internal static unsafe class Dialer
{
    /// <summary>Starts a TCP connect; its place among the target's connects is taken until the caller ends it.</summary>
    public static DialResult Connect(LinuxContext context, TargetState target, long now, out int fd)
    {
        fd = -1;
        if (!target.TryBeginConnect(context.Options.ConnectsPerTarget))
            return DialResult.Later;
        fd = Open(context, target, Libc.Stream);
        if (fd < 0)
        {
            target.EndConnect();
            return DialResult.Exhausted;
        }

        SetUp(context.Options, fd);
        if (Start(target, fd) == 0 || Libc.Error == Libc.InProgress)
            return DialResult.Started;
        Report(target, Libc.Error, now);
        target.EndConnect();
        _ = Libc.Close(fd);
        fd = -1;
        return DialResult.Failed;
    }

    /// <summary>A connected UDP socket; -1 if there is none to be had.</summary>
    public static int ConnectDatagram(LinuxContext context, TargetState target, long now)
    {
        var fd = Open(context, target, Libc.Datagram);
        if (fd < 0)
            return -1;
        if (Start(target, fd) == 0)
            return fd;
        Report(target, Libc.Error, now);
        _ = Libc.Close(fd);
        return -1;
    }

    /// <summary>Remembers why a connect failed, unless it was this machine's fault: local ports that have run out say nothing about the target.</summary>
    public static void Report(TargetState target, int error, long now)
    {
        if (error is not (Libc.AddressNotAvailable or Libc.TooManyFiles or Libc.TableFull or Libc.NoBuffers))
            target.Failed(now, Libc.Name(error).ToString());
    }

    /// <summary>No delay, and probes on connections that are silent; a listener's sockets inherit it.</summary>
    public static void SetUp(RelayOptions options, int fd)
    {
        _ = Libc.SetOption(fd, Libc.TcpLevel, Libc.TcpNoDelay, 1);
        _ = Libc.SetOption(fd, Libc.SocketLevel, Libc.KeepAlive, 1);
        _ = Libc.SetOption(fd, Libc.TcpLevel, Libc.TcpKeepIdle, (int)Math.Max(1, options.KeepAlive.TotalSeconds));
        _ = Libc.SetOption(fd, Libc.TcpLevel, Libc.TcpKeepInterval, 15);
        _ = Libc.SetOption(fd, Libc.TcpLevel, Libc.TcpKeepCount, 4);
    }

    private static int Open(LinuxContext context, TargetState target, int type)
    {
        var fd = Libc.Socket(NativeAddress.Family(target.EndPoint.Address), type | Libc.NonBlocking | Libc.CloseOnExec, 0);
        if (fd >= 0 && context.Options.LocalPorts is { } range)
            _ = Libc.SetOption(fd, Libc.IPLevel, Libc.IPLocalPortRange, range.First | (range.Last << 16));
        return fd;
    }

    private static int Start(TargetState target, int fd)
    {
        var address = Unsafe.As<byte[]>(target.Native ??= NativeAddress.Encode(target.EndPoint.Address, target.EndPoint.Port));
        fixed (byte* start = address)
            return Libc.Connect(fd, start, address.Length);
    }
}
