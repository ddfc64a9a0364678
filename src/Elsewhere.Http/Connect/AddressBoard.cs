using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Connect;

/// <summary>What is known of every address that was dialled, and the order to dial several in.</summary>
internal sealed class AddressBoard(ConnectOptions options, RelayClock clock)
{
    private readonly ConcurrentDictionary<IPEndPoint, DialledAddress> known = new();
    private int turn;

    public int Count => known.Count;

    /// <summary>
    /// Families in turn, beginning with that of the first (RFC 8305 section 4), within a family round robin or as they come, and those that failed lately last.
    /// </summary>
    public List<DialledAddress> Order(IReadOnlyList<IPAddress> addresses, int port, bool asTheyCome = false)
    {
        Forget();
        var start = asTheyCome ? 0 : (uint)Interlocked.Increment(ref turn);
        var first = Rotated(addresses, addresses[0].AddressFamily, start);
        var second = Rotated(addresses, addresses[0].AddressFamily == AddressFamily.InterNetwork ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, start);
        var healthy = new List<DialledAddress>(addresses.Count);
        var penalised = new List<DialledAddress>();
        for (var i = 0; i < Math.Max(first.Length, second.Length); i++)
        {
            if (i < first.Length)
                Add(first[i]);
            if (i < second.Length)
                Add(second[i]);
        }

        healthy.AddRange(penalised);
        return healthy;

        void Add(IPAddress address)
        {
            var dialled = known.GetOrAdd(new IPEndPoint(address, port), static (endPoint, places) => new DialledAddress(endPoint.Address, endPoint.Port, places), options.ConnectsPerAddress);
            (dialled.Health.MayTry(clock.Now) ? healthy : penalised).Add(dialled);
        }
    }

    private static IPAddress[] Rotated(IReadOnlyList<IPAddress> addresses, AddressFamily family, uint start)
    {
        var own = addresses.Where(address => address.AddressFamily == family).Distinct().ToArray();
        if (own.Length < 2)
            return own;
        var from = (int)(start % (uint)own.Length);
        return [.. own[from..], .. own[..from]];
    }

    // What goes is forgotten, not lost: an address that is dialled again starts as healthy.
    private void Forget()
    {
        if (known.Count <= options.Addresses)
            return;
        foreach (var (endPoint, dialled) in known)
        {
            if (dialled.IsIdle)
                known.TryRemove(new KeyValuePair<IPEndPoint, DialledAddress>(endPoint, dialled));
        }
    }
}
