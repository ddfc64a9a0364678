using System.Net;

namespace Elsewhere.Model;

/// <summary>Addresses that have the same ports.</summary>
/// <param name="Endpoints">Ready ones first; one address each.</param>
/// <param name="Ports">Their ports.</param>
internal readonly record struct RepackedSubset(Seq<EndpointView> Endpoints, Seq<SlicePortView> Ports);

/// <summary>
/// What the API server does to <c>subsets</c> before it stores them: each port gets the set of its addresses, and ports with equal sets are joined. An address
/// that is both ready and not ready is not ready; of one that comes twice the first host name stays.
/// </summary>
internal static class EndpointsRepack
{
    public static Seq<RepackedSubset> Repack(Seq<EndpointsSubsetView> subsets) => subsets.Count switch
    {
        0 => [],
        1 => One(subsets[0]),
        _ => Many(subsets),
    };

    private static Seq<RepackedSubset> One(EndpointsSubsetView subset)
    {
        var ready = new AddressSet(subset.Addresses.Count + subset.NotReadyAddresses.Count);
        ready.Add(subset, []);
        return ready.IsEmpty ? [] : [new RepackedSubset(ready.ToEndpoints(), Distinct(subset.Ports))];
    }

    private static Seq<RepackedSubset> Many(Seq<EndpointsSubsetView> subsets)
    {
        // The sentinel stands for "no ports": such a subset keeps its addresses.
        var none = new SlicePortView(null, null, Protocol.Tcp, "");
        var first = new Dictionary<IPAddress, EndpointsAddressView>();
        var sets = new List<(SlicePortView Port, AddressSet Addresses)>();
        var setOfPort = new Dictionary<SlicePortView, int>();
        foreach (var subset in subsets)
        {
            foreach (var port in subset.Ports.IsEmpty ? [none] : subset.Ports)
            {
                if (!setOfPort.TryGetValue(port, out var index))
                {
                    setOfPort.Add(port, index = sets.Count);
                    sets.Add((port, new AddressSet(subset.Addresses.Count + subset.NotReadyAddresses.Count)));
                }

                sets[index].Addresses.Add(subset, first);
            }
        }

        var groups = new List<(AddressSet Addresses, List<SlicePortView> Ports)>();
        var groupOfSet = new Dictionary<AddressSet, int>();
        foreach (var (port, addresses) in sets)
        {
            if (addresses.IsEmpty)
                continue;
            if (!groupOfSet.TryGetValue(addresses, out var index))
            {
                groupOfSet.Add(addresses, index = groups.Count);
                groups.Add((addresses, []));
            }

            if (port != none)
                groups[index].Ports.Add(port);
        }

        return groups.Select(g => new RepackedSubset(g.Addresses.ToEndpoints(), g.Ports.ToSeq())).ToSeq();
    }

    private static Seq<SlicePortView> Distinct(Seq<SlicePortView> ports) => ports.Count < 2 ? ports : ports.Distinct().ToSeq();

    /// <summary>Addresses in the order in which they came, each ready or not; equal to another in any order. Complete before it becomes a key.</summary>
    private sealed class AddressSet(int capacity) : IEquatable<AddressSet>
    {
        private const int FewAddresses = 8;

        private readonly List<EndpointsAddressView> addresses = new(capacity);
        private readonly List<bool> readiness = new(capacity);
        private Dictionary<IPAddress, int>? byAddress;

        public bool IsEmpty => addresses.Count == 0;

        public void Add(EndpointsSubsetView subset, Dictionary<IPAddress, EndpointsAddressView> first)
        {
            foreach (var address in subset.Addresses)
                Add(first.GetValueOrDefault(address.Address, address), ready: true, first);
            foreach (var address in subset.NotReadyAddresses)
                Add(first.GetValueOrDefault(address.Address, address), ready: false, first);
        }

        public bool Equals(AddressSet? other)
        {
            if (other is null || addresses.Count != other.addresses.Count)
                return false;
            for (var i = 0; i < addresses.Count; i++)
            {
                var index = other.IndexOf(addresses[i].Address);
                if (index < 0 || other.readiness[index] != readiness[i])
                    return false;
            }

            return true;
        }

        public override bool Equals(object? obj) => Equals(obj as AddressSet);

        public override int GetHashCode()
        {
            var hash = addresses.Count;
            for (var i = 0; i < addresses.Count; i++)
                hash += addresses[i].Address.GetHashCode() ^ (readiness[i] ? 0 : -1);
            return hash;
        }

        public Seq<EndpointView> ToEndpoints()
        {
            var result = new EndpointView[addresses.Count];
            var at = 0;
            foreach (var wanted in (ReadOnlySpan<bool>)[true, false])
            {
                for (var i = 0; i < addresses.Count; i++)
                {
                    if (readiness[i] == wanted)
                        result[at++] = new EndpointView([addresses[i].Address], [], addresses[i].Hostname, wanted, null, null);
                }
            }

            return Seq.Create<EndpointView>(result);
        }

        private void Add(EndpointsAddressView address, bool ready, Dictionary<IPAddress, EndpointsAddressView> first)
        {
            var index = IndexOf(address.Address);
            if (index >= 0)
            {
                readiness[index] &= ready;
                return;
            }

            first.TryAdd(address.Address, address);
            addresses.Add(address);
            if (byAddress is not null)
                byAddress.Add(address.Address, addresses.Count - 1);
            else if (addresses.Count > FewAddresses)
                byAddress = addresses.Index().ToDictionary(a => a.Item.Address, a => a.Index);
            readiness.Add(ready);
        }

        private int IndexOf(IPAddress address)
        {
            if (byAddress is not null)
                return byAddress.GetValueOrDefault(address, -1);
            for (var i = 0; i < addresses.Count; i++)
            {
                if (addresses[i].Address.Equals(address))
                    return i;
            }

            return -1;
        }
    }
}
