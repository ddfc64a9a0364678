using System.Collections.Frozen;
using Elsewhere.Dns;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>Everything that is served right now, replaced as a whole: whoever answers reads the reference once.</summary>
/// <param name="Snapshot">The aliases.</param>
/// <param name="Dns">What DNS answers.</param>
/// <param name="Relays">Where connections go.</param>
/// <param name="Http">Where requests go.</param>
internal sealed record Live(AliasSnapshot Snapshot, DnsTable Dns, RelayTable Relays, GatewayTable Http)
{
    private readonly Lazy<FrozenDictionary<ObjectKey, Alias>> aliases =
        new(() => Snapshot.Aliases.ToFrozenDictionary(static alias => alias.Key));

    /// <summary>Before the first snapshot: nothing is known, and nothing denied.</summary>
    internal static Live Nothing(ResolveOptions options) => new(
        new AliasSnapshot(options.ClusterDomain, [], [], [], [], options.Previous), DnsTable.NotSynced(options.ClusterDomain), RelayTable.Empty, GatewayTable.Empty);

    /// <summary>The alias of a key, or null.</summary>
    internal Alias? Find(ObjectKey key) => aliases.Value.GetValueOrDefault(key);
}
