using Elsewhere.Http.Connect;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>Asks an address whether it serves.</summary>
/// <param name="key">The address.</param>
/// <param name="check">The check of the manifest; null for a connection only.</param>
/// <param name="timeout">For all of it.</param>
/// <param name="cancellation">Ends it.</param>
/// <returns>What failed, as a sentence; null if nothing did.</returns>
/// <exception cref="Connect.OriginConnectException">This machine lacks descriptors or local ports: nothing was learnt of the address.</exception>
public delegate Task<string?> AskOrigin(AddressKey key, HealthCheckView? check, TimeSpan timeout, CancellationToken cancellation);

/// <summary>
/// Runs the checks of the manifests, and brings back what could not be connected to. One timer and one queue for all addresses: what works and has no check costs
/// nothing, and what is due is run in the order of its time, so many at once and no more. An address that no alias leads to any more is asked no more. Any thread.
/// </summary>
public sealed class HealthScheduler : IAsyncDisposable
{
    private static readonly TimeSpan FastRecovery = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly Dictionary<AddressState, Watched> watched = [];
    private readonly PriorityQueue<(Watched Watched, int Turn), long> due = new();
    private readonly CancellationTokenSource lifetime = new();
    private readonly AskOrigin ask;
    private readonly OriginOptions options;
    private readonly GatewayClock clock;
    private readonly ITimer timer;
    private TaskCompletionSource? idle;
    private int running;
    private bool disposed;

    /// <summary>Asks nobody yet.</summary>
    /// <param name="ask">How an address is asked.</param>
    /// <param name="options">How often, and how many at once.</param>
    /// <param name="clock">The clock.</param>
    public HealthScheduler(AskOrigin ask, OriginOptions options, GatewayClock clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        this.ask = ask;
        this.options = options;
        this.clock = clock;
        timer = clock.Time.CreateTimer(static me => ((HealthScheduler)me!).Pump(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many addresses are being asked, or will be.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return watched.Count;
        }
    }

    /// <summary>Says which addresses there are from now on: the first check of a new one comes within a second, spread over it.</summary>
    public void Watch(IReadOnlySet<AddressState> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        lock (gate)
        {
            if (disposed)
                return;
            foreach (var gone in watched.Keys.Where(address => !addresses.Contains(address)).ToArray())
                Forget(gone);
            foreach (var address in addresses)
            {
                if (address.Key.Check is { } check && !watched.ContainsKey(address))
                    Enqueue(Add(address), (long)(Math.Min(check.Interval.Ticks, TimeSpan.TicksPerSecond) * Random.Shared.NextDouble()));
            }
        }

        Pump();
    }

    /// <summary>The health of an address has changed: one that cannot be connected to is tried again until it can.</summary>
    public void Changed(AddressState address)
    {
        ArgumentNullException.ThrowIfNull(address);
        lock (gate)
        {
            if (disposed)
                return;
            var known = watched.GetValueOrDefault(address);
            if (!address.Health.HasFlag(AddressHealth.Unreachable))
            {
                if (known is not null && address.Key.Check is null)
                    Forget(address);
                return;
            }

            if (known?.DownSince is not null)
                return;
            known ??= Add(address);
            known.DownSince = clock.Now;
            known.Wait = options.FirstRecoveryProbe;
            Enqueue(known, known.Wait.Ticks);
        }

        Pump();
    }

    /// <summary>Asks nobody any more, and waits for what is under way.</summary>
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
        await timer.DisposeAsync().ConfigureAwait(false);
        lifetime.Dispose();
    }

    private Watched Add(AddressState address)
    {
        var added = new Watched(address);
        watched.Add(address, added);
        return added;
    }

    private void Forget(AddressState address)
    {
        if (watched.Remove(address, out var gone))
            gone.Turn++;
    }

    private void Enqueue(Watched what, long wait) => due.Enqueue((what, ++what.Turn), clock.Now + wait);

    private void Pump()
    {
        List<(Watched Watched, int Turn)> start = [];
        lock (gate)
        {
            while (!disposed && running < options.MaxConcurrentChecks && due.TryPeek(out var first, out var at))
            {
                var wait = first.Turn == first.Watched.Turn ? at - clock.Now : 0;
                if (wait > 0)
                {
                    timer.Change(TimeSpan.FromTicks(wait) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                    break;
                }

                due.Dequeue();
                if (first.Turn != first.Watched.Turn)
                    continue;
                running++;
                start.Add((first.Watched, ++first.Watched.Turn));
            }
        }

        foreach (var (what, turn) in start)
            _ = AskAsync(what, turn);
    }

    private async Task AskAsync(Watched what, int turn)
    {
        // Off this thread: it may be the one that publishes, and holds up what it publishes.
        await Task.Yield();
        var key = what.Address.Key;
        try
        {
            var (learnt, why) = await LearnAsync(key).ConfigureAwait(false);
            lock (gate)
            {
                if (what.Turn == turn && watched.ContainsKey(what.Address))
                    Next(what);
                else
                    learnt = false;
            }

            if (learnt)
                Tell(what.Address, why);
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
    }

    // What this machine lacks is no fault of the address (U10).
    private async Task<(bool Learnt, string? Why)> LearnAsync(AddressKey key)
    {
        try
        {
            return (true, await ask(key, key.Check, key.Check?.Timeout ?? options.RecoveryProbeTimeout, lifetime.Token).ConfigureAwait(false));
        }
        catch (OriginConnectException)
        {
            return (false, null);
        }
    }

    private static void Tell(AddressState address, string? why)
    {
        if (address.Key.Check is not null)
            address.Checked(why);
        else if (why is null)
            address.Reached();
    }

    // Called before the result is told, which may bring the address back and so end its recovery.
    private void Next(Watched what)
    {
        var check = what.Address.Key.Check;
        if (what.DownSince is { } since && what.Address.Health.HasFlag(AddressHealth.Unreachable))
        {
            what.Wait = clock.Now - since < FastRecovery.Ticks ? options.RecoveryProbe : TimeSpan.FromTicks(Math.Min(what.Wait.Ticks * 3 / 2, options.LongestRecoveryProbe.Ticks));
            Enqueue(what, what.Wait.Ticks);
            return;
        }

        what.DownSince = null;
        if (check is not null)
            Enqueue(what, (long)(check.Interval.Ticks * (0.9 + (Random.Shared.NextDouble() / 5))));
    }

    private sealed class Watched(AddressState address)
    {
        public AddressState Address => address;

        public int Turn { get; set; }

        public long? DownSince { get; set; }

        public TimeSpan Wait { get; set; }
    }
}
