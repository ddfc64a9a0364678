using Elsewhere.Kubernetes.Api.Controllers;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api;

/// <summary>The objects that the API serves: those of clients, those of files, and those that follow from both.</summary>
public sealed class ApiObjects : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly ObjectStore store;
    private readonly ControllerLoop controllers;
    private readonly FileObjects files;
    private readonly FileOverlay overlay;
    private readonly AliasReporter reporter;
    private readonly ITimer retry;
    private readonly TaskCompletionSource shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IReadOnlyCollection<string> namespaces = [];
    private AliasSnapshot? published;
    private Action? refresh;
    private readonly Task ready;
    private bool asked;

    private ApiObjects(ObjectStore store, Seq<Cidr> serviceCidrs, ReadOptions read, Func<AddressBook> live, TimeProvider time)
    {
        this.store = store;
        ready = shown.Task.ContinueWith(_ => Asked(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
        Core = new ApiCore(store, serviceCidrs, live, time);
        files = new FileObjects(Core, read, live);
        overlay = new FileOverlay(Core, files);
        reporter = new AliasReporter(Core);
        retry = time.CreateTimer(_ => Volatile.Read(ref refresh)?.Invoke(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        controllers = new ControllerLoop(Core, changes =>
        {
            // What controllers and files make is in the view without the API.
            if (changes.Any(static c => !c.IsReport && (c.Object.Writer == Writer.Api || c.Before?.Writer == Writer.Api || c.Kind == ChangeKind.Deleted)))
                Volatile.Read(ref refresh)?.Invoke();
        });
    }

    internal ApiCore Core { get; }

    /// <summary>Opens what was kept.</summary>
    /// <param name="path">The file; null keeps everything in memory only.</param>
    /// <param name="serviceCidrs">The ranges of service addresses, the default family first.</param>
    /// <param name="read">How files are read.</param>
    /// <param name="live">Which addresses the data plane has given.</param>
    /// <param name="time">The clock.</param>
    /// <param name="finding">What is wrong with the file; null if nothing is.</param>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static ApiObjects Open(string? path, Seq<Cidr> serviceCidrs, ReadOptions read, Func<AddressBook> live, TimeProvider time, out Finding? finding) =>
        new(ObjectStore.Open(path, out finding, time), serviceCidrs, read, live, time);

    /// <summary>Tells what the data plane serves now: its addresses and namespaces show in the API.</summary>
    public void Publish(AliasSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var before = Interlocked.Exchange(ref published, snapshot);
        if (before is not null && before.Namespaces == snapshot.Namespaces && before.Addresses == snapshot.Addresses)
            return;
        Volatile.Write(ref namespaces, snapshot.Namespaces);
        if (Volatile.Read(ref asked))
            Volatile.Read(ref refresh)?.Invoke();
    }

    /// <summary>Called when the objects are there that somebody has asked for: until then nobody reads a report. Whoever asked waits for what it returns.</summary>
    public Func<Task> Asked { get; set; } = static () => Task.CompletedTask;

    /// <summary>Whether the objects are there that somebody has asked for.</summary>
    public bool IsAsked => shown.Task.IsCompleted && Volatile.Read(ref asked);

    /// <summary>Shows how aliases do, as their status. One call at a time.</summary>
    /// <param name="reports">Makes them; called only if somebody reads them.</param>
    public async ValueTask ReportAsync(Func<IReadOnlyList<AliasReport>> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        if (IsAsked)
            await reporter.WriteAsync(reports()).ConfigureAwait(false);
    }

    internal void Attach(Action again)
    {
        Volatile.Write(ref refresh, again);
        store.Shown.WaitFor(Concerns);
    }

    internal void Detach()
    {
        Volatile.Write(ref refresh, null);
        store.Shown.WaitFor(null);
        shown.TrySetResult();
    }

    /// <summary>Tells what the data plane follows, and when it has.</summary>
    /// <param name="overlaid">What it was given.</param>
    /// <param name="live">Completes when DNS answers by it and ports listen.</param>
    internal void Follow(Overlaid overlaid, Task live)
    {
        var isAll = files.IsShown;
        live.ContinueWith(
            _ =>
            {
                store.Shown.Followed(overlaid.Version);
                if (isAll)
                    shown.TrySetResult();
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Files and API as one, in the order of precedence.</summary>
    internal Overlaid Overlay(IReadOnlyList<ManifestContent> contents)
    {
        var isAsked = Volatile.Read(ref asked);
        files.IsShown = isAsked;
        var isBehind = isAsked && !TryImply();
        var overlaid = overlay.Apply(contents);
        if (isBehind || overlay.IsBehind)
            retry.Change(RetryAfter, Timeout.InfiniteTimeSpan);
        return overlaid;
    }

    private bool TryImply()
    {
        try
        {
            controllers.ImplyAsync(Volatile.Read(ref namespaces)).AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (IOException)
        {
            // The disk takes nothing.
            return false;
        }
    }

    /// <summary>Completes when everything is there that can be asked for.</summary>
    internal Task ReadyAsync()
    {
        if (Volatile.Read(ref refresh) is not { } again)
            return Task.CompletedTask;
        if (!Interlocked.Exchange(ref asked, true))
            again();
        return ready;
    }

    // What controllers make is in the view without the API; events and leases are in none.
    private static bool Concerns(StoreChange change) =>
        !change.IsReport && (change.Object.Writer != Writer.Controller || change.Before is { Writer: not Writer.Controller })
        && change.Object.Collection != Collection.Events && change.Object.Collection != Collection.Leases;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await retry.DisposeAsync().ConfigureAwait(false);
        await controllers.DisposeAsync().ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }
}
