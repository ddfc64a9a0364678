using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Elsewhere.Model;

/// <summary>Which service addresses were wanted, and which were given.</summary>
internal sealed class ServiceAddresses
{
    // What was given last, by the book in which it was written down: if everybody wants the same again, everybody keeps it.
    private static readonly ConditionalWeakTable<AddressBook, ServiceAddresses> Given = [];

    private readonly int[] firstWish;
    private readonly Seq<Cidr> ranges;

    private ServiceAddresses(ClusterFacts facts, AddressWish[] wishes, int[] firstWish)
    {
        Wishes = wishes;
        this.firstWish = firstWish;
        ranges = facts.Options.ServiceCidrs;
        var allocation = AddressAllocation.Run(facts.Declarations, wishes, facts.Ranges, facts.Options.Previous);
        Grants = allocation.Grants;
        Holders = allocation.Holders;
        Book = ToBook(facts.Options.Previous);
    }

    public AddressWish[] Wishes { get; }

    /// <summary>One per wish.</summary>
    public AddressGrant[] Grants { get; }

    /// <summary>The wish that has an address, by the address's number.</summary>
    public Dictionary<UInt128, int> Holders { get; }

    /// <summary>The addresses as they are kept; the same instance as before, if they are the same.</summary>
    public AddressBook Book { get; }

    /// <summary>Gives everybody what it wants, as far as that can be.</summary>
    /// <param name="facts">Who is there.</param>
    /// <param name="last">What was given to the same declarations; null if that is not known.</param>
    public static ServiceAddresses Assign(ClusterFacts facts, ServiceAddresses? last)
    {
        if (Given.TryGetValue(facts.Options.Previous, out var given) && (ReferenceEquals(given, last) || given.Suits(facts)))
            return given;
        var wishes = new List<AddressWish>(facts.Declarations.Length);
        var first = new int[facts.Declarations.Length + 1];
        Span<AddressWish> own = new AddressWish[2];
        for (var i = 0; i < facts.Declarations.Length; i++)
        {
            first[i] = wishes.Count;
            wishes.AddRange(own[..WishesOf(facts, i, own)]);
        }

        first[^1] = wishes.Count;
        var addresses = new ServiceAddresses(facts, wishes.ToArray(), first);
        if (Array.TrueForAll(addresses.Grants, static grant => grant.Entry is not null))
            Given.AddOrUpdate(addresses.Book, addresses);
        return addresses;
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

    // Only asked where every wish was granted.
    private bool Suits(ClusterFacts facts)
    {
        if (facts.Options.ServiceCidrs != ranges || facts.Declarations.Length != firstWish.Length - 1)
            return false;
        Span<AddressWish> own = new AddressWish[2];
        for (var i = 0; i < facts.Declarations.Length; i++)
        {
            var first = firstWish[i];
            var count = WishesOf(facts, i, own);
            if (count != firstWish[i + 1] - first)
                return false;
            for (var w = 0; w < count; w++)
            {
                if (Wishes[first + w] != own[w] || Grants[first + w].Entry!.Key != facts.Declarations[i].Key)
                    return false;
            }
        }

        return true;
    }

    private AddressBook ToBook(AddressBook previous)
    {
        var entries = new List<AddressEntry>(Wishes.Length);
        foreach (var grant in Grants)
        {
            if (grant.Entry is not { } entry)
                continue;
            if (entries.Count > 0 && entries[^1].Key == entry.Key && entry.Address.AddressFamily == AddressFamily.InterNetwork)
                entries.Insert(entries.Count - 1, entry);
            else
                entries.Add(entry);
        }

        var book = new AddressBook(entries.ToSeq());
        return book == previous ? previous : book;
    }

    /// <summary>What a declaration wishes.</summary>
    /// <param name="facts">The cluster.</param>
    /// <param name="index">Of the declaration.</param>
    /// <param name="wishes">Gets them: one of each family at most.</param>
    /// <returns>How many.</returns>
    private static int WishesOf(ClusterFacts facts, int index, Span<AddressWish> wishes)
    {
        var declaration = facts.Declarations[index];
        if (!declaration.NeedsAddress)
            return 0;
        if (declaration.Service is not { Type: not ServiceType.ExternalName } service)
        {
            // An Alias or an external name leads to names, which may have addresses of both families: it takes what the machine offers.
            wishes[0] = new AddressWish(index, facts.DefaultFamily, null);
            wishes[1] = new AddressWish(index, Other(facts.DefaultFamily), null);
            return facts.IsDualStack ? 2 : 1;
        }

        var first = !service.IPFamilies.IsEmpty ? service.IPFamilies[0]
            : !service.ClusterIPs.IsEmpty ? service.ClusterIPs[0].AddressFamily
            : facts.DefaultFamily;
        wishes[0] = new AddressWish(index, first, Asked(service, first));
        wishes[1] = new AddressWish(index, Other(first), Asked(service, Other(first)));
        return WantsBoth(service, facts) ? 2 : 1;
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
