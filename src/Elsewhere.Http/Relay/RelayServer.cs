using System.Net.Sockets;
using Elsewhere.Http.Relay.Linux;
using Elsewhere.Http.Relay.Live;
using Elsewhere.Http.Relay.Portable;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>
/// Listens on the service addresses and passes connections and datagrams on. Tables are applied one after the other; a connection reads the
/// live table once, when it is accepted.
/// </summary>
public sealed class RelayServer : IAsyncDisposable
{
    private const int Many = 1024;
    private readonly SemaphoreSlim applying = new(1, 1);
    private readonly Dictionary<RelayListen, Listener> listeners = [];
    private readonly Dictionary<(ObjectKey Alias, int Port, Protocol Protocol), RelayCounters> counters = [];
    private readonly Dictionary<(RelayTarget Target, Protocol Protocol), TargetState> targets = [];
    private readonly Stack<int> freeSlots = new();
    private readonly RelayClock clock;
    private readonly RelayOptions options;
    private readonly IRelayEngine engine;
    private LiveTable live = LiveTable.Empty;
    private RelayTable? applied;
    private long turn;
    private int slotCount;
    private int forgetAt = Many;
    private bool stopped;

    /// <summary>Takes the defaults; listens nowhere until a table is applied.</summary>
    public RelayServer()
        : this(new RelayOptions(), TimeProvider.System)
    {
    }

    /// <summary>Listens nowhere until a table is applied.</summary>
    /// <param name="options">How to behave.</param>
    /// <param name="time">The clock for graces, drains and time-outs.</param>
    public RelayServer(RelayOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        this.options = options;
        clock = new RelayClock(time);
        var readLive = () => Volatile.Read(ref live);
        engine = LinuxEngine.IsSupported && !options.Portable
            ? new LinuxEngine(options, clock, readLive)
            : new PortableEngine(options, clock, readLive);
    }

    /// <summary>How the relay does right now.</summary>
    public RelayStatus Status => new(
        engine.Name,
        Live.Listening,
        engine.Sessions,
        engine.Associations,
        engine.AcceptPauses,
        [.. engine.Notes, .. Targets().Where(t => t.PortsRunningOut).Select(t =>
            $"{t.Target} has {t.Open + t.Connecting} connections of {LocalPorts.Count(options)} that there are local ports for;"
            + " widen the range: sudo sysctl net.ipv4.ip_local_port_range='1024 65535'")]);

    /// <summary>What moves the bytes.</summary>
    internal IRelayEngine Engine => engine;

    private LiveTable Live => Volatile.Read(ref live);

    /// <summary>The counters of every port that there is or, until there are many of them, was; in no order.</summary>
    public async ValueTask<IReadOnlyList<RelayCounters>> CountersAsync()
    {
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            return [.. counters.Values];
        }
        finally
        {
            applying.Release();
        }
    }

    /// <summary>How every target of the live table does, in no order.</summary>
    public IReadOnlyList<RelayTargetStatus> Targets()
    {
        var now = clock.Now;
        var known = new HashSet<TargetState>();
        foreach (var slot in Live.Slots)
        {
            if (slot is not null)
                known.UnionWith(slot.Port.All);
        }

        var range = LocalPorts.Count(options);
        return [.. known.Select(t => new RelayTargetStatus(
            t.EndPoint, t.Protocol, t.Open, t.Connecting, t.Failures, t.IsPenalised(now), t.LastError, t.Open + t.Connecting > range * 7 / 10))];
    }

    /// <summary>
    /// Makes the table the live one. New ports are bound before this returns, so that DNS may answer with them afterwards. Ports that the
    /// table does not have go on serving for the grace, then close; a port without targets closes at once, so that clients are refused.
    /// </summary>
    /// <param name="next">The table.</param>
    public ValueTask<RelayReport> ApplyAsync(RelayTable next) => ApplyAsync(next, options.RetireGrace);

    /// <summary>As <see cref="ApplyAsync(RelayTable)"/>, with a grace of its own for the ports that this table does not have.</summary>
    /// <param name="next">The table.</param>
    /// <param name="grace">How long DNS caches may still know the addresses that are gone; zero closes at once.</param>
    public async ValueTask<RelayReport> ApplyAsync(RelayTable next, TimeSpan grace)
    {
        ArgumentNullException.ThrowIfNull(next);
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            if (stopped)
                return new RelayReport(0, 0, 0, next.Problems);
            return await ApplyLockedAsync(next, grace).ConfigureAwait(false);
        }
        finally
        {
            applying.Release();
        }
    }

    /// <summary>Stops accepting, lets what is open come to its end, and resets what is left when the time is over. Nothing can be applied afterwards.</summary>
    /// <param name="timeout">How long to wait at most.</param>
    /// <returns>How many connections had to be reset.</returns>
    public async Task<int> DrainAsync(TimeSpan timeout)
    {
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            stopped = true;
            await CloseAsync([.. listeners.Values], refuse: false).ConfigureAwait(false);
        }
        finally
        {
            applying.Release();
        }

        var until = clock.Now + (long)timeout.TotalMilliseconds;
        while (engine.Sessions > 0 && clock.Now < until)
            await Task.Delay(TimeSpan.FromMilliseconds(10), clock.Time, CancellationToken.None).ConfigureAwait(false);
        var left = engine.Sessions;
        await engine.AbortAsync().ConfigureAwait(false);
        return left;
    }

    /// <summary>Resets everything at once; <see cref="DrainAsync"/> first is kinder.</summary>
    public async ValueTask DisposeAsync()
    {
        await DrainAsync(TimeSpan.Zero).ConfigureAwait(false);
        await engine.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<RelayReport> ApplyLockedAsync(RelayTable next, TimeSpan grace)
    {
        // Applied as a whole, and nothing has changed since.
        if (ReferenceEquals(next, applied))
            return new RelayReport(listeners.Count, 0, 0, next.Problems);
        if (TryRetarget(next))
            return new RelayReport(listeners.Count, 0, 0, next.Problems);
        var problems = new List<RelayProblem>(next.Problems);
        var added = new List<Listener>();
        var slots = new LiveSlot?[slotCount];
        var old = Live;
        turn++;
        foreach (var entry in next.Entries)
        {
            if (entry.Targets.IsEmpty)
                continue;
            if (!listeners.TryGetValue(entry.Listen, out var listener))
            {
                listener = TryBind(entry, problems);
                if (listener is null)
                    continue;
                added.Add(listener);
                if (listener.Slot >= slots.Length)
                    Array.Resize(ref slots, Math.Max(slots.Length * 2, listener.Slot + 1));
            }

            listener.WantedAt = turn;
            listener.Retiring = null;
            var before = old[listener.Slot] is { } slot && slot.Listener == listener ? slot : null;
            slots[listener.Slot] = before?.Port.Entry != entry ? new LiveSlot(listener, MakePort(entry, before?.Port), Retired: false)
                : before.Retired ? before with { Retired = false }
                : before;
        }

        HashSet<RelayListen>? withoutTargets = null;
        var closing = new List<Listener>();
        var retiring = new List<Listener>();
        foreach (var listener in listeners.Values)
        {
            if (listener.WantedAt == turn)
                continue;
            withoutTargets ??= next.Entries.Where(e => e.Targets.IsEmpty).Select(e => e.Listen).ToHashSet();
            if (grace <= TimeSpan.Zero || withoutTargets.Contains(listener.Listen))
            {
                closing.Add(listener);
                continue;
            }

            slots[listener.Slot] = old[listener.Slot]! with { Retired = true };
            if (listener.Retiring is null)
                retiring.Add(listener);
        }

        Publish(slots);
        foreach (var listener in added)
            engine.Start(listener);
        await CloseAsync(closing, refuse: true).ConfigureAwait(false);
        if (retiring.Count > 0)
        {
            foreach (var listener in retiring)
                listener.Retiring = retiring;
            _ = RetireLaterAsync(retiring, grace);
        }

        Forget(slots);
        applied = problems.Count == next.Problems.Count ? next : null;
        return new RelayReport(listeners.Count, added.Count, closing.Count + retiring.Count, problems.ToSeq());
    }

    // Where all listeners stay, and few of them lead elsewhere, only those are looked at.
    private bool TryRetarget(RelayTable next)
    {
        if (applied is null || applied.Entries.Count != next.Entries.Count)
            return false;
        var before = applied.Entries.AsSpan();
        var now = next.Entries.AsSpan();
        var slots = Live.Slots.ToArray();
        for (var i = 0; i < now.Length; i++)
        {
            if (ReferenceEquals(before[i], now[i]))
                continue;
            if (before[i].Listen != now[i].Listen || before[i].Targets.IsEmpty || now[i].Targets.IsEmpty)
                return false;
            var listener = listeners[now[i].Listen];
            slots[listener.Slot] = new LiveSlot(listener, MakePort(now[i], slots[listener.Slot]!.Port), Retired: false);
        }

        Publish(slots);
        Forget(slots);
        applied = next;
        return true;
    }

    private Listener? TryBind(RelayEntry entry, List<RelayProblem> problems)
    {
        var slot = freeSlots.Count > 0 ? freeSlots.Pop() : slotCount++;
        var listener = new Listener(slot, entry.Listen);
        var error = engine.Bind(listener);
        if (error == SocketError.Success)
        {
            listeners.Add(entry.Listen, listener);
            return listener;
        }

        freeSlots.Push(slot);
        problems.Add(Remedies.Explain(entry.Alias, entry.Listen, error));
        return null;
    }

    private LivePort MakePort(RelayEntry entry, LivePort? before)
    {
        var key = (entry.Alias, entry.Listen.Port, entry.Listen.Protocol);
        if (!counters.TryGetValue(key, out var counter))
            counters.Add(key, counter = new RelayCounters(entry.Alias, entry.Listen.Port, entry.Listen.Protocol));
        var affinity = entry.ClientIPAffinity is not { } timeout ? null
            : before?.Affinity?.Timeout == timeout ? before.Affinity
            : new Affinity(timeout);
        return LivePort.Create(entry, counter, t => StateOf(t, entry.Listen.Protocol), affinity);
    }

    private TargetState StateOf(RelayTarget target, Protocol protocol)
    {
        var key = (target with { Priority = 0, Weight = 1 }, protocol);
        if (!targets.TryGetValue(key, out var state))
            targets.Add(key, state = new TargetState(target.Address, target.Port, protocol));
        return state;
    }

    private void Publish(LiveSlot?[] slots)
    {
        var end = slots.Length;
        while (end > 0 && slots[end - 1] is null)
            end--;
        Volatile.Write(ref live, new LiveTable(end == slots.Length ? slots : slots[..end]));
        engine.Sweep();
    }

    private async Task RetireLaterAsync(List<Listener> retiring, TimeSpan grace)
    {
        await Task.Delay(grace, clock.Time, CancellationToken.None).ConfigureAwait(false);
        await applying.WaitAsync().ConfigureAwait(false);
        try
        {
            // A later table may have brought some of them back.
            if (!stopped)
                await CloseAsync(retiring.FindAll(l => l.Retiring == retiring), refuse: false).ConfigureAwait(false);
        }
        finally
        {
            applying.Release();
        }
    }

    // What was already queued still finds the old slots; only then do the slots become free.
    private async Task CloseAsync(List<Listener> closing, bool refuse)
    {
        if (closing.Count == 0)
            return;
        await Task.WhenAll(closing.Select(l => engine.StopAsync(l, refuse))).ConfigureAwait(false);
        var slots = Live.Slots.ToArray();
        foreach (var listener in closing)
        {
            listeners.Remove(listener.Listen);
            freeSlots.Push(listener.Slot);
            if (listener.Slot < slots.Length)
                slots[listener.Slot] = null;
        }

        Publish(slots);
    }

    // What nobody leads to and nobody is connected to is forgotten once it is the greater part, so that neither a rotating name nor aliases
    // that come and go grow the memory.
    private void Forget(LiveSlot?[] slots)
    {
        if (targets.Count <= forgetAt && counters.Count <= forgetAt)
            return;
        var usedTargets = new HashSet<TargetState>();
        var usedCounters = new HashSet<RelayCounters>();
        foreach (var slot in slots)
        {
            if (slot is null)
                continue;
            usedTargets.UnionWith(slot.Port.All);
            usedTargets.UnionWith(slot.Port.Lingering);
            usedCounters.Add(slot.Port.Counters);
        }

        foreach (var (key, state) in targets)
        {
            if (!usedTargets.Contains(state) && state.Open == 0 && state.Connecting == 0)
                targets.Remove(key);
        }

        foreach (var (key, counter) in counters)
        {
            if (!usedCounters.Contains(counter) && counter.Active == 0)
                counters.Remove(key);
        }

        forgetAt = (2 * Math.Max(targets.Count, counters.Count)) + Many;
    }
}
