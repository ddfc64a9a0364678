using Elsewhere.Http.Forward;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>Relay and gateway, which share the service addresses. One thread at a time.</summary>
/// <param name="relays">The relay; null where DNS is served alone.</param>
/// <param name="gateway">The gateway, or null.</param>
/// <param name="prepare">Told who is served, before anybody can dial; or null.</param>
internal sealed class Listening(RelayServer? relays, GatewayServer? gateway, Action<AliasSnapshot>? prepare)
{
    private Seq<RelayProblem> problems = [];

    /// <summary>Binds what is new, before DNS answers with it, and lets go of what is gone after the grace.</summary>
    /// <param name="before">What was served.</param>
    /// <param name="now">What is to be served.</param>
    /// <param name="grace">How long DNS caches may still know the addresses that are gone.</param>
    /// <returns>What does not stand.</returns>
    internal async ValueTask<IEnumerable<RelayProblem>> ApplyAsync(Live before, Live now, TimeSpan grace)
    {
        // A port may go from the gateway to the relay, or back: who has it lets go before the other binds it.
        if (gateway is not null)
            await gateway.YieldAsync(now.Relays).ConfigureAwait(false);
        var relayed = relays is null ? [] : (await relays.ApplyAsync(now.Relays, grace).ConfigureAwait(false)).Problems;
        if (gateway is null)
            return relayed;
        if (!ReferenceEquals(now.Http, before.Http))
            prepare?.Invoke(now.Snapshot);
        if (now.Http != before.Http || !problems.IsEmpty)
            problems = await gateway.ApplyAsync(now.Http, grace).ConfigureAwait(false);

        return relayed.Concat(problems);
    }
}
