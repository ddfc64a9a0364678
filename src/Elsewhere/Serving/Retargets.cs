using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>Asks whether one of these origins serves.</summary>
/// <param name="origins">Any of them is enough.</param>
/// <param name="check">The check of the manifest; null for a connection only.</param>
/// <param name="cancellation">Ends it.</param>
/// <returns>What is wrong with each; null if one serves.</returns>
internal delegate Task<string?> TryOrigins(Seq<GatewayOrigin> origins, HealthCheckView? check, CancellationToken cancellation);

/// <summary>
/// Keeps each alias of the gateway as it is served until the origins that it is to lead to have shown that they serve. Everything else is published at once.
/// <see cref="Hold"/> is called by one thread at a time; the answers of origins come from any.
/// </summary>
/// <param name="serves">Whether the origins of an alias as it is served can be used: what does not work is not kept.</param>
/// <param name="ask">How origins are asked.</param>
/// <param name="options">How soon it is tried again.</param>
/// <param name="time">The clock.</param>
/// <param name="answered">Told that it is worth to call <see cref="Hold"/> again.</param>
internal sealed class Retargets(Func<Alias, bool> serves, TryOrigins ask, OriginOptions options, TimeProvider time, Action answered) : IAsyncDisposable
{
    private readonly Dictionary<ObjectKey, Held> held = [];
    private readonly List<Task> asking = [];
    private int isDue;

    /// <summary>The aliases that are kept back, as they are to be.</summary>
    internal IEnumerable<Alias> Wanted => held.Values.Select(static one => one.Wanted);

    /// <summary>Why those that failed are kept back.</summary>
    internal IEnumerable<Finding> Findings => held.Values.Where(static one => one.Problem is not null).Select(static one => ServingFindingCodes.RetargetFailed.On(
        one.Wanted.Declared, "spec.origins", $"{one.Problem}; requests go to the origins from before until one of the new ones serves",
        "correct the origin, or see why it does not answer; it is tried again by itself", one.Wanted.Place));

    /// <summary>Whether an origin has answered since the last call.</summary>
    internal bool TakeDue() => Interlocked.Exchange(ref isDue, 0) == 1;

    /// <summary>What may be served of what is wanted.</summary>
    /// <param name="wanted">What follows from what was read.</param>
    /// <param name="served">What is served.</param>
    internal AliasSnapshot Hold(AliasSnapshot wanted, AliasSnapshot served)
    {
        asking.RemoveAll(static task => task.IsCompleted);
        var over = held.Keys.ToHashSet();
        Alias[]? kept = null;
        // Both are sorted by key.
        for (int i = 0, j = 0; i < wanted.Aliases.Count && j < served.Aliases.Count;)
        {
            var (next, before) = (wanted.Aliases[i], served.Aliases[j]);
            var order = next.Key.CompareTo(before.Key);
            if (order == 0 && MustWait(before, next, wanted.Policies))
            {
                kept ??= [.. wanted.Aliases];
                kept[i] = Retarget.Kept(before, next);
                over.Remove(next.Key);
            }

            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        foreach (var key in over)
            Forget(key);
        return kept is null ? wanted : wanted with { Aliases = Seq.Create<Alias>(kept) };
    }

    /// <summary>Asks nobody any more, and waits for what is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var key in held.Keys.ToArray())
            Forget(key);
        await Task.WhenAll(asking).ConfigureAwait(false);
    }

    private bool MustWait(Alias before, Alias wanted, Seq<AliasPolicyView> policies)
    {
        if (!Retarget.Is(before, wanted) || !serves(before) || !Retarget.MayStay(before, policies))
            return false;
        if (held.GetValueOrDefault(wanted.Key) is { } known)
        {
            if (known.Wanted with { Place = wanted.Place } == wanted)
            {
                known.Wanted = wanted;
                return !known.Serves;
            }

            Forget(wanted.Key);
        }

        var added = new Held(wanted);
        held.Add(wanted.Key, added);
        asking.Add(AskAsync(added, [.. Retarget.ToTry(before, wanted)], wanted.Gateway!.HealthCheck, added.Life.Token));
        return true;
    }

    private void Forget(ObjectKey key)
    {
        if (!held.Remove(key, out var gone))
            return;
        gone.Life.Cancel();
        gone.Life.Dispose();
    }

    private async Task AskAsync(Held one, Seq<GatewayOrigin>[] ports, HealthCheckView? check, CancellationToken cancellation)
    {
        // Off this thread: it publishes.
        await Task.Yield();
        try
        {
            for (var wait = options.RetargetRetry; ; wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, options.LongestRetargetRetry.Ticks)))
            {
                var problems = await Task.WhenAll(ports.Select(port => ask(port, check, cancellation))).ConfigureAwait(false);
                one.Answer(problems.OfType<string>().Distinct().ToArray());
                Volatile.Write(ref isDue, 1);
                answered();
                if (one.Serves)
                    return;
                await Task.Delay(wait, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Something else is wanted now.
        }
    }

    private sealed class Held(Alias wanted)
    {
        private volatile string? problem;
        private volatile bool serves;

        public Alias Wanted { get; set; } = wanted;

        public CancellationTokenSource Life { get; } = new();

        public string? Problem => problem;

        public bool Serves => serves;

        public void Answer(string[] problems)
        {
            problem = problems.Length == 0 ? null : string.Join("; ", problems);
            serves = problems.Length == 0;
        }
    }
}
