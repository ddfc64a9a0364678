using System.Net.Sockets;
using System.Runtime.InteropServices;
using Elsewhere.Http.Relay.Live;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>The relay on epoll and splice: a few threads, and for each listener one descriptor and nothing else.</summary>
internal sealed unsafe class LinuxEngine : IRelayEngine
{
    private const int MostReactors = 8;
    private const int Backlog = 4096;
    private const int LeastForConnections = 2048;
    private readonly LinuxContext context;
    private readonly Reactor[] reactors;
    private int listening;

    public LinuxEngine(RelayOptions options, RelayClock clock, Func<LiveTable> live)
    {
        context = new LinuxContext(options, clock, live, options.Descriptors is { } limit ? Descriptors.Exactly(limit) : Descriptors.Raise());
        var count = options.Reactors > 0 ? options.Reactors : Math.Clamp(Environment.ProcessorCount, 1, MostReactors);
        reactors = new Reactor[count];
        for (var i = 0; i < count; i++)
            reactors[i] = new Reactor(context, i, Math.Max(1, options.UdpAssociations / count));
        for (var i = 0; i < count; i++)
            reactors[i].Peers = [.. reactors[i..], .. reactors[..i]];
        foreach (var reactor in reactors)
            reactor.Start();
    }

    /// <summary>Whether this system can do it.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    public string Name => context.Options.Splice ? "splice" : "copy";

    public int Sessions => reactors.Sum(r => r.Sessions);

    public int Associations => reactors.Sum(r => r.Associations);

    public long AcceptPauses => reactors.Sum(r => r.Pauses);

    /// <summary>How many connections each thread has served.</summary>
    public IEnumerable<long> Accepted => reactors.Select(r => r.Accepted);

    /// <summary>How often each thread has looked for work.</summary>
    public long Rounds => reactors.Sum(r => r.Rounds);

    public IEnumerable<string> Notes
    {
        get
        {
            var room = (context.Descriptors.Free + (Sessions * 2)) / 2;
            if (room < Math.Max(256, Volatile.Read(ref listening)))
            {
                yield return $"the limit of {context.Descriptors.Limit} file descriptors leaves room for {room} connections;"
                    + " raise it before the start: ulimit -n 1048576 (in a unit file: LimitNOFILE=1048576)";
            }

            if (AcceptPauses > 0)
                yield return $"accepting paused {AcceptPauses} times because no file descriptors were left; clients waited meanwhile";
        }
    }

    public SocketError Bind(Listener listener)
    {
        // Some descriptors are for connections: a listener that nobody can connect through is worth nothing.
        if (context.Descriptors.Free < Math.Min(LeastForConnections, context.Descriptors.Limit / 4) || !context.Descriptors.TryTake(1))
            return SocketError.TooManyOpenSockets;
        var listen = listener.Listen;
        var udp = listen.Protocol == Protocol.Udp;
        var fd = Libc.Socket(
            NativeAddress.Family(listen.Address),
            (udp ? Libc.Datagram : Libc.Stream) | Libc.NonBlocking | Libc.CloseOnExec,
            0);
        var error = fd < 0 ? Libc.Error : Bind(fd, listen, udp);
        if (error != 0)
        {
            context.Descriptors.Return(1);
            if (fd >= 0)
                _ = Libc.Close(fd);
            return Libc.Name(error);
        }

        listener.Native = udp ? new UdpListener(listener, fd) : new TcpListener(fd);
        Interlocked.Increment(ref listening);
        return SocketError.Success;
    }

    public void Start(Listener listener)
    {
        var fd = listener.Native is UdpListener udp ? udp.Descriptor : ((TcpListener)listener.Native!).Descriptor;
        Owner(listener).Listen(listener, fd);
    }

    public Task StopAsync(Listener listener, bool refuse)
    {
        Interlocked.Decrement(ref listening);
        return Owner(listener).CloseAsync(listener, refuse);
    }

    public void Sweep()
    {
        foreach (var reactor in reactors)
            reactor.Sweep();
    }

    public Task AbortAsync() => Task.WhenAll(reactors.Select(r => r.AbortAsync()));

    public ValueTask DisposeAsync()
    {
        foreach (var reactor in reactors)
            reactor.Stop();
        foreach (var reactor in reactors)
            reactor.Dispose();
        return ValueTask.CompletedTask;
    }

    private int Bind(int fd, RelayListen listen, bool udp)
    {
        if (listen.Address.AddressFamily == AddressFamily.InterNetworkV6)
            _ = Libc.SetOption(fd, Libc.IPv6Level, Libc.IPv6Only, 1);
        if (!udp)
        {
            _ = Libc.SetOption(fd, Libc.SocketLevel, Libc.ReuseAddress, 1);
            Dialer.SetUp(context.Options, fd);
        }

        var address = NativeAddress.Encode(listen.Address, listen.Port);
        fixed (byte* start = address)
        {
            if (Libc.Bind(fd, start, address.Length) != 0)
                return Libc.Error;
        }

        return udp || Libc.Listen(fd, Backlog) == 0 ? 0 : Libc.Error;
    }

    private Reactor Owner(Listener listener) => reactors[listener.Slot % reactors.Length];
}
