using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>One service address that an alias needs.</summary>
/// <param name="Declaration">The index of who needs it.</param>
/// <param name="Family">Of which family.</param>
/// <param name="Asked">The address that the manifest asks for, or null.</param>
internal readonly record struct AddressWish(int Declaration, AddressFamily Family, IPAddress? Asked);

/// <summary>Why a wish came to nothing.</summary>
internal enum AddressOutcome
{
    /// <summary>Nothing was decided yet.</summary>
    Open,

    /// <summary>It has an address.</summary>
    Given,

    /// <summary>The address asked for belongs to another alias.</summary>
    Taken,

    /// <summary>No free address is left in the range.</summary>
    Exhausted,

    /// <summary>There is no range of that family.</summary>
    NoRange,

    /// <summary>The address asked for cannot be an address of a service: it would catch other traffic.</summary>
    Unusable,
}

/// <summary>What became of a wish.</summary>
/// <param name="Outcome">Whether it was granted.</param>
/// <param name="Entry">The address and whose it is, if so.</param>
/// <param name="Holder">The index of the wish that has it, if it is taken.</param>
internal readonly record struct AddressGrant(AddressOutcome Outcome, AddressEntry? Entry, int Holder = 0)
{
    public IPAddress? Address => Entry?.Address;
}

/// <summary>
/// Gives out service addresses. Whoever had an address keeps it; then come those that ask for a certain one, then the others, each time in the order of
/// keys. So an alias that is added never moves another's address, and without a past the outcome depends on names alone.
/// </summary>
internal sealed class AddressAllocation
{
    private readonly Declaration[] declarations;
    private readonly AddressWish[] wishes;
    private readonly ServiceRange?[] ranges;

    private AddressAllocation(Declaration[] declarations, AddressWish[] wishes, ServiceRange?[] ranges)
    {
        this.declarations = declarations;
        this.wishes = wishes;
        this.ranges = ranges;
        Grants = new AddressGrant[wishes.Length];
        Holders = new Dictionary<UInt128, int>(wishes.Length);
    }

    /// <summary>One per wish, in the same order.</summary>
    public AddressGrant[] Grants { get; }

    /// <summary>The wish that has an address, by the address's number.</summary>
    public Dictionary<UInt128, int> Holders { get; }

    /// <summary>Grants what can be granted.</summary>
    /// <param name="declarations">Sorted by key.</param>
    /// <param name="wishes">In the order of the declarations.</param>
    /// <param name="ranges">At most one of each family.</param>
    /// <param name="previous">Who had what.</param>
    public static AddressAllocation Run(Declaration[] declarations, AddressWish[] wishes, ServiceRange?[] ranges, AddressBook previous)
    {
        var allocation = new AddressAllocation(declarations, wishes, ranges);
        allocation.KeepPrevious(previous);
        for (var i = 0; i < wishes.Length; i++)
        {
            if (allocation.Grants[i].Outcome == AddressOutcome.Open && wishes[i].Asked is { } asked)
                allocation.Grants[i] = allocation.GrantAsked(i, asked);
        }

        for (var i = 0; i < wishes.Length; i++)
        {
            if (allocation.Grants[i].Outcome == AddressOutcome.Open)
                allocation.Grants[i] = allocation.GrantAny(i);
        }

        return allocation;
    }

    private void KeepPrevious(AddressBook previous)
    {
        var entries = Sorting.ByKey(previous.Entries, static e => e.Key);
        var at = 0;
        for (var i = 0; i < wishes.Length; i++)
        {
            var wish = wishes[i];
            var key = declarations[wish.Declaration].Key;
            while (at < entries.Length && entries[at].Key < key)
                at++;
            for (var e = at; e < entries.Length && entries[e].Key == key; e++)
            {
                var address = entries[e].Address;
                if (address.AddressFamily != wish.Family)
                    continue;
                var number = ServiceRange.ToNumber(address);
                var range = Of(wish.Family);
                var stays = wish.Asked is { } asked ? asked.Equals(address) && IsUsable(address) : range?.MayGive(number) == true;
                if (!stays || !Holders.TryAdd(number, i))
                    continue;
                Count(range, number);
                Grants[i] = new AddressGrant(AddressOutcome.Given, entries[e]);
                break;
            }
        }
    }

    private AddressGrant GrantAsked(int index, IPAddress asked)
    {
        if (!IsUsable(asked))
            return new AddressGrant(AddressOutcome.Unusable, null);
        var number = ServiceRange.ToNumber(asked);
        if (!Holders.TryAdd(number, index))
            return new AddressGrant(AddressOutcome.Taken, null, Holders[number]);
        Count(Of(asked.AddressFamily), number);
        return Give(index, asked);
    }

    private AddressGrant GrantAny(int index)
    {
        if (Of(wishes[index].Family) is not { } range)
            return new AddressGrant(AddressOutcome.NoRange, null);
        if (range.Given >= range.Usable)
            return new AddressGrant(AddressOutcome.Exhausted, null);
        var number = range.FirstChoice(StableHash.Of(declarations[wishes[index].Declaration].Key));
        while (!range.MayGive(number) || !Holders.TryAdd(number, index))
            number = range.Next(number);
        range.Given++;
        return Give(index, range.ToAddress(number));
    }

    private AddressGrant Give(int index, IPAddress address) =>
        new(AddressOutcome.Given, new AddressEntry(declarations[wishes[index].Declaration].Key, address));

    private static void Count(ServiceRange? range, UInt128 number)
    {
        if (range?.MayGive(number) == true)
            range.Given++;
    }

    private ServiceRange? Of(AddressFamily family)
    {
        foreach (var range in ranges)
        {
            if (range?.Cidr.Family == family)
                return range;
        }

        return null;
    }

    // A service on 0.0.0.0 would listen on every interface; the others cannot be listened on, or are somebody else's by definition.
    private static bool IsUsable(IPAddress address) => DialGuard.Check(address, DialPolicy.OneMachine) == DialVerdict.Allowed;
}
