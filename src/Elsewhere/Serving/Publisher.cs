using Elsewhere.Dns;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>
/// Resolve, compare, publish: one reference swap. Sockets are not atomic, so that there is an order: new listeners are bound before DNS
/// answers with them; of those that are gone DNS stops to speak first, and they close when the TTL has passed.
/// Called by one thread at a time; <see cref="Live"/> is read by all.
/// </summary>
/// <param name="options">The cluster's domain and ranges, and the addresses given before.</param>
/// <param name="dnsOptions">TTLs and the server's own addresses.</param>
/// <param name="policy">What may be dialled.</param>
/// <param name="listening">Relay and gateway.</param>
/// <param name="retargets">Keeps back what does not serve yet; null where there is no gateway.</param>
/// <param name="time">The clock of the SOA's serial number.</param>
internal sealed class Publisher(ResolveOptions options, DnsTableOptions dnsOptions, DialPolicy policy, Listening listening, Retargets? retargets, TimeProvider time)
{
    private AliasSnapshot wanted = Live.Nothing(options).Snapshot;
    private readonly RelayTables relayTables = new(policy);
    private Live live = Live.Nothing(options);
    private uint serial;

    /// <summary>What is served now.</summary>
    internal Live Live => Volatile.Read(ref live);

    /// <summary>Publishes what follows from what was read and what origins resolve to; null if that is what is served already.</summary>
    /// <param name="view">What was read; null if that did not change.</param>
    /// <param name="origins">What the origins' names resolve to.</param>
    internal async ValueTask<Publication?> PublishAsync(ClusterView? view, OriginAddresses origins)
    {
        var before = Live;
        if (view is not null)
            wanted = Resolve.Run(view, options with { Previous = before.Snapshot.Addresses });
        var isDue = (retargets?.TakeDue() ?? false) || view is not null;
        var snapshot = !isDue ? before.Snapshot : retargets?.Hold(wanted, before.Snapshot) ?? wanted;
        var isNew = !before.Dns.Synced || (isDue && snapshot != before.Snapshot);
        var relayTable = relayTables.Build(snapshot, origins);
        if (!isNew && relayTable == before.Relays)
            return null;
        var dnsTable = isNew ? DnsTable.Build(snapshot, dnsOptions with { Serial = NextSerial() }, before.Dns) : before.Dns;
        var now = new Live(snapshot, dnsTable, relayTable, isNew ? GatewayTable.Build(snapshot) : before.Http);
        // One second more than the TTL: an answer may have been on its way.
        var problems = await listening.ApplyAsync(before, now, TimeSpan.FromSeconds(dnsOptions.Ttl + 1)).ConfigureAwait(false);
        Volatile.Write(ref live, now);
        return new Publication(before.Snapshot, snapshot, snapshot.Findings.Concat(problems.Select(problem => ServingFindingCodes.Of(problem, now))).ToSeq());
    }

    // RFC 1912 section 2.2: any scheme that grows; seconds survive a restart.
    private uint NextSerial() => serial = Math.Max(serial + 1, (uint)time.GetUtcNow().ToUnixTimeSeconds());
}

/// <summary>One swap.</summary>
/// <param name="Before">What was served.</param>
/// <param name="Now">What is served.</param>
/// <param name="Findings">The snapshot's, and what the relay could not do.</param>
internal sealed record Publication(AliasSnapshot Before, AliasSnapshot Now, Seq<Finding> Findings);
