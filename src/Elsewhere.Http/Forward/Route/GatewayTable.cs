using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Route;

/// <summary>One address and port that the gateway listens at, and what it serves there.</summary>
/// <param name="Dialled">The service address and port.</param>
/// <param name="Alias">The alias, without the place where it was written: moving lines changes nothing.</param>
/// <param name="Port">Which of its HTTP ports.</param>
/// <param name="Neighbours">The other gateway aliases whose links are mapped.</param>
/// <param name="Lack">Why the port has no origin, and what to do; null if it has one, or if that is not known.</param>
public sealed record GatewayEntry(IPEndPoint Dialled, Alias Alias, GatewayPort Port, Seq<GatewayNeighbour> Neighbours, string? Lack = null);

/// <summary>An alias that links may lead to.</summary>
/// <param name="Name">Its name; the namespace is that of the alias that it is a neighbour of.</param>
/// <param name="Ports">Its HTTP ports.</param>
public sealed record GatewayNeighbour(string Name, Seq<GatewayPort> Ports);

/// <summary>Everything the gateway serves, as one value: equal snapshots make equal tables.</summary>
/// <param name="ClusterDomain">The cluster's zone.</param>
/// <param name="Entries">Sorted by alias, then in the alias' order of addresses and ports; one of an address and port.</param>
/// <param name="Policies">The AliasPolicies, by which tunnels are judged that are open already.</param>
public sealed record GatewayTable(DnsName ClusterDomain, Seq<GatewayEntry> Entries, Seq<AliasPolicyView> Policies = default)
{
    /// <summary>
    /// So many neighbours are mapped, the first by name; links to further ones stay as they are. Each body is searched for all of them, and each client's view holds them.
    /// </summary>
    public const int MostNeighbours = 256;

    /// <summary>Serves nothing.</summary>
    public static GatewayTable Empty { get; } = new(ResolveOptions.Default.ClusterDomain, []);

    /// <summary>Takes the HTTP ports of the aliases.</summary>
    /// <param name="snapshot">The aliases.</param>
    public static GatewayTable Build(AliasSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var entries = new List<GatewayEntry>();
        var owners = new Dictionary<IPEndPoint, int>();
        var findings = new Lazy<ILookup<ObjectRef, Finding>>(() => snapshot.Findings.ToLookup(static finding => finding.Object));
        Seq<GatewayNeighbour> neighbours = [];
        string? neighboursOf = null;
        for (var i = 0; i < snapshot.Aliases.Count; i++)
        {
            var alias = snapshot.Aliases[i];
            if (alias.Gateway is not { } route || alias.ServiceAddresses.IsEmpty)
                continue;
            if (neighboursOf != alias.Key.Namespace)
            {
                neighbours = Neighbours(snapshot, i);
                neighboursOf = alias.Key.Namespace;
            }

            var others = route.Http.Rewrite.Aliases == RewriteScope.Self ? [] : neighbours;
            alias = alias.Place is null ? alias : alias with { Place = null };
            foreach (var address in alias.ServiceAddresses)
            {
                foreach (var port in route.Ports)
                {
                    // Two aliases with one address are a finding of their own; the first has it, as in the relay.
                    var dialled = new IPEndPoint(address, port.Port);
                    if (owners.TryAdd(dialled, entries.Count))
                        entries.Add(new GatewayEntry(dialled, alias, port, others, port.Origins.IsEmpty ? OriginLack.Explain(findings.Value[alias.Declared]) : null));
                }
            }
        }

        return new GatewayTable(snapshot.ClusterDomain, entries.ToSeq(), snapshot.Policies);
    }

    // Aliases are sorted by namespace first: those of one stand side by side.
    private static Seq<GatewayNeighbour> Neighbours(AliasSnapshot snapshot, int first)
    {
        var all = new List<GatewayNeighbour>();
        for (var i = first; i < snapshot.Aliases.Count && snapshot.Aliases[i].Key.Namespace == snapshot.Aliases[first].Key.Namespace && all.Count < MostNeighbours; i++)
        {
            if (snapshot.Aliases[i].Gateway is { } route && !snapshot.Aliases[i].ServiceAddresses.IsEmpty)
                all.Add(new GatewayNeighbour(snapshot.Aliases[i].Key.Name, route.Ports));
        }

        return all.ToSeq();
    }
}
