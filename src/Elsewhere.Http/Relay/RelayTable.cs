using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>What is listened on: one port of one service address.</summary>
/// <param name="Address">The service address.</param>
/// <param name="Port">1 to 65535: what clients dial.</param>
/// <param name="Protocol">TCP or UDP; nothing is relayed for SCTP.</param>
public readonly record struct RelayListen(IPAddress Address, int Port, Protocol Protocol)
{
    /// <summary><c>TCP 127.96.0.12:80</c>, as messages show it.</summary>
    public override string ToString() => $"{this.Protocol.ToString().ToUpperInvariant()} {new IPEndPoint(this.Address, this.Port)}";
}

/// <summary>One address that connections are passed to.</summary>
/// <param name="Address">Where to dial; never an IPv4-mapped IPv6 address.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Priority">Lower first; the next one serves when none of this can be reached.</param>
/// <param name="Weight">Share within the priority, relative to the others of the same port; at least 1.</param>
public sealed record RelayTarget(IPAddress Address, int Port, int Priority, int Weight);

/// <summary>One listener and where it leads.</summary>
/// <param name="Listen">What is listened on.</param>
/// <param name="Alias">Whose port it is.</param>
/// <param name="Targets">Where it leads, by priority and then in the order of the alias's backends; empty means that clients are refused.</param>
/// <param name="ClientIPAffinity">How long a client keeps its target after its last connection; null for none.</param>
/// <param name="Lingering">
/// Addresses that names had a short while ago, with priority 0 and weight 1: nothing new is dialled there, but what is open lives on.
/// </param>
public sealed record RelayEntry(RelayListen Listen, ObjectKey Alias, Seq<RelayTarget> Targets, TimeSpan? ClientIPAffinity, Seq<RelayTarget> Lingering = default);

/// <summary>Everything the relay does, as one value: equal snapshots and addresses make equal tables.</summary>
/// <param name="Entries">Every listener, sorted by alias, then in the alias's order of addresses and ports.</param>
/// <param name="Problems">What was left out and why: two aliases on one port, addresses that may not be dialled, addresses that lead back into the relay.</param>
public sealed record RelayTable(Seq<RelayEntry> Entries, Seq<RelayProblem> Problems)
{
    /// <summary>Listens nowhere.</summary>
    public static RelayTable Empty { get; } = new([], []);

    /// <summary>Joins the aliases' ports with the addresses that the origins' names have right now.</summary>
    /// <param name="snapshot">The aliases; only those with service addresses are relayed.</param>
    /// <param name="origins">What the names resolve to; a name without addresses yet leads nowhere.</param>
    /// <param name="policy">What may be dialled; every address passes <see cref="DialGuard"/> here, and only what is in the table is dialled.</param>
    public static RelayTable Build(AliasSnapshot snapshot, OriginAddresses origins, DialPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(origins);
        ArgumentNullException.ThrowIfNull(policy);
        return new RelayTables(policy).Build(snapshot, origins);
    }
}
