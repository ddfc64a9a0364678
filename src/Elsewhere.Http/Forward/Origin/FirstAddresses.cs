using System.Collections.Concurrent;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>
/// Finds where the origins of a port are for a request that comes before their names have been resolved: the best priority first, all of it at once. What is found
/// out serves all requests from then on. Any thread.
/// </summary>
/// <param name="options">How names are resolved, and what may be dialled.</param>
/// <param name="route">Sends requests to addresses that were found out; one call at a time serves all that wait.</param>
internal sealed class FirstAddresses(GatewayOptions options, Func<Func<IReadOnlyList<OriginState>>, ValueTask> route)
{
    private readonly OriginAddressing addressing = new(options);
    private readonly ConcurrentQueue<OriginState> found = new();

    /// <summary>Waits until one of the origins has an address.</summary>
    /// <returns>Why none has; null if one has.</returns>
    public async ValueTask<Refusal?> FindAsync(LiveRoute of, CancellationToken cancellation)
    {
        Refusal? first = null;
        foreach (var group in of.Entry.Port.Origins.GroupBy(static origin => origin.Priority).OrderBy(static group => group.Key))
        {
            await foreach (var asked in Task.WhenEach(group.Select(origin => FindAsync(origin, cancellation))).ConfigureAwait(false))
            {
                if (await asked.ConfigureAwait(false) is not { } refusal)
                    return null;
                first ??= refusal;
            }
        }

        return first;
    }

    private async Task<Refusal?> FindAsync(GatewayOrigin origin, CancellationToken cancellation)
    {
        var (addresses, refusal) = await addressing.CandidatesAsync(origin, cancellation).ConfigureAwait(false);
        if (addresses.IsEmpty)
            return refusal;
        if ((origin.Proxy is null && !origin.Addresses.IsEmpty) || (origin.Proxy ?? origin.Url).Host is not { } name)
            return null;
        if (await options.Resolve(name, cancellation).ConfigureAwait(false) is { } state)
            found.Enqueue(state);
        await route(Take).ConfigureAwait(false);
        return null;
    }

    private List<OriginState> Take()
    {
        var all = new List<OriginState>();
        while (found.TryDequeue(out var state))
            all.Add(state);
        return all;
    }
}
