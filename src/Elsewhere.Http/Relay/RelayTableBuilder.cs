using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>Makes the entries of aliases.</summary>
/// <param name="origins">What the origins' names resolve to.</param>
/// <param name="policy">What may be dialled.</param>
/// <param name="owners">Whose each port of a service address is; all of them.</param>
internal sealed class RelayTableBuilder(OriginAddresses origins, DialPolicy policy, Dictionary<RelayListen, ObjectKey> owners)
{
    private readonly List<RelayEntry> entries = [];
    private readonly List<RelayProblem> problems = [];
    private readonly List<RelayTarget> targets = [];
    private readonly List<RelayTarget> lingering = [];

    /// <summary>What was added, in that order.</summary>
    public RelayTable Table => new(entries.ToSeq(), problems.ToSeq());

    /// <summary>Adds the entries of one alias, and its problems.</summary>
    public void Add(Alias alias)
    {
        if (alias.Kind != AliasKind.ClusterIP)
            return;
        foreach (var address in alias.ServiceAddresses)
        {
            foreach (var port in alias.Ports)
                AddEntry(alias, new RelayListen(address, port.Port, port.Protocol), port);
        }
    }

    /// <summary>Who has held an address longest is who the address book names; among the others the first in the order of keys wins.</summary>
    public static Dictionary<RelayListen, ObjectKey> Owners(AliasSnapshot snapshot)
    {
        var owners = new Dictionary<RelayListen, ObjectKey>(snapshot.Aliases.Count);
        foreach (var alias in snapshot.Aliases)
        {
            if (alias.Kind != AliasKind.ClusterIP)
                continue;
            foreach (var address in alias.ServiceAddresses)
            {
                foreach (var port in alias.Ports)
                {
                    var listen = new RelayListen(address, port.Port, port.Protocol);
                    if (port.Protocol != Protocol.Sctp && !owners.TryAdd(listen, alias.Key) && Holds(snapshot.Addresses, alias.Key, address))
                        owners[listen] = alias.Key;
                }
            }
        }

        return owners;
    }

    private static bool Holds(AddressBook book, ObjectKey key, IPAddress address)
    {
        foreach (var entry in book.Entries)
        {
            if (entry.Address.Equals(address))
                return entry.Key == key;
        }

        return false;
    }

    private void AddEntry(Alias alias, RelayListen listen, AliasPort port)
    {
        if (port.Protocol == Protocol.Sctp)
            return;
        var owner = owners[listen];
        if (owner != alias.Key)
        {
            problems.Add(new RelayProblem(
                RelayProblemKind.Conflict,
                alias.Key,
                listen,
                $"{listen} belongs to {owner} already",
                $"give {alias.Key} another clusterIP or another port"));
            return;
        }

        targets.Clear();
        lingering.Clear();

        // The gateway listens there: without targets the relay lets go of it at once, if it had it before.
        if (listen.Protocol == Protocol.Tcp && alias.Gateway?.Serves(listen.Port) == true)
        {
            entries.Add(new RelayEntry(listen, alias.Key, [], null));
            return;
        }

        foreach (var backend in port.Backends)
            AddBackend(alias, listen, backend);
        if (targets.Count > 1)
            targets.Sort(static (a, b) => a.Priority.CompareTo(b.Priority));
        lingering.RemoveAll(IsTarget);
        entries.Add(new RelayEntry(
            listen, alias.Key, targets.Count == 1 ? [targets[0]] : targets.ToSeq(), alias.ClientIPAffinity, lingering.Count == 0 ? default : lingering.ToSeq()));
    }

    private void AddBackend(Alias alias, RelayListen listen, Backend backend)
    {
        if (backend.Address is { } address)
        {
            AddTarget(alias, listen, backend, address, Shares.Of(backend.Weight, 1));
            return;
        }

        if (backend.Name is null || origins.Find(backend.Name) is not { } state)
            return;
        foreach (var resolved in state.Addresses)
            AddTarget(alias, listen, backend, resolved, Shares.Of(backend.Weight, state.Addresses.Count));
        foreach (var former in state.Lingering)
            AddLingering(listen, new RelayTarget(IPText.Unmap(former), backend.Port, 0, 1), backend.Within);
    }

    // What may be wrong with a former address was reported when it was the current one.
    private void AddLingering(RelayListen listen, RelayTarget former, Seq<Cidr> within)
    {
        if (DialGuard.Check(former.Address, policy) == DialVerdict.Allowed
            && OriginPermit.Admits(within, former.Address)
            && !owners.ContainsKey(new RelayListen(former.Address, former.Port, listen.Protocol))
            && !lingering.Contains(former))
            lingering.Add(former);
    }

    private bool IsTarget(RelayTarget former) => targets.Exists(target => target.Port == former.Port && target.Address.Equals(former.Address));

    private void AddTarget(Alias alias, RelayListen listen, Backend backend, IPAddress address, int weight)
    {
        var verdict = DialGuard.Check(address, policy);
        address = IPText.Unmap(address);
        if (verdict != DialVerdict.Allowed)
        {
            problems.Add(new RelayProblem(
                RelayProblemKind.Denied,
                alias.Key,
                listen,
                $"{address} {DialGuard.Explain(verdict)}",
                "use an address of the origin that may be dialled, or allow its range with --allow-origin where the reason permits"));
            return;
        }

        if (!OriginPermit.Admits(backend.Within, address))
        {
            problems.Add(new RelayProblem(
                RelayProblemKind.Denied, alias.Key, listen, $"{address} {OriginPermit.Outside}", "use an address of the origin that is allowed, or allow its range: cidrs of an AliasPolicy"));
            return;
        }

        // A relay that dials a relay may dial itself, and would do so until every descriptor is used up.
        if (owners.ContainsKey(new RelayListen(address, backend.Port, listen.Protocol)))
        {
            problems.Add(new RelayProblem(
                RelayProblemKind.Loop,
                alias.Key,
                listen,
                $"{new IPEndPoint(address, backend.Port)} is a service address, which Kubernetes does not allow as an endpoint",
                "write the address of the origin itself"));
            return;
        }

        for (var i = 0; i < targets.Count; i++)
        {
            var known = targets[i];
            if (known.Port != backend.Port || !known.Address.Equals(address))
                continue;
            if (backend.Priority < known.Priority)
                targets[i] = known with { Priority = backend.Priority, Weight = weight };
            else if (backend.Priority == known.Priority)
                targets[i] = known with { Weight = known.Weight + weight };
            return;
        }

        targets.Add(new RelayTarget(address, backend.Port, backend.Priority, weight));
    }
}
