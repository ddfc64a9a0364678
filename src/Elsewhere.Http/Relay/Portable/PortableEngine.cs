using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Live;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay.Portable;

/// <summary>The relay on the framework's sockets: what systems other than Linux use.</summary>
internal sealed class PortableEngine(RelayOptions options, RelayClock clock, Func<LiveTable> live) : IRelayEngine
{
    private readonly ConcurrentDictionary<PortableSession, bool> sessions = new();
    private long acceptPauses;
    private int associations;

    public string Name => "portable";

    public int Sessions => sessions.Count;

    public int Associations => Volatile.Read(ref associations);

    public long AcceptPauses => Volatile.Read(ref acceptPauses);

    public IEnumerable<string> Notes => [];

    public RelayOptions Options => options;

    public RelayClock Clock => clock;

    public LiveTable Live => live();

    public SocketError Bind(Listener listener)
    {
        var listen = listener.Listen;
        var udp = listen.Protocol == Protocol.Udp;
        Socket? socket = null;
        try
        {
            socket = new Socket(listen.Address.AddressFamily, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
            if (listen.Address.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            if (!udp && !OperatingSystem.IsWindows())
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(listen.Address, listen.Port));
            if (!udp)
                socket.Listen(4096);
            listener.Native = udp ? new PortableUdpPort(this, listener, socket) : new PortableTcpPort(this, listener, socket);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            return e.SocketErrorCode;
        }
    }

    public void Start(Listener listener)
    {
        if (listener.Native is PortableUdpPort udp)
            udp.Start();
        else if (listener.Native is PortableTcpPort tcp)
            tcp.Start();
    }

    public Task StopAsync(Listener listener, bool refuse) => listener.Native switch
    {
        PortableUdpPort udp => udp.StopAsync(),
        PortableTcpPort tcp => tcp.StopAsync(refuse),
        _ => Task.CompletedTask,
    };

    public void Sweep()
    {
        var table = Live;
        foreach (var (session, _) in sessions)
            session.Sweep(table);
        foreach (var slot in table.Slots)
        {
            if (slot?.Listener.Native is PortableUdpPort udp)
                udp.Sweep(table);
        }
    }

    public Task AbortAsync()
    {
        foreach (var (session, _) in sessions)
            session.Abort();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await AbortAsync().ConfigureAwait(false);
    }

    public void Add(PortableSession session) => sessions.TryAdd(session, true);

    public void Remove(PortableSession session) => sessions.TryRemove(session, out _);

    public void CountPause() => Interlocked.Increment(ref acceptPauses);

    public int CountAssociations(int change) => Interlocked.Add(ref associations, change);
}
