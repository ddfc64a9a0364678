using System.Net.Sockets;
using System.Security.Cryptography;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>Service addresses and node ports that nobody has, chosen as the data plane chooses: what the API shows is what DNS answers.</summary>
/// <param name="cidrs">The ranges, the default family first.</param>
/// <param name="live">Which addresses the data plane has given.</param>
internal sealed class ServiceClaims(Seq<Cidr> cidrs, Func<AddressBook> live)
{
    private const int FirstNodePort = 30000, LastNodePort = 32767;
    private Dictionary<string, ObjectKey> given = new(StringComparer.Ordinal);
    private Dictionary<(ObjectKey Key, AddressFamily Family), string> own = [];
    private AddressBook? of;

    /// <summary>Whether somebody but this Service has an address.</summary>
    public bool IsTaken(StoreState state, ObjectKey key, string address) =>
        (state.Claims.TryGetValue(address, out var holder) && holder != key) || (Given().TryGetValue(address, out holder) && holder != key);

    /// <summary>An address for a Service: the one that it has in the data plane already, or the first free one from where its name leads.</summary>
    /// <exception cref="Problem">500: the range is exhausted.</exception>
    public string Pick(StoreState state, ObjectKey key, AddressFamily family)
    {
        foreach (var cidr in cidrs)
        {
            if (cidr.Family != family)
                continue;
            Given();
            if (own.TryGetValue((key, family), out var kept) && !IsTaken(state, key, kept))
                return kept;
            var range = new ServiceRange(cidr);
            var number = range.FirstChoice(StableHash.Of(key));
            for (UInt128 tried = 0; tried <= range.Usable && tried < 1 << 24; tried++, number = range.Next(number))
            {
                if (range.MayGive(number) && range.ToAddress(number).ToString() is var address && !IsTaken(state, key, address))
                    return address;
            }
        }

        throw new Problem(ApiFailure.Internal("Internal error occurred: failed to allocate a serviceIP: range is full"));
    }

    /// <summary>What speaks against a node port that a client asks for; null if nothing does. A dry run does not look at the range.</summary>
    public static string? NodePortProblem(StoreState state, ObjectKey key, long number, bool isDryRun) =>
        !isDryRun && number is < FirstNodePort or > LastNodePort ? $"provided port is not in the valid range. The range of valid ports is {FirstNodePort}-{LastNodePort}"
        : state.Claims.TryGetValue(StoredObject.NodePort(number), out var holder) && holder != key ? "provided port is already allocated"
        : null;

    /// <summary>A free node port.</summary>
    /// <param name="state">Who has which.</param>
    /// <param name="taken">Those that were given in the same request; the new one is added.</param>
    /// <exception cref="Problem">500: all are taken.</exception>
    public static int PickNodePort(StoreState state, HashSet<int> taken)
    {
        const int count = LastNodePort - FirstNodePort + 1;
        var start = RandomNumberGenerator.GetInt32(count);
        for (var i = 0; i < count; i++)
        {
            var number = FirstNodePort + ((start + i) % count);
            if (!taken.Contains(number) && !state.Claims.ContainsKey(StoredObject.NodePort(number)))
            {
                taken.Add(number);
                return number;
            }
        }

        throw new Problem(ApiFailure.Internal("Internal error occurred: failed to allocate a nodePort: range is full"));
    }

    private Dictionary<string, ObjectKey> Given()
    {
        var book = live();
        if (ReferenceEquals(book, of))
            return given;
        (given, own) = (new(StringComparer.Ordinal), []);
        foreach (var entry in book.Entries)
        {
            var address = entry.Address.ToString();
            given[address] = entry.Key;
            own[(entry.Key, entry.Address.AddressFamily)] = address;
        }

        of = book;
        return given;
    }
}
