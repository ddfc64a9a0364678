using System.Collections.Frozen;
using System.Net;
using Elsewhere.Dns;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>Everything that is served right now, replaced as a whole: whoever answers reads the reference once.</summary>
/// <param name="Snapshot">The aliases.</param>
/// <param name="Dns">What DNS answers.</param>
/// <param name="Relays">Where connections go.</param>
internal sealed record Live(AliasSnapshot Snapshot, DnsTable Dns, RelayTable Relays)
{
    private readonly Lazy<FrozenDictionary<ObjectKey, Alias>> aliases =
        new(() => Snapshot.Aliases.ToFrozenDictionary(static alias => alias.Key));

    /// <summary>Before the first snapshot: nothing is known, and nothing denied.</summary>
    internal static Live Nothing(ResolveOptions options) => new(
        new AliasSnapshot(options.ClusterDomain, [], [], [], [], options.Previous), DnsTable.NotSynced(options.ClusterDomain), RelayTable.Empty);

    /// <summary>The alias of a key, or null.</summary>
    internal Alias? Find(ObjectKey key) => aliases.Value.GetValueOrDefault(key);

    /// <summary>What the cluster knows of a name that an origin has; null for names of the outside.</summary>
    internal LocalName? Find(DnsName name)
    {
        if (!name.IsSubdomainOf(Snapshot.ClusterDomain))
            return null;
        var labels = name.Labels();
        if (labels.Count != Snapshot.ClusterDomain.LabelCount + 3 || !labels[2].Equals("svc", StringComparison.OrdinalIgnoreCase)
            || Find(new ObjectKey(labels[1].ToLowerInvariant(), labels[0].ToLowerInvariant())) is not { } alias)
            return new LocalName([]);
        return alias.Kind switch
        {
            AliasKind.ClusterIP => new LocalName(alias.ServiceAddresses),
            AliasKind.Headless => new LocalName(alias.Ports.SelectMany(static port => port.Backends).Select(static backend => backend.Address).OfType<IPAddress>().Distinct().ToSeq()),
            AliasKind.ExternalName => new LocalName([], alias.Target),
        };
    }
}
