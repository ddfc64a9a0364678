using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>The UDP side of one thread: its listeners' clients and their associations, in the order in which they were used last.</summary>
internal sealed class UdpAssociations(LinuxContext context, Epoll epoll, int most) : IDisposable
{
    private const int BatchesAtOnce = 4;
    private readonly UdpBatch batch = new();
    private readonly Dictionary<UdpClientKey, UdpAssociation> byClient = [];
    private readonly List<UdpAssociation> associations = [];
    private readonly Stack<UdpAssociation> free = new();
    private readonly long idle = (long)context.Options.UdpIdle.TotalMilliseconds;
    private UdpAssociation? oldest;
    private UdpAssociation? newest;
    private TargetState[] order = new TargetState[4];
    private int active;

    public int Active => Volatile.Read(ref active);

    /// <summary>When the next association may have been idle for too long; -1 for never.</summary>
    public long Wait(long now) => oldest is null ? -1 : Math.Max(0, oldest.LastUsed + idle - now);

    public void OnListener(UdpListener listener, long now)
    {
        for (var round = 0; round < BatchesAtOnce; round++)
        {
            var count = batch.Receive(listener.Descriptor, withNames: true);
            for (var i = 0; i < count; i++)
                Pass(listener, i, now);
            if (count < UdpBatch.Size)
                return;
        }
    }

    public void OnReply(EventTag tag, long now)
    {
        var association = associations[tag.Index];
        for (var round = 0; round < BatchesAtOnce && association.Open && association.Generation == tag.Generation; round++)
        {
            var count = batch.Receive(association.Descriptor, withNames: false);
            if (count < 0)
            {
                if (Libc.Error is Libc.Again or Libc.Interrupted)
                    return;
                Dialer.Report(association.Target!, Libc.Error, now);
                End(association);
                return;
            }

            Touch(association, now);
            association.Target!.Succeeded();
            long bytes = 0;
            for (var i = 0; i < count; i++)
                bytes += batch.Length(i);

            // What the client's queue does not take is lost, as on any way.
            batch.SendAll(association.Listener!.Descriptor, count, association.Client, association.ClientLength);
            association.Port!.Counters.ToClient(bytes);
            if (count < UdpBatch.Size)
                return;
        }
    }

    /// <summary>Ends what was idle for too long.</summary>
    public void OnTime(long now)
    {
        while (oldest is { } association && association.LastUsed + idle <= now)
            End(association);
    }

    /// <summary>Ends what the table does not keep: the client's next datagram goes to a target of now.</summary>
    public void Sweep()
    {
        var table = context.Live();
        foreach (var association in associations)
        {
            if (association.Open && !table.Keeps(association.Listener!.Listener, association.Target!))
                End(association);
        }
    }

    /// <summary>Ends the associations of one listener, or of all.</summary>
    public void EndAll(UdpListener? listener)
    {
        foreach (var association in associations)
        {
            if (association.Open && (listener is null || association.Listener == listener))
                End(association);
        }
    }

    public void Dispose() => batch.Dispose();

    // A datagram that is refused goes to the next target, as often as there are targets.
    private void Pass(UdpListener listener, int index, long now)
    {
        var (address, port) = NativeAddress.Key(batch.Name(index));
        var key = new UdpClientKey(listener.Descriptor, address, port);
        for (var tries = context.Live()[listener.Listener.Slot]?.Port.Tries ?? 0; tries > 0; tries--)
        {
            if (!byClient.TryGetValue(key, out var association) && (association = Associate(listener, key, batch.Name(index), now)) is null)
                return;
            if (batch.Send(association.Descriptor, index) >= 0)
            {
                Touch(association, now);
                association.Port!.Counters.ToOrigin(batch.Length(index));
                return;
            }

            // A full buffer or a datagram that is too long says nothing about the target.
            if (Libc.Name(Libc.Error) is not (System.Net.Sockets.SocketError.ConnectionRefused
                or System.Net.Sockets.SocketError.HostUnreachable
                or System.Net.Sockets.SocketError.NetworkUnreachable))
                return;
            Dialer.Report(association.Target!, Libc.Error, now);
            End(association);
        }
    }

    private UdpAssociation? Associate(UdpListener listener, UdpClientKey key, ReadOnlySpan<byte> name, long now)
    {
        if (context.Live()[listener.Listener.Slot] is not { } slot || slot.Listener != listener.Listener)
            return null;
        while (oldest is not null && (active >= most || context.Descriptors.Free < 1))
            End(oldest);
        if (!context.Descriptors.TryTake(1))
        {
            slot.Port.Counters.Failed();
            return null;
        }

        var port = slot.Port;
        if (order.Length < port.Tries)
            order = new TargetState[port.Tries];
        var client = port.Affinity is null ? null : NativeAddress.Address(name);
        var count = port.Order(client, ref listener.Listener.Turn, now, order);
        for (var i = 0; i < count; i++)
        {
            var fd = Dialer.ConnectDatagram(context, order[i], now);
            if (fd < 0)
                continue;
            if (client is not null)
                port.Affinity?.Bind(client, order[i], now);
            return Open(listener, key, name, order[i], port, fd, now);
        }

        context.Descriptors.Return(1);
        port.Counters.Failed();
        return null;
    }

    private UdpAssociation Open(UdpListener listener, UdpClientKey key, ReadOnlySpan<byte> name, TargetState target, LivePort port, int fd, long now)
    {
        if (!free.TryPop(out var association))
        {
            association = new UdpAssociation(associations.Count);
            associations.Add(association);
        }

        name.CopyTo(association.Client);
        (association.ClientLength, association.Key, association.Listener) = (name.Length, key, listener);
        (association.Target, association.Port, association.Descriptor, association.Open) = (target, port, fd, true);
        byClient.Add(key, association);
        Append(association, now);
        epoll.Add(fd, Epoll.In, new EventTag(EventKind.UdpUpstream, 0, association.Generation, association.Index));
        port.Counters.Opened();
        target.Opened();
        Volatile.Write(ref active, active + 1);
        return association;
    }

    private void End(UdpAssociation association)
    {
        _ = Libc.Close(association.Descriptor);
        context.Descriptors.Return(1);
        byClient.Remove(association.Key);
        Unlink(association);
        association.Port!.Counters.Closed();
        association.Target!.Closed();
        (association.Open, association.Target, association.Port, association.Listener) = (false, null, null, null);
        association.Generation++;
        free.Push(association);
        Volatile.Write(ref active, active - 1);
    }

    private void Touch(UdpAssociation association, long now)
    {
        if (association == newest)
        {
            association.LastUsed = now;
            return;
        }

        Unlink(association);
        Append(association, now);
    }

    private void Append(UdpAssociation association, long now)
    {
        (association.LastUsed, association.Older, association.Newer) = (now, newest, null);
        if (newest is null)
            oldest = association;
        else
            newest.Newer = association;
        newest = association;
    }

    private void Unlink(UdpAssociation association)
    {
        if (association.Older is null)
            oldest = association.Newer;
        else
            association.Older.Newer = association.Newer;
        if (association.Newer is null)
            newest = association.Older;
        else
            association.Newer.Older = association.Older;
    }
}
