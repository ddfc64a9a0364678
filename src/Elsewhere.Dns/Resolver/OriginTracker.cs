using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Keeps the addresses of origins' names up to date: asks again when TTLs end, keeps what was good when servers fail, and publishes a new
/// <see cref="OriginAddresses"/> when something changed. One name that does not resolve costs only itself.
/// </summary>
public sealed class OriginTracker : IAsyncDisposable
{
    private readonly UpstreamResolver resolver;
    private readonly OriginTrackerOptions options;
    private readonly TimeProvider time;
    private readonly Action<OriginAddresses> publish;
    private readonly Lock gate = new();
    private readonly Dictionary<DnsName, Tracked> names = [];
    private readonly PriorityQueue<(Tracked Name, int Turn), long> due = new();
    private readonly CancellationTokenSource lifetime = new();
    private readonly ITimer resolveTimer;
    private readonly ITimer publishTimer;
    private OriginAddresses current = OriginAddresses.Empty;
    private TaskCompletionSource? idle;
    private int running;
    private bool stale;
    private bool changed;
    private bool publishing;
    private bool pumping;
    private bool pumpAgain;
    private long lastPublished = long.MinValue;
    private bool disposed;

    /// <summary>Tracks nothing yet.</summary>
    /// <param name="resolver">Asks the outside; not disposed here.</param>
    /// <param name="options">Limits, and the cluster's own names.</param>
    /// <param name="time">The clock.</param>
    /// <param name="publish">Gets each new value, one call at a time, on any thread; must not throw.</param>
    public OriginTracker(UpstreamResolver resolver, OriginTrackerOptions options, TimeProvider time, Action<OriginAddresses> publish)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(publish);
        this.resolver = resolver;
        this.options = options;
        this.time = time;
        this.publish = publish;
        resolveTimer = time.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        publishTimer = time.CreateTimer(_ => Publish(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Everything tracked, as it is now; also what changed without being published (times and TTLs).</summary>
    public OriginAddresses Current
    {
        get
        {
            lock (gate)
                return Snapshot();
        }
    }

    /// <summary>
    /// Says which names are wanted from now on. A new one is resolved at once, one of the cluster's own is looked up again, one not wanted any more is forgotten.
    /// </summary>
    public void Track(IReadOnlyCollection<DnsName> wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var keep = wanted as IReadOnlySet<DnsName> ?? wanted.ToHashSet();
        lock (gate)
        {
            if (disposed)
                return;
            foreach (var gone in names.Keys.Where(name => !keep.Contains(name)).ToArray())
            {
                names[gone].Turn++;
                names.Remove(gone);
                stale = changed = true;
            }

            foreach (var name in keep)
            {
                if (names.TryGetValue(name, out var known))
                {
                    if (options.Local(name) is not null)
                        Enqueue(known, TimeSpan.Zero);
                    continue;
                }

                names[name] = known = new Tracked(name);
                stale = true;
                Enqueue(known, TimeSpan.Zero);
            }
        }

        Pump();
        Publish();
    }

    /// <summary>Resolves one name past the cache, now. A tracked name takes the result on.</summary>
    /// <returns>The name's state after it; for a name that is not tracked, the state that this one attempt makes.</returns>
    public async Task<OriginState> ResolveNowAsync(DnsName name, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(name);
        var (a, aaaa) = await AskAsync(name, pastCache: true, cancellation).ConfigureAwait(false);
        OriginState state;
        lock (gate)
        {
            if (!names.TryGetValue(name, out var tracked))
                return OriginRecord.New(name).Next(a, aaaa, time.GetUtcNow(), 0, options).State;
            Take(tracked, a, aaaa);
            state = tracked.Record.State;
        }

        Pump();
        Publish();
        return state;
    }

    /// <summary>Cancels what is under way, waits for it, and publishes nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            idle = running == 0 ? null : new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            last = idle?.Task ?? Task.CompletedTask;
        }

        await lifetime.CancelAsync().ConfigureAwait(false);
        await last.ConfigureAwait(false);
        await resolveTimer.DisposeAsync().ConfigureAwait(false);
        await publishTimer.DisposeAsync().ConfigureAwait(false);
        lifetime.Dispose();
    }

    // One pump at a time, so that an attempt that ends at once (from the cache) does not call the next one from inside itself.
    private void Pump()
    {
        lock (gate)
        {
            pumpAgain = true;
            if (pumping)
                return;
            pumping = true;
        }

        while (true)
        {
            List<(Tracked Name, int Turn)> start;
            lock (gate)
            {
                if (!pumpAgain)
                {
                    pumping = false;
                    return;
                }

                pumpAgain = false;
                start = TakeDue();
            }

            foreach (var (name, turn) in start)
                _ = ResolveAsync(name, turn);
        }
    }

    // What is due, as many as may run; sets the timer for the rest.
    private List<(Tracked Name, int Turn)> TakeDue()
    {
        var start = new List<(Tracked Name, int Turn)>();
        while (!disposed && running < options.MaxConcurrent && due.TryPeek(out var first, out var at))
        {
            var wait = first.Turn == first.Name.Turn ? at - time.GetTimestamp() : 0;
            if (wait > 0)
            {
                // One tick more than asked for, so that the timer never comes too early by rounding.
                resolveTimer.Change(TimeSpan.FromSeconds(wait / (double)time.TimestampFrequency) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                break;
            }

            due.Dequeue();
            if (first.Turn != first.Name.Turn)
                continue;
            running++;
            start.Add((first.Name, ++first.Name.Turn));
        }

        return start;
    }

    private async Task ResolveAsync(Tracked tracked, int turn)
    {
        try
        {
            var (a, aaaa) = await AskAsync(tracked.Name, pastCache: false, lifetime.Token).ConfigureAwait(false);
            lock (gate)
            {
                // Forgotten meanwhile, or resolved by ResolveNowAsync, which is newer.
                if (tracked.Turn == turn)
                    Take(tracked, a, aaaa);
            }
        }
        catch (OperationCanceledException)
        {
            // Being disposed: nothing is wanted any more.
        }
        finally
        {
            lock (gate)
            {
                if (--running == 0)
                    idle?.SetResult();
            }
        }

        Pump();
        Publish();
    }

    private async Task<(FamilyAnswer A, FamilyAnswer Aaaa)> AskAsync(DnsName name, bool pastCache, CancellationToken cancellation)
    {
        var a = OriginQuery.ResolveAsync(resolver, name, RecordType.A, pastCache, options, cancellation);
        var aaaa = OriginQuery.ResolveAsync(resolver, name, RecordType.Aaaa, pastCache, options, cancellation);
        return (await a.ConfigureAwait(false), await aaaa.ConfigureAwait(false));
    }

    private void Take(Tracked tracked, FamilyAnswer a, FamilyAnswer aaaa)
    {
        var before = tracked.Record.State;
        tracked.Record = tracked.Record.Next(a, aaaa, time.GetUtcNow(), Random.Shared.NextDouble(), options);
        stale = true;
        changed |= OriginRecord.Differs(before, tracked.Record.State);
        Enqueue(tracked, tracked.Record.Again);
    }

    private void Enqueue(Tracked tracked, TimeSpan wait) =>
        due.Enqueue((tracked, ++tracked.Turn), time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency));

    private OriginAddresses Snapshot()
    {
        if (stale)
            current = OriginAddresses.Create(names.Values.Select(tracked => tracked.Record.State));
        stale = false;
        return current;
    }

    // One publisher at a time; what changes meanwhile makes it go round again.
    private void Publish()
    {
        while (true)
        {
            OriginAddresses next;
            lock (gate)
            {
                if (!changed || publishing || disposed)
                    return;
                var wait = lastPublished == long.MinValue ? TimeSpan.Zero : options.PublishInterval - time.GetElapsedTime(lastPublished);
                if (wait > TimeSpan.Zero)
                {
                    publishTimer.Change(wait + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                    return;
                }

                publishing = true;
                changed = false;
                lastPublished = time.GetTimestamp();
                next = Snapshot();
            }

            publish(next);
            lock (gate)
                publishing = false;
        }
    }

    private sealed class Tracked(DnsName name)
    {
        public DnsName Name { get; } = name;

        public OriginRecord Record { get; set; } = OriginRecord.New(name);

        // Which entry of the queue counts, or which attempt: earlier ones are void.
        public int Turn { get; set; }
    }
}
