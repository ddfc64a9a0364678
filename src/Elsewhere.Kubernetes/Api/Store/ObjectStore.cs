using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>
/// All objects, in memory, and on disk those that clients wrote. One thread makes changes durable: whatever waits is written together and synced once, then
/// shown, in the order of its versions, to readers and watchers alike. Nobody sees what could still be lost.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    // Versions given out beyond what the journal says: after a restart they go on behind them.
    private const ulong Reserve = 10_000;
    private const ulong FirstVersion = 100;
    private readonly Lock gate = new();
    private readonly Journal? journal;
    private readonly StoreOptions options;
    private readonly Queue<Commit> waiting = new();
    private readonly SemaphoreSlim work = new(0);
    private readonly Thread writer;
    private StoreState head;
    private StoreState latest;
    private Commit? newest;
    private ulong reserved;
    private ulong reservedOnDisk;
    private long compacted;
    private bool stopped;

    private ObjectStore(Journal? journal, StoreState state, ulong reserved, TimeProvider time, StoreOptions options)
    {
        this.journal = journal;
        this.options = options;
        this.reserved = reservedOnDisk = reserved;
        head = latest = state;
        History = new ChangeHistory(state.Version);
        Shown = new ShownState(state, History, time);
        writer = new Thread(Run) { IsBackground = true, Name = "api-store" };
        writer.Start();
    }

    /// <summary>What there is for clients now.</summary>
    public StoreState State => Shown.State;

    /// <summary>What is durable, be it shown or not.</summary>
    public StoreState Latest => Volatile.Read(ref latest);

    /// <summary>How it came to be so.</summary>
    public ChangeHistory History { get; }

    /// <summary>When what is durable is shown to clients.</summary>
    public ShownState Shown { get; }

    /// <summary>Told of changes that are durable, in order, on the store's own thread, before whoever made them hears of it.</summary>
    public Action<IReadOnlyList<StoreChange>>? Changed { get; set; }

    /// <summary>Opens the store.</summary>
    /// <param name="path">Its file; null keeps everything in memory only.</param>
    /// <param name="finding">What is wrong with the file; null if nothing is.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="options">How it treats its file; null: as it should.</param>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static ObjectStore Open(string? path, out Finding? finding, TimeProvider? time = null, StoreOptions? options = null)
    {
        finding = null;
        options ??= StoreOptions.Default;
        time ??= TimeProvider.System;
        if (path is null)
            return new(null, StoreState.Empty(FirstVersion), ulong.MaxValue, time, options);
        var builder = new StoreStateBuilder();
        var unknown = 0;
        var existed = File.Exists(path);
        var journal = Journal.Open(path, options.Sync, line => unknown += StoreRecords.TryApply(line, builder) ? 0 : 1, out var damaged);
        if (existed && damaged.Count + unknown > 0)
        {
            File.Copy(path, path + ".broken", overwrite: true);
            finding = KubernetesFindings.ApiStateDamaged(path, damaged, unknown);
        }

        var start = Math.Max(builder.Version, FirstVersion);
        var store = new ObjectStore(journal, builder.Build(start), start, time, options);
        store.compacted = damaged.Count + unknown > 0 ? 0 : journal.Length;
        return store;
    }

    /// <summary>Makes a change of one object or several that belong together.</summary>
    /// <param name="change">Makes it; called while nobody else changes anything. What it throws is thrown here, and nothing was changed.</param>
    /// <returns>What the change returned, when it is durable.</returns>
    public async ValueTask<T> WriteAsync<T>(Func<Transaction, T> change)
    {
        var (result, commit) = Make(change);
        if (commit is not null)
            await commit.Kept.Task.ConfigureAwait(false);
        return result;
    }

    /// <summary>Makes a change as <see cref="WriteAsync"/> does.</summary>
    /// <returns>What the change returned, when it is durable and shown.</returns>
    public async ValueTask<T> WriteAndShowAsync<T>(Func<Transaction, T> change)
    {
        var (result, commit) = Make(change);
        if (commit is null)
            return result;
        await commit.Kept.Task.ConfigureAwait(false);
        await commit.Shown.Task.ConfigureAwait(false);
        return result;
    }

    /// <summary>What a change would give, without making it.</summary>
    public T Preview<T>(Func<Transaction, T> change)
    {
        lock (gate)
            return change(new Transaction(head));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (stopped)
                return ValueTask.CompletedTask;
            stopped = true;
        }

        work.Release();
        writer.Join();
        Shown.Dispose();
        journal?.Dispose();
        work.Dispose();
        return ValueTask.CompletedTask;
    }

    // Where nothing changes, what was seen may still be on its way to the disk: the answer waits for that too.
    private (T Result, Commit? Commit) Make<T>(Func<Transaction, T> change)
    {
        Commit commit;
        T result;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopped, this);
            var transaction = new Transaction(head);
            result = change(transaction);
            if (transaction.Changes.Count == 0 && transaction.Lines.Count == 0)
                return (result, newest);
            if (journal is not null && transaction.State.Version > reserved)
            {
                reserved = transaction.State.Version + Reserve;
                transaction.Lines.Insert(0, StoreRecords.Reserve(reserved));
                transaction.Reserved = reserved;
            }

            head = transaction.State;
            newest = commit = new Commit(transaction);
            waiting.Enqueue(commit);
        }

        work.Release();
        return (result, commit);
    }

    private void Run()
    {
        var batch = new List<Commit>();
        while (true)
        {
            work.Wait();
            lock (gate)
            {
                while (waiting.TryDequeue(out var commit))
                    batch.Add(commit);
                if (batch.Count == 0)
                {
                    if (stopped)
                        return;
                    continue;
                }
            }

            Complete(batch);
            batch.Clear();
        }
    }

    private void Complete(List<Commit> batch)
    {
        try
        {
            var lines = batch.SelectMany(static c => c.Transaction.Lines).Select(static l => (ReadOnlyMemory<byte>)l).ToList();
            if (journal is not null && lines.Count > 0)
            {
                if (journal.IsDoubtful)
                    Replace(journal, latest);
                journal.Append(lines);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Fail(batch, e);
            return;
        }

        reservedOnDisk = Math.Max(reservedOnDisk, batch.Max(static c => c.Transaction.Reserved));
        var last = batch[^1].Transaction.State;
        var changes = batch.SelectMany(static c => c.Transaction.Changes).ToList();
        Volatile.Write(ref latest, last);
        History.Add(changes, last.Version);
        Changed?.Invoke(changes);
        foreach (var commit in batch)
            commit.Kept.TrySetResult();
        Shown.Add(last, changes, [.. batch.Select(static commit => commit.Shown)]);
        Compact(last);
    }

    // What was built upon a change that failed fails with it.
    private void Fail(List<Commit> batch, Exception why)
    {
        lock (gate)
        {
            while (waiting.TryDequeue(out var commit))
                batch.Add(commit);
            // Versions are never given twice, not even those that nobody got to see.
            head = latest with { Version = head.Version };
            reserved = reservedOnDisk;
            newest = null;
        }

        foreach (var commit in batch)
            commit.Kept.TrySetException(new IOException($"{why.Message}: {Disk.Remedy(why)}", why));
    }

    private void Compact(StoreState state)
    {
        if (journal is null || journal.Length < options.CompactAbove || journal.Length < 2 * compacted)
            return;
        try
        {
            Replace(journal, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The longer file serves as well; the next try comes when it has doubled.
            compacted = journal.Length;
        }
    }

    private void Replace(Journal file, StoreState state)
    {
        file.Replace(StoreRecords.All(state, reservedOnDisk));
        compacted = file.Length;
    }

    private sealed record Commit(Transaction Transaction)
    {
        public TaskCompletionSource Kept { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Shown { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
