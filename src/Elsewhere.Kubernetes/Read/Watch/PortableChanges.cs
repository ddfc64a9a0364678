namespace Elsewhere.Kubernetes.Read.Watch;

/// <summary>The framework's watcher: it tells of writes that are not finished, so the reader looks twice.</summary>
internal sealed class PortableChanges : DirectoryChanges
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, FileSystemWatcher> watchers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim signal = new(0);
    private bool changed;

    /// <inheritdoc/>
    public override bool Watch(IReadOnlySet<string> directories)
    {
        var all = true;
        foreach (var gone in watchers.Keys.Where(d => !directories.Contains(d)).ToList())
        {
            watchers[gone].Dispose();
            watchers.Remove(gone);
        }

        foreach (var directory in directories)
        {
            if (watchers.ContainsKey(directory))
                continue;
            try
            {
                var watcher = new FileSystemWatcher(directory);
                watcher.Changed += (_, _) => Signal();
                watcher.Created += (_, _) => Signal();
                watcher.Deleted += (_, _) => Signal();
                watcher.Renamed += (_, _) => Signal();
                watcher.Error += (_, _) => Signal();
                watcher.EnableRaisingEvents = true;
                watchers.Add(directory, watcher);
            }
            catch (Exception fault) when (fault is IOException or ArgumentException or UnauthorizedAccessException)
            {
                all = false;
            }
        }

        return all;
    }

    /// <inheritdoc/>
    public override ChangeBatch Wait(TimeSpan timeout)
    {
        signal.Wait(timeout);
        lock (gate)
        {
            var rescan = changed;
            changed = false;
            return new(new Dictionary<string, bool>(), rescan, false);
        }
    }

    /// <inheritdoc/>
    public override void Wake() => signal.Release();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var watcher in watchers.Values)
            watcher.Dispose();
        signal.Dispose();
    }

    private void Signal()
    {
        lock (gate)
        {
            if (changed)
                return;
            changed = true;
        }

        signal.Release();
    }
}
