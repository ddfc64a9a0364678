using System.Text.Json.Serialization;

namespace Elsewhere.Commands;

/// <summary>What <c>run -o json</c> writes: one object a line.</summary>
/// <param name="Event"><c>started</c>.</param>
/// <param name="Version">The program's version.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="ClusterDomain">The zone, without the trailing dot.</param>
/// <param name="ServiceCidrs">The service ranges.</param>
/// <param name="State">The state directory; null where there is none.</param>
/// <param name="Dns">Where DNS answers.</param>
/// <param name="UpstreamDns">Who is asked about other names.</param>
/// <param name="Aliases">All of them.</param>
/// <param name="Findings">All of them.</param>
/// <param name="Next">Commands to type.</param>
internal sealed record StartedEvent(
    string Event,
    string Version,
    int ProcessId,
    string ClusterDomain,
    IReadOnlyList<string> ServiceCidrs,
    string? State,
    IReadOnlyList<DnsListenerJson> Dns,
    IReadOnlyList<string> UpstreamDns,
    IReadOnlyList<AliasJson> Aliases,
    IReadOnlyList<FindingJson> Findings,
    IReadOnlyList<string> Next);

/// <summary>One address of DNS.</summary>
/// <param name="Address">Address and port.</param>
/// <param name="Transport"><c>UDP</c> or <c>TCP</c>.</param>
/// <param name="Problem">Why it does not listen; absent if it does.</param>
internal sealed record DnsListenerJson(string Address, string Transport, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Problem);

/// <summary>A change that is live.</summary>
/// <param name="Event"><c>changed</c>.</param>
/// <param name="Added">New aliases.</param>
/// <param name="Changed">Aliases that lead elsewhere now.</param>
/// <param name="Removed">Names of aliases that are gone, <c>name.namespace</c>.</param>
/// <param name="NewFindings">Findings that were not there before.</param>
/// <param name="GoneFindings">Findings that are no more.</param>
/// <param name="Milliseconds">From the change being read to being live.</param>
internal sealed record ChangedEvent(
    string Event,
    IReadOnlyList<AliasJson> Added,
    IReadOnlyList<AliasJson> Changed,
    IReadOnlyList<string> Removed,
    IReadOnlyList<FindingJson> NewFindings,
    IReadOnlyList<FindingJson> GoneFindings,
    double Milliseconds);

/// <summary>The end.</summary>
/// <param name="Event"><c>stopped</c>.</param>
/// <param name="ResetConnections">Connections that did not come to their own end in time.</param>
internal sealed record StoppedEvent(string Event, int ResetConnections);
