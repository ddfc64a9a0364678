namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>
/// What clients see: what is durable, as soon as the data plane has followed it. What a list or a watch shows is what DNS answers. A data plane that does not
/// follow holds nobody up for longer than a moment.
/// </summary>
/// <param name="state">What is shown at first.</param>
/// <param name="history">Where watches read.</param>
/// <param name="time">The clock.</param>
internal sealed class ShownState(StoreState state, ChangeHistory history, TimeProvider time) : IDisposable
{
    /// <summary>How long a change waits for the data plane.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Queue<Batch> waiting = new();
    private StoreState state = state;
    private Func<StoreChange, bool>? concerns;
    private ulong followed;
    private ulong overdue;
    private ITimer? timer;

    /// <summary>What clients see.</summary>
    public StoreState State => Volatile.Read(ref state);

    /// <summary>Whether something is shown that the data plane has not followed.</summary>
    public bool IsAhead => Volatile.Read(ref overdue) > Volatile.Read(ref followed);

    /// <summary>Whether anything waits for the data plane.</summary>
    public bool IsWaiting
    {
        get
        {
            lock (gate)
                return waiting.Count > 0;
        }
    }

    /// <summary>From now on changes wait for the data plane.</summary>
    /// <param name="concerned">Which of them concern it; null: none, and whatever waits is shown.</param>
    public void WaitFor(Func<StoreChange, bool>? concerned)
    {
        lock (gate)
        {
            concerns = concerned;
            if (concerned is null)
                Show(ulong.MaxValue);
        }
    }

    /// <summary>Takes what has become durable.</summary>
    /// <param name="next">The state.</param>
    /// <param name="changes">What made it so.</param>
    /// <param name="told">Completed when it is shown.</param>
    public void Add(StoreState next, IReadOnlyList<StoreChange> changes, IReadOnlyList<TaskCompletionSource> told)
    {
        lock (gate)
        {
            var waits = concerns is { } concerned && changes.Any(concerned);
            waiting.Enqueue(new(next, waits, time.GetTimestamp(), told));
            Show(followed);
            if (waiting.Count > 0)
                timer ??= time.CreateTimer(_ => ShowOverdue(), null, Patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The data plane has followed everything up to a version.</summary>
    public void Followed(ulong version)
    {
        lock (gate)
        {
            if (version <= followed)
                return;
            Volatile.Write(ref followed, version);
            Show(version);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            timer?.Dispose();
            Show(ulong.MaxValue);
        }
    }

    private void ShowOverdue()
    {
        lock (gate)
        {
            timer?.Dispose();
            timer = null;
            foreach (var batch in waiting)
            {
                if (time.GetElapsedTime(batch.At) >= Patience)
                    Volatile.Write(ref overdue, batch.State.Version);
            }

            Show(Math.Max(followed, overdue));
            if (waiting.TryPeek(out var next))
                timer = time.CreateTimer(_ => ShowOverdue(), null, Patience - time.GetElapsedTime(next.At), Timeout.InfiniteTimeSpan);
        }
    }

    // In order: whatever stands behind a change that waits, waits with it.
    private void Show(ulong upTo)
    {
        var shown = new List<Batch>();
        while (waiting.TryPeek(out var next) && (!next.Waits || next.State.Version <= upTo))
            shown.Add(waiting.Dequeue());
        if (shown.Count == 0)
            return;
        Volatile.Write(ref state, shown[^1].State);
        history.Show(shown[^1].State.Version);
        foreach (var told in shown.SelectMany(static batch => batch.Told))
            told.TrySetResult();
    }

    private sealed record Batch(StoreState State, bool Waits, long At, IReadOnlyList<TaskCompletionSource> Told);
}
