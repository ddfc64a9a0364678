using System.Collections.Concurrent;
using System.Net;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>One thread with its own epoll: a share of the listeners, a share of the sessions. All that is in it belongs to that thread.</summary>
internal sealed unsafe class Reactor : IDisposable
{
    private const int AcceptsAtOnce = 64;
    private const int PauseMilliseconds = 20;
    private readonly LinuxContext context;
    private readonly Epoll epoll = new();

    // Listeners sit in an epoll of their own, so that all of them are paused by taking out one descriptor.
    private readonly Epoll listeners = new();
    private readonly int wake = Libc.EventDescriptor(0, Libc.NonBlocking | Libc.CloseOnExec);
    private readonly ConcurrentQueue<Order> inbox = new();
    private readonly SessionMover mover;
    private readonly TcpSessions tcp;
    private readonly UdpAssociations udp;
    private readonly Thread thread;
    private int woken;
    private int nextPeer;
    private int promised;
    private bool paused;
    private bool stopping;
    private long pauses;
    private long accepted;
    private long rounds;

    public Reactor(LinuxContext context, int number, int mostAssociations)
    {
        this.context = context;
        mover = new SessionMover(context);
        tcp = new TcpSessions(context, epoll, mover);
        udp = new UdpAssociations(context, epoll, mostAssociations);
        epoll.Add(wake, Epoll.In, new EventTag(EventKind.Wake, 0, 0, 0));
        epoll.Add(listeners.Descriptor, Epoll.In, new EventTag(EventKind.Listeners, 0, 0, 0));
        thread = new Thread(Run) { IsBackground = true, Name = $"relay-{number}" };
    }

    private enum OrderKind
    {
        Accept,
        Sweep,
        Close,
        Refuse,
        Abort,
        Stop,
    }

    /// <summary>All reactors in a ring, this one first: accepted connections go round.</summary>
    public Reactor[] Peers { get; set; } = [];

    public int Sessions => tcp.Active + Volatile.Read(ref promised);

    public int Associations => udp.Active;

    public long Pauses => Volatile.Read(ref pauses);

    /// <summary>Connections that this thread serves or has served.</summary>
    public long Accepted => Volatile.Read(ref accepted);

    /// <summary>How often the thread has looked for work: it must not be often while there is none.</summary>
    public long Rounds => Volatile.Read(ref rounds);

    public void Start() => thread.Start();

    /// <summary>Starts to accept; from any thread.</summary>
    public void Listen(Listener listener, int fd)
    {
        if (listener.Listen.Protocol == Model.Protocol.Udp)
            epoll.Add(fd, Epoll.In, new EventTag(EventKind.UdpListener, 0, 0, listener.Slot));
        else
            listeners.Add(fd, Epoll.In, new EventTag(EventKind.Listener, 0, 0, listener.Slot));
    }

    public Task CloseAsync(Listener listener, bool refuse) => PostAsync(refuse ? OrderKind.Refuse : OrderKind.Close, listener);

    public void Sweep() => Post(new Order(OrderKind.Sweep, null, null));

    public Task AbortAsync() => PostAsync(OrderKind.Abort, null);

    public void Stop()
    {
        if (!thread.IsAlive)
            return;
        Post(new Order(OrderKind.Stop, null, null));
        thread.Join();
    }

    public void Dispose()
    {
        Stop();
        mover.Dispose();
        udp.Dispose();
        epoll.Dispose();
        listeners.Dispose();
        _ = Libc.Close(wake);
    }

    private Task PostAsync(OrderKind kind, Listener? listener)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Order(kind, listener, done));
        return done.Task;
    }

    private void Post(in Order order)
    {
        inbox.Enqueue(order);
        if (Interlocked.Exchange(ref woken, 1) != 0)
            return;
        ulong one = 1;
        _ = Libc.Write(wake, &one, sizeof(ulong));
    }

    private void Run()
    {
        while (!stopping)
        {
            Volatile.Write(ref rounds, rounds + 1);
            var now = context.Clock.Now;
            var count = epoll.Wait(Timeout(now));
            now = context.Clock.Now;
            for (var i = 0; i < count; i++)
                Dispatch(epoll.Tag(i), epoll.What(i), now);
            while (inbox.TryDequeue(out var order))
                Obey(order, now);
            tcp.OnTime(now);
            udp.OnTime(now);
            if (paused)
                Resume();
        }
    }

    private int Timeout(long now)
    {
        var wait = Earlier(tcp.Wait(now), udp.Wait(now));
        return (int)Math.Min(paused ? Earlier(wait, PauseMilliseconds) : wait, int.MaxValue);
    }

    private static long Earlier(long a, long b) => a < 0 ? b : b < 0 ? a : Math.Min(a, b);

    private void Dispatch(EventTag tag, uint what, long now)
    {
        switch (tag.Kind)
        {
            case EventKind.Wake:
                ulong count;
                _ = Libc.Read(wake, &count, sizeof(ulong));
                Volatile.Write(ref woken, 0);
                break;
            case EventKind.Listeners:
                AcceptReady(now);
                break;
            case EventKind.Listener:
                break;
            case EventKind.Client:
            case EventKind.Upstream:
                tcp.OnEvent(tag, what, now);
                break;
            case EventKind.UdpListener:
                if (context.Live()[tag.Index]?.Listener.Native is UdpListener listener)
                    udp.OnListener(listener, now);
                break;
            case EventKind.UdpUpstream:
                udp.OnReply(tag, now);
                break;
            default:
                throw new InvalidOperationException($"no such event: {tag}");
        }
    }

    private void AcceptReady(long now)
    {
        var count = listeners.Wait(0);
        for (var i = 0; i < count && !paused; i++)
        {
            if (context.Live()[listeners.Tag(i).Index] is { } slot && slot.Listener.Native is TcpListener listener)
                Accept(listener, slot, AcceptsAtOnce, now);
        }
    }

    // Up to a number of connections; false when nobody waits any more.
    private bool Accept(TcpListener listener, LiveSlot slot, int most, long now)
    {
        var address = stackalloc byte[NativeAddress.Size];
        for (var i = 0; i < most; i++)
        {
            if (!context.Descriptors.TryTake(2))
            {
                Pause();
                return false;
            }

            var length = NativeAddress.Size;
            var wanted = slot.Port.Affinity is not null;
            var client = Libc.Accept(listener.Descriptor, wanted ? address : null, wanted ? &length : null, Libc.NonBlocking | Libc.CloseOnExec);
            if (client < 0)
            {
                var error = Libc.Error;
                context.Descriptors.Return(2);
                if (error is Libc.TooManyFiles or Libc.TableFull or Libc.NoBuffers)
                    Pause();
                if (error is Libc.Again or Libc.TooManyFiles or Libc.TableFull or Libc.NoBuffers)
                    return false;
                continue;
            }

            var peer = Peers[nextPeer++ % Peers.Length];
            var from = wanted ? NativeAddress.Address(new ReadOnlySpan<byte>(address, length)) : null;
            if (peer == this)
                Take(client, slot, from, now);
            else
                peer.Promise(new Order(OrderKind.Accept, null, null, client, slot, from));
        }

        return true;
    }

    private void Promise(in Order order)
    {
        Interlocked.Increment(ref promised);
        Post(order);
    }

    private void Take(int client, LiveSlot slot, IPAddress? from, long now)
    {
        Volatile.Write(ref accepted, accepted + 1);
        tcp.Start(client, slot, from, now);
    }

    // Level-triggered listeners would spin: clients wait in the kernel's queues until there are descriptors again.
    private void Pause()
    {
        if (paused)
            return;
        paused = true;
        Volatile.Write(ref pauses, pauses + 1);
        epoll.Remove(listeners.Descriptor);
    }

    private void Resume()
    {
        if (context.Descriptors.Free < 2)
            return;
        paused = false;
        epoll.Add(listeners.Descriptor, Epoll.In, new EventTag(EventKind.Listeners, 0, 0, 0));
    }

    private void Obey(in Order order, long now)
    {
        switch (order.Kind)
        {
            case OrderKind.Accept:
                Take(order.Client, order.Slot!, order.From, now);
                Interlocked.Decrement(ref promised);
                break;
            case OrderKind.Sweep:
                tcp.Sweep(now);
                udp.Sweep();
                break;
            case OrderKind.Close:
            case OrderKind.Refuse:
                Close(order.Listener!, order.Kind == OrderKind.Refuse, now);
                break;
            case OrderKind.Abort:
                tcp.AbortAll();
                udp.EndAll(null);
                break;
            case OrderKind.Stop:
                tcp.AbortAll();
                udp.EndAll(null);
                stopping = true;
                break;
            default:
                throw new InvalidOperationException($"no such order: {order.Kind}");
        }

        order.Done?.SetResult();
    }

    private void Close(Listener listener, bool refuse, long now)
    {
        if (listener.Native is UdpListener datagrams)
        {
            udp.EndAll(datagrams);
            epoll.Remove(datagrams.Descriptor);
            _ = Libc.Close(datagrams.Descriptor);
            context.Descriptors.Return(1);
        }
        else if (listener.Native is TcpListener stream)
        {
            while (!refuse && context.Live()[listener.Slot] is { } slot && slot.Listener == listener && Accept(stream, slot, AcceptsAtOnce, now))
            {
                // Everybody who was queued when the port was given up is still served.
            }

            listeners.Remove(stream.Descriptor);
            _ = Libc.Close(stream.Descriptor);
            context.Descriptors.Return(1);
        }

        listener.Native = null;
    }

    private readonly record struct Order(
        OrderKind Kind,
        Listener? Listener,
        TaskCompletionSource? Done,
        int Client = -1,
        LiveSlot? Slot = null,
        IPAddress? From = null);
}

/// <summary>One TCP listener's socket.</summary>
/// <param name="Descriptor">The socket.</param>
internal sealed record TcpListener(int Descriptor);
