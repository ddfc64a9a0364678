using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>One service address that an alias needs.</summary>
/// <param name="Key">Whose it will be.</param>
/// <param name="Family">Of which family.</param>
/// <param name="Asked">The address that the manifest asks for, or null.</param>
internal readonly record struct AddressWish(ObjectKey Key, AddressFamily Family, IPAddress? Asked);

/// <summary>Why a wish came to nothing.</summary>
internal enum AddressOutcome
{
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
/// <param name="Address">The address, if so.</param>
/// <param name="Holder">Who has it, if it is taken.</param>
internal readonly record struct AddressGrant(AddressOutcome Outcome, IPAddress? Address, ObjectKey Holder);

/// <summary>
/// Gives out service addresses. Whoever had an address keeps it; then come those that ask for a certain one, then the others, each time in the order of
/// keys. So an alias that is added never moves another's address, and without a past the outcome depends on names alone.
/// </summary>
internal static class AddressAllocation
{
    /// <summary>One grant per wish, in the same order.</summary>
    /// <param name="wishes">Sorted by key.</param>
    /// <param name="ranges">At most one of each family.</param>
    /// <param name="previous">Who had what.</param>
    public static AddressGrant[] Run(ReadOnlySpan<AddressWish> wishes, ServiceRange?[] ranges, AddressBook previous)
    {
        var grants = new AddressGrant[wishes.Length];
        var holders = new Dictionary<UInt128, int>(wishes.Length);
        var done = new bool[wishes.Length];
        KeepPrevious(wishes, ranges, previous, grants, done, holders);
        for (var i = 0; i < wishes.Length; i++)
        {
            if (done[i] || wishes[i].Asked is not { } asked)
                continue;
            done[i] = true;
            grants[i] = GrantAsked(i, asked, wishes, ranges, holders);
        }

        for (var i = 0; i < wishes.Length; i++)
        {
            if (!done[i])
                grants[i] = GrantAny(i, wishes[i], ranges, holders);
        }

        return grants;
    }

    private static void KeepPrevious(
        ReadOnlySpan<AddressWish> wishes, ServiceRange?[] ranges, AddressBook previous, AddressGrant[] grants, bool[] done, Dictionary<UInt128, int> holders)
    {
        var entries = Sorting.ByKey(previous.Entries, static e => e.Key);
        var at = 0;
        for (var i = 0; i < wishes.Length; i++)
        {
            var wish = wishes[i];
            while (at < entries.Length && entries[at].Key < wish.Key)
                at++;
            for (var e = at; e < entries.Length && entries[e].Key == wish.Key; e++)
            {
                var address = entries[e].Address;
                if (address.AddressFamily != wish.Family)
                    continue;
                var number = ServiceRange.ToNumber(address);
                var range = Of(wish.Family, ranges);
                var stays = wish.Asked is { } asked ? asked.Equals(address) && IsUsable(address) : range?.MayGive(number) == true;
                if (!stays || !holders.TryAdd(number, i))
                    continue;
                Count(range, number);
                grants[i] = new AddressGrant(AddressOutcome.Given, address, default);
                done[i] = true;
                break;
            }
        }
    }

    private static AddressGrant GrantAsked(
        int index, IPAddress asked, ReadOnlySpan<AddressWish> wishes, ServiceRange?[] ranges, Dictionary<UInt128, int> holders)
    {
        if (!IsUsable(asked))
            return new AddressGrant(AddressOutcome.Unusable, null, default);
        var number = ServiceRange.ToNumber(asked);
        if (!holders.TryAdd(number, index))
            return new AddressGrant(AddressOutcome.Taken, null, wishes[holders[number]].Key);
        Count(Of(asked.AddressFamily, ranges), number);
        return new AddressGrant(AddressOutcome.Given, asked, default);
    }

    private static AddressGrant GrantAny(int index, AddressWish wish, ServiceRange?[] ranges, Dictionary<UInt128, int> holders)
    {
        if (Of(wish.Family, ranges) is not { } range)
            return new AddressGrant(AddressOutcome.NoRange, null, default);
        if (range.Given >= range.Usable)
            return new AddressGrant(AddressOutcome.Exhausted, null, default);
        var number = range.FirstChoice(StableHash.Of(wish.Key));
        while (!range.MayGive(number) || !holders.TryAdd(number, index))
            number = range.Next(number);
        range.Given++;
        return new AddressGrant(AddressOutcome.Given, range.ToAddress(number), default);
    }

    private static void Count(ServiceRange? range, UInt128 number)
    {
        if (range?.MayGive(number) == true)
            range.Given++;
    }

    private static ServiceRange? Of(AddressFamily family, ServiceRange?[] ranges)
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
