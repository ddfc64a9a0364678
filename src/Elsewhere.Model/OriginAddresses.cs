using System.Collections.Frozen;
using System.Net;

namespace Elsewhere.Model;

/// <summary>
/// What the names of origins resolve to right now: run-time state beside the snapshot, replaced as a whole, never changed.
/// </summary>
public sealed class OriginAddresses
{
    private readonly FrozenDictionary<DnsName, OriginState> states;

    private OriginAddresses(FrozenDictionary<DnsName, OriginState> states) => this.states = states;

    /// <summary>Nothing resolved yet.</summary>
    public static OriginAddresses Empty { get; } = new(FrozenDictionary<DnsName, OriginState>.Empty);

    /// <summary>All states, in no order.</summary>
    public IReadOnlyCollection<OriginState> All => states.Values;

    /// <summary>Takes the states; a name that comes twice keeps the last.</summary>
    public static OriginAddresses Create(IEnumerable<OriginState> states)
    {
        ArgumentNullException.ThrowIfNull(states);
        var latest = new Dictionary<DnsName, OriginState>();
        foreach (var state in states)
            latest[state.Name] = state;
        return new OriginAddresses(latest.ToFrozenDictionary());
    }

    /// <summary>The state of a name, or null if nobody asked for it yet.</summary>
    public OriginState? Find(DnsName name) => states.GetValueOrDefault(name);
}

/// <summary>One origin's name and what is known of it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Addresses">Both families, the last good answer, sorted; empty if there never was one. New connections go here.</param>
/// <param name="Ttl">How long the answer may be used: the least TTL of the whole CNAME chain.</param>
/// <param name="ResolvedAt">When the last good answer came; null if never.</param>
/// <param name="Problem">Why the last try failed, as a sentence; null if it did not.</param>
/// <param name="Lingering">
/// Addresses of recent answers that the last one did not have, sorted: large services answer with a few of many addresses in turn, so connections to these live on.
/// </param>
public sealed record OriginState(
    DnsName Name,
    Seq<IPAddress> Addresses,
    TimeSpan Ttl,
    DateTimeOffset? ResolvedAt,
    string? Problem,
    Seq<IPAddress> Lingering = default);
