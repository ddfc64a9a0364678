using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Linux;

namespace Elsewhere.Http.Network.Linux;

/// <summary>
/// One thread that waits for what happens to its sockets, and goes on with whoever has waited for that. It lasts as long as the process. What it runs must not block, and
/// comes to an end soon.
/// </summary>
#pragma warning disable CA1001 // it lasts as long as the process
internal sealed unsafe class ChannelReactor : PipeScheduler
#pragma warning restore CA1001
{
    private const int FirstSlots = 64;

    [ThreadStatic]
    private static ChannelReactor? current;

    private readonly Epoll epoll = new();
    private readonly int wake = Libc.EventDescriptor(0, Libc.NonBlocking | Libc.CloseOnExec);
    private readonly ConcurrentQueue<IThreadPoolWorkItem> inbox = new();
    private readonly Lock gate = new();
    private readonly Stack<int> free = new();
    private Channel?[] slots = new Channel?[FirstSlots];
    private ushort[] generations = new ushort[FirstSlots];
    private int used;
    private int woken;

    /// <summary>Starts its thread.</summary>
    public ChannelReactor(int number)
    {
        epoll.Add(wake, Epoll.In | Epoll.Edge, new EventTag(EventKind.Wake, 0, 0, 0));
        new Thread(Run) { IsBackground = true, Name = $"gateway-{number}" }.Start();
    }

    /// <summary>The one whose thread this is; null if it is none's.</summary>
    public static ChannelReactor? Current => current;

    /// <summary>Who sends for its connections, where the thread that writes does not.</summary>
    public SendQueue Sends { get; } = new();

    /// <summary>How many sockets it has.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return used - free.Count;
        }
    }

    /// <summary>Watches a socket.</summary>
    /// <exception cref="SocketException">The kernel has no room for it.</exception>
    public void Add(Channel channel)
    {
        EventTag tag;
        lock (gate)
        {
            if (!free.TryPop(out var slot))
            {
                slot = used++;
                if (slot == slots.Length)
                    Grow();
            }

            channel.Slot = slot;
            Volatile.Write(ref slots[slot], channel);
            tag = new EventTag(EventKind.Client, 0, generations[slot], slot);
        }

        if (epoll.Add(channel.Descriptor, Epoll.In | Epoll.Out | Epoll.PeerHangUp | Epoll.Edge, tag))
            return;
        var error = Libc.Error;
        Remove(channel);
        throw new SocketException((int)Libc.Name(error));
    }

    /// <summary>Forgets a socket that is about to be closed: an event that has been fetched already finds nobody.</summary>
    public void Remove(Channel channel)
    {
        lock (gate)
        {
            if (slots[channel.Slot] != channel)
                return;
            slots[channel.Slot] = null;
            generations[channel.Slot]++;
            free.Push(channel.Slot);
        }
    }

    /// <summary>Has something run by its thread.</summary>
    public void Post(IThreadPoolWorkItem item)
    {
        inbox.Enqueue(item);
        if (Interlocked.Exchange(ref woken, 1) != 0)
            return;
        ulong one = 1;
        _ = Libc.Write(wake, &one, sizeof(ulong));
    }

    /// <inheritdoc/>
    public override void Schedule(Action<object?> action, object? state) => Post(new Scheduled(action, state));

    private void Grow()
    {
        var (more, moreGenerations) = (new Channel?[slots.Length * 2], new ushort[slots.Length * 2]);
        slots.CopyTo(more, 0);
        generations.CopyTo(moreGenerations, 0);
        Volatile.Write(ref slots, more);
        Volatile.Write(ref generations, moreGenerations);
    }

    private void Run()
    {
        current = this;
        while (true)
        {
            var count = epoll.Wait(inbox.IsEmpty ? -1 : 0);
            for (var i = 0; i < count; i++)
                Dispatch(epoll.Tag(i), epoll.What(i));

            // Who posts from here on gets a turn of its own, so that nobody is kept waiting by who always posts again.
            Interlocked.Exchange(ref woken, 0);
            for (var left = inbox.Count; left > 0 && inbox.TryDequeue(out var item); left--)
                item.Execute();
        }
    }

    private void Dispatch(EventTag tag, uint what)
    {
        // What was written to wake is let be: the next write is an edge of its own.
        if (tag.Kind == EventKind.Wake)
            return;

        // Under the gate only where places are given out: a place that is read while it changes hands has another generation, or none.
        var channel = Volatile.Read(ref Volatile.Read(ref slots)[tag.Index]);
        if (channel is not null && Volatile.Read(ref Volatile.Read(ref generations)[tag.Index]) == tag.Generation)
            channel.On(what);
    }

    private sealed class Scheduled(Action<object?> action, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => action(state);
    }
}
