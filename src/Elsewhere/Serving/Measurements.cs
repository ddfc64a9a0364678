using Elsewhere.Dns;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using Elsewhere.Serving.Status;

namespace Elsewhere.Serving;

/// <summary>All that can be counted of an engine, taken at one time.</summary>
/// <param name="Snapshot">What is served.</param>
/// <param name="PublishedAt">Since when.</param>
/// <param name="Status">How aliases do.</param>
/// <param name="Requests">Requests of the aliases of the gateway, by alias.</param>
/// <param name="InFlight">Requests that are being served.</param>
/// <param name="Errors">The gateway's own answers, by code.</param>
/// <param name="Faults">What was refused or cut off, by code.</param>
/// <param name="Relays">What passed through each port of the relay.</param>
/// <param name="OpenRelays">Connections that pass through the relay.</param>
/// <param name="Dns">What DNS did.</param>
internal sealed record Measurements(
    AliasSnapshot Snapshot,
    DateTimeOffset PublishedAt,
    StatusSources Status,
    IReadOnlyList<KeyValuePair<ObjectKey, RequestCounts>> Requests,
    int InFlight,
    IReadOnlyList<KeyValuePair<string, long>> Errors,
    IReadOnlyList<KeyValuePair<string, long>> Faults,
    IReadOnlyList<RelayCounters> Relays,
    int OpenRelays,
    DnsCounters Dns);
