using System.Threading.Channels;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>
/// What Kubernetes' controllers do with these kinds: mirrors Endpoints, collects what has lost its owner, empties namespaces that are deleted, lets events
/// expire. One loop sees every change and answers with changes; several that came meanwhile are answered together.
/// </summary>
internal sealed class ControllerLoop : IAsyncDisposable
{
    private static readonly TimeSpan EventsEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);
    private readonly Channel<IReadOnlyList<StoreChange>> changes = Channel.CreateUnbounded<IReadOnlyList<StoreChange>>(new() { SingleReader = true });
    private readonly ApiCore core;
    private readonly NamespaceController namespaces;
    private readonly MirrorController mirrors;
    private readonly GarbageCollector garbage;
    private readonly EventExpiry events;
    private readonly CancellationTokenSource stop = new();
    private readonly ITimer timer;
    private readonly Task loop;

    /// <param name="core">What every verb needs.</param>
    /// <param name="changed">Told of every change that is visible.</param>
    public ControllerLoop(ApiCore core, Action<IReadOnlyList<StoreChange>> changed)
    {
        this.core = core;
        namespaces = new(core);
        mirrors = new(core);
        garbage = new(core);
        events = new(core);
        core.Store.Changed = some =>
        {
            changed(some);
            changes.Writer.TryWrite(some);
        };
        timer = core.Time.CreateTimer(_ => changes.Writer.TryWrite([]), null, EventsEvery, EventsEvery);
        loop = Task.Run(RunAsync);
    }

    /// <summary>The namespaces that there are for reasons of their own: something in a file lives there, or Kubernetes makes them.</summary>
    public ValueTask ImplyAsync(IReadOnlyCollection<string> names) => namespaces.ImplyAsync(names);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await timer.DisposeAsync().ConfigureAwait(false);
        changes.Writer.TryComplete();
        await stop.CancelAsync().ConfigureAwait(false);
        await loop.ConfigureAwait(false);
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await AnswerAsync(async () =>
            {
                await namespaces.ImplyAsync([]).ConfigureAwait(false);
                await core.Store.WriteAsync(change => OwnDefinitions.Add(change, core.Time)).ConfigureAwait(false);
            }).ConfigureAwait(false);
            List<StoreChange> unanswered = [.. core.Store.Latest.Tables.SelectMany(static table => table).Select(static item => new StoreChange(item.Version, ChangeKind.Added, item, null))];
            do
            {
                while (changes.Reader.TryRead(out var some))
                    unanswered.AddRange(some);
                await AnswerAsync(async () =>
                {
                    // What was seen is seen again where the answer to it was lost: controllers forget what they have answered.
                    See(unanswered);
                    await core.Store.WriteAsync(React).ConfigureAwait(false);
                }).ConfigureAwait(false);
                unanswered.Clear();
            }
            while (await changes.Reader.WaitToReadAsync().ConfigureAwait(false));
        }
        catch (ObjectDisposedException)
        {
            // The store is closed: there is nothing left to do.
        }
    }

    // A disk that takes nothing now may take it later; until then the clients' own writes say what is wrong with it.
    private async Task AnswerAsync(Func<Task> answer)
    {
        while (true)
        {
            try
            {
                await answer().ConfigureAwait(false);
                return;
            }
            catch (IOException) when (!stop.IsCancellationRequested)
            {
                await Task.Delay(RetryEvery, core.Time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (IOException)
            {
                return;
            }
        }
    }

    private void See(IReadOnlyList<StoreChange> some)
    {
        foreach (var change in some)
        {
            namespaces.See(change);
            mirrors.See(change);
            garbage.See(change);
        }
    }

    private bool React(Transaction change)
    {
        namespaces.React(change);
        garbage.React(change);
        mirrors.React(change);
        events.React(change);
        return true;
    }
}
