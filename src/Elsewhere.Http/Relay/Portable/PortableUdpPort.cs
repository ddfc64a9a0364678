using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Portable;

/// <summary>One UDP listener: each client has an association with one target, over a socket of its own, so that replies find back.</summary>
internal sealed class PortableUdpPort(PortableEngine engine, Listener listener, Socket socket) : IAsyncDisposable
{
    private const int LargestDatagram = 65_535;
    private readonly ConcurrentDictionary<IPEndPoint, Association> associations = new();
    private readonly CancellationTokenSource stopping = new();
    private Task receiving = Task.CompletedTask;

    public void Start() => receiving = ReceiveAsync();

    public async Task StopAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await receiving.ConfigureAwait(false);
        foreach (var (_, association) in associations)
            End(association);
        socket.Dispose();
        stopping.Dispose();
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    public void Sweep(LiveTable table)
    {
        foreach (var (_, association) in associations)
        {
            if (!table.Keeps(listener, association.Target))
                End(association);
        }
    }

    private async Task ReceiveAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(LargestDatagram);
        var from = new IPEndPoint(listener.Listen.Address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var received = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from, stopping.Token).ConfigureAwait(false);
                await PassAsync((IPEndPoint)received.RemoteEndPoint, buffer.AsMemory(0, received.ReceivedBytes)).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // An ICMP error for a reply that a client did not want any more.
            }
        }
    }

    // A refused datagram goes to the next target, as often as there are targets.
    private async Task PassAsync(IPEndPoint client, ReadOnlyMemory<byte> datagram)
    {
        for (var tries = engine.Live[listener.Slot]?.Port.Tries ?? 0; tries > 0; tries--)
        {
            if (!associations.TryGetValue(client, out var association) && (association = Associate(client)) is null)
                return;
            try
            {
                association.LastUsed = engine.Clock.Now;
                await association.Socket.SendAsync(datagram).ConfigureAwait(false);
                association.Port.Counters.ToOrigin(datagram.Length);
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.MessageSize)
            {
                association.Target.Failed(engine.Clock.Now, e.SocketErrorCode.ToString());
                End(association);
            }
            catch (ObjectDisposedException)
            {
                End(association);
            }
        }
    }

    private Association? Associate(IPEndPoint client)
    {
        if (engine.Live[listener.Slot] is not { } slot || slot.Listener != listener)
            return null;
        // Room is made among this port's own clients; a port that has none waits until others' associations have ended.
        if (engine.CountAssociations(1) > engine.Options.UdpAssociations && !EndOldest())
        {
            engine.CountAssociations(-1);
            slot.Port.Counters.Failed();
            return null;
        }

        var port = slot.Port;
        var now = engine.Clock.Now;
        var order = new TargetState[port.Tries];
        port.Order(port.Affinity is null ? null : client.Address, ref listener.Turn, now, order);
        try
        {
            var upstream = new Socket(order[0].EndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            upstream.Connect(order[0].EndPoint);
            var association = new Association(client, upstream, order[0], port) { LastUsed = now };
            associations[client] = association;
            port.Counters.Opened();
            order[0].Opened();
            port.Affinity?.Bind(client.Address, order[0], now);
            _ = ReplyAsync(association);
            return association;
        }
        catch (SocketException)
        {
            engine.CountAssociations(-1);
            port.Counters.Failed();
            return null;
        }
    }

    private async Task ReplyAsync(Association association)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(LargestDatagram);
        using var idle = engine.Clock.Time.CreateTimer(_ => EndIfIdle(association), null, engine.Options.UdpIdle, engine.Options.UdpIdle / 4);
        try
        {
            while (true)
            {
                var received = await association.Socket.ReceiveAsync(buffer).ConfigureAwait(false);
                association.LastUsed = engine.Clock.Now;
                association.Target.Succeeded();
                await socket.SendToAsync(buffer.AsMemory(0, received), SocketFlags.None, association.Client).ConfigureAwait(false);
                association.Port.Counters.ToClient(received);
            }
        }
        catch (SocketException e)
        {
            if (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
                association.Target.Failed(engine.Clock.Now, e.SocketErrorCode.ToString());
        }
        catch (ObjectDisposedException)
        {
            // Ended meanwhile.
        }

        End(association);
    }

    private void EndIfIdle(Association association)
    {
        if (engine.Clock.Now - association.LastUsed >= (long)engine.Options.UdpIdle.TotalMilliseconds)
            End(association);
    }

    private bool EndOldest()
    {
        if (associations.Values.MinBy(a => a.LastUsed) is not { } oldest)
            return false;
        End(oldest);
        return true;
    }

    private void End(Association association)
    {
        if (!association.TryEnd())
            return;
        associations.TryRemove(KeyValuePair.Create(association.Client, association));
        association.Socket.Dispose();
        association.Port.Counters.Closed();
        association.Target.Closed();
        engine.CountAssociations(-1);
    }

    private sealed class Association(IPEndPoint client, Socket upstream, TargetState target, LivePort port)
    {
        private int ended;
        private long lastUsed;

        public IPEndPoint Client => client;

        public Socket Socket => upstream;

        public TargetState Target => target;

        public LivePort Port => port;

        public long LastUsed { get => Volatile.Read(ref lastUsed); set => Volatile.Write(ref lastUsed, value); }

        public bool TryEnd() => Interlocked.Exchange(ref ended, 1) == 0;
    }
}
