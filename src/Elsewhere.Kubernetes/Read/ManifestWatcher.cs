using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read.Watch;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>
/// Keeps a view of files up to date: reads them, watches them, reads again what changed. A file that breaks keeps its last good content and adds a
/// finding. Files are <c>*.yaml</c>, <c>*.yml</c>, <c>*.json</c> of a directory and of those below it, or given by name.
/// </summary>
public sealed class ManifestWatcher : IAsyncDisposable
{
    // Editors write in several steps; a few milliseconds join them.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(4);

    private static readonly TimeSpan SettleAtMost = TimeSpan.FromMilliseconds(20);

    private readonly ManifestFiles files;
    private readonly ViewMerge merge = new();
    private readonly DirectoryChanges changes = DirectoryChanges.Create();
    private readonly Func<ClusterView, Task> changed;
    private readonly TimeProvider time;
    private readonly TimeSpan poll;
    private readonly ApiObjects? api;
    private readonly Thread thread;
    private volatile ClusterView current;
    private volatile bool stopped;
    private Overlaid? overlaid;
    private Task live = Task.CompletedTask;
    private bool asked;

    private ManifestWatcher(ManifestFiles files, Func<ClusterView, Task> changed, TimeProvider time, TimeSpan poll, ApiObjects? api)
    {
        this.api = api;
        this.files = files;
        this.changed = changed;
        this.time = time;
        this.poll = poll;
        // Watching begins before reading, so that no change falls in between.
        changes.Watch(files.Look());
        files.Read();
        api?.Attach(Refresh);
        current = View();
        Follow();
        thread = new Thread(Run) { IsBackground = true, Name = "manifests" };
    }

    /// <summary>The latest view.</summary>
    public ClusterView Current => current;

    /// <summary>Reads the files and begins to watch them; <see cref="Current"/> is there when this returns.</summary>
    /// <param name="paths">Files, directories, or <c>-</c> for standard input, which is read once to its end.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="changed">Called with each new view, one call at a time, on the watcher's own thread; completes when the view is in effect.</param>
    /// <param name="time">The clock.</param>
    /// <param name="poll">How often to look even if the system told of no change; null: every two seconds.</param>
    /// <param name="api">The objects of the API, which make one view with those of the files; null: there is none.</param>
    public static ManifestWatcher Start(
        IReadOnlyList<string> paths, ReadOptions options, Func<ClusterView, Task> changed, TimeProvider time, TimeSpan? poll = null, ApiObjects? api = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(time);
        var watcher = new ManifestWatcher(new ManifestFiles(paths, options, time), changed, time, poll ?? TimeSpan.FromSeconds(2), api);
        watcher.thread.Start();
        return watcher;
    }

    /// <summary>Reads the files once, as <see cref="Start"/> does.</summary>
    /// <param name="paths">Files, directories, or <c>-</c> for standard input.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="input">What <c>-</c> stands for; null: the process' standard input.</param>
    public static ClusterView ReadOnce(IReadOnlyList<string> paths, ReadOptions options, Stream? input = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(options);
        var files = new ManifestFiles(paths, options, TimeProvider.System, input);
        files.Look();
        files.Read();
        return new ViewMerge().Merge(files.Contents());
    }

    /// <summary>Stops watching; no call comes after this.</summary>
    public ValueTask DisposeAsync()
    {
        if (stopped)
            return ValueTask.CompletedTask;
        stopped = true;
        api?.Detach();
        changes.Wake();
        if (thread != Thread.CurrentThread)
            thread.Join();
        changes.Dispose();
        return ValueTask.CompletedTask;
    }

    private ClusterView View()
    {
        if (api is null)
            return merge.Merge(files.Contents());
        overlaid = api.Overlay(files.Contents());
        return merge.Merge(overlaid.Files, overlaid.Api);
    }

    private void Follow()
    {
        if (overlaid is not null)
            api?.Follow(overlaid, live);
    }

    private void Refresh()
    {
        Volatile.Write(ref asked, true);
        changes.Wake();
    }

    private void Run()
    {
        while (!stopped)
        {
            var batch = changes.Wait(files.NextLook(poll));
            if (stopped)
                return;
            var first = time.GetTimestamp();
            for (var more = batch; !stopped && !more.IsEmpty && time.GetElapsedTime(first) < SettleAtMost;)
            {
                more = changes.Wait(Settle);
                batch = batch.Then(more);
            }

            if (batch.Rescan || files.IsPollDue(poll) || batch.Files.Keys.Any(files.IsUnknown))
                changes.Watch(files.Look());
            var isAsked = Interlocked.Exchange(ref asked, false);
            if ((!files.Update(batch) && !isAsked) || stopped)
                continue;
            var next = View();
            if (next != current)
            {
                current = next;
                live = changed(next);
            }

            Follow();
        }
    }
}
