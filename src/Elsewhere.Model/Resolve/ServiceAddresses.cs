using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>Which service addresses were wanted, and which were given.</summary>
internal sealed class ServiceAddresses
{
    private readonly int[] firstWish;

    private ServiceAddresses(ClusterFacts facts, AddressWish[] wishes, int[] firstWish)
    {
        Wishes = wishes;
        this.firstWish = firstWish;
        var allocation = AddressAllocation.Run(facts.Declarations, wishes, facts.Ranges, facts.Options.Previous);
        Grants = allocation.Grants;
        Holders = allocation.Holders;
    }

    public AddressWish[] Wishes { get; }

    /// <summary>One per wish.</summary>
    public AddressGrant[] Grants { get; }

    /// <summary>The wish that has an address, by the address's number.</summary>
    public Dictionary<UInt128, int> Holders { get; }

    public static ServiceAddresses Assign(ClusterFacts facts)
    {
        var wishes = new List<AddressWish>(facts.Declarations.Length);
        var first = new int[facts.Declarations.Length + 1];
        for (var i = 0; i < facts.Declarations.Length; i++)
        {
            first[i] = wishes.Count;
            if (facts.Declarations[i].NeedsAddress)
                AddWishes(wishes, i, facts);
        }

        first[^1] = wishes.Count;
        return new ServiceAddresses(facts, wishes.ToArray(), first);
    }

    /// <summary>The indices of a declaration's wishes.</summary>
    public Range WishesOf(int declaration) => firstWish[declaration]..firstWish[declaration + 1];

    /// <summary>The addresses of a declaration, the first family first.</summary>
    public Seq<IPAddress> Of(int declaration)
    {
        var grants = Grants.AsSpan(WishesOf(declaration));
        switch (grants.Length)
        {
            case 0:
                return [];
            case 1:
                return grants[0].Address is { } only ? [only] : [];
            default:
                var list = new List<IPAddress>(grants.Length);
                foreach (var grant in grants)
                {
                    if (grant.Address is { } address)
                        list.Add(address);
                }

                return list.ToSeq();
        }
    }

    /// <summary>The families of endpoints that a declaration leads to: of the addresses it has, or that it should have had.</summary>
    public Families FamiliesOf(int declaration)
    {
        Families given = Families.None, wanted = Families.None;
        var (start, count) = WishesOf(declaration).GetOffsetAndLength(Wishes.Length);
        for (var i = start; i < start + count; i++)
        {
            var family = PortJoin.FamilyOf(Wishes[i].Family);
            wanted |= family;
            if (Grants[i].Address is not null)
                given |= family;
        }

        return given != Families.None ? given : wanted;
    }

    public AddressBook ToBook()
    {
        var entries = new List<AddressEntry>(Wishes.Length);
        for (var i = 0; i < Wishes.Length; i++)
        {
            if (Grants[i].Entry is not { } entry)
                continue;
            if (entries.Count > 0 && entries[^1].Key == entry.Key && entry.Address.AddressFamily == AddressFamily.InterNetwork)
                entries.Insert(entries.Count - 1, entry);
            else
                entries.Add(entry);
        }

        return new AddressBook(entries.ToSeq());
    }

    private static void AddWishes(List<AddressWish> wishes, int index, ClusterFacts facts)
    {
        if (facts.Declarations[index].Service is not { Type: not ServiceType.ExternalName } service)
        {
            // An Alias or an external name leads to names, which may have addresses of both families: it takes what the machine offers.
            wishes.Add(new AddressWish(index, facts.DefaultFamily, null));
            if (facts.IsDualStack)
                wishes.Add(new AddressWish(index, Other(facts.DefaultFamily), null));
            return;
        }

        var first = !service.IPFamilies.IsEmpty ? service.IPFamilies[0]
            : !service.ClusterIPs.IsEmpty ? service.ClusterIPs[0].AddressFamily
            : facts.DefaultFamily;
        wishes.Add(new AddressWish(index, first, Asked(service, first)));
        if (WantsBoth(service, facts))
            wishes.Add(new AddressWish(index, Other(first), Asked(service, Other(first))));
    }

    // What the API server does with ipFamilyPolicy and ipFamilies when it stores a Service; two families or addresses without a policy mean RequireDualStack.
    private static bool WantsBoth(ServiceView service, ClusterFacts facts) => service.IPFamilyPolicy switch
    {
        IPFamilyPolicy.SingleStack => false,
        IPFamilyPolicy.PreferDualStack => facts.IsDualStack || service.ClusterIPs.Count > 1,
        IPFamilyPolicy.RequireDualStack => true,
        null => service.IPFamilies.Count > 1 || service.ClusterIPs.Count > 1,
    };

    private static IPAddress? Asked(ServiceView service, AddressFamily family)
    {
        foreach (var address in service.ClusterIPs)
        {
            if (address.AddressFamily == family)
                return address;
        }

        return null;
    }

    private static AddressFamily Other(AddressFamily family) =>
        family == AddressFamily.InterNetwork ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
}
