using System.Collections.Frozen;
using System.Net;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward.Route;

/// <summary>The one reference that a request reads, once, at its start.</summary>
internal sealed class LiveRoutes
{
    private readonly FrozenDictionary<IPEndPoint, LiveRoute> routes;

    private LiveRoutes(FrozenDictionary<IPEndPoint, LiveRoute> routes) => this.routes = routes;

    public static LiveRoutes Nothing { get; } = new(FrozenDictionary<IPEndPoint, LiveRoute>.Empty);

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<LiveRoute> All => routes.Values;

    /// <summary>What is served at a dialled address and port, or null.</summary>
    public LiveRoute? Find(IPEndPoint dialled) => routes.GetValueOrDefault(dialled);

    /// <summary>The next value: what the table did not change stays the same object, with all that it has learnt.</summary>
    /// <param name="table">What is served from now on.</param>
    /// <param name="retiring">What is in its grace; goes on as it was.</param>
    /// <param name="instance">Who we are, for loops.</param>
    public LiveRoutes Next(GatewayTable table, IEnumerable<IPEndPoint> retiring, string instance)
    {
        var next = new Dictionary<IPEndPoint, LiveRoute>(table.Entries.Count);
        foreach (var gone in retiring)
        {
            if (Find(gone) is { } route)
                next[gone] = route;
        }

        var loads = new Dictionary<ObjectKey, AliasLoad>();
        foreach (var route in routes.Values)
            loads.TryAdd(route.Entry.Alias.Key, route.Load);
        foreach (var entry in table.Entries)
        {
            if (Find(entry.Dialled) is { } known && known.Entry == entry)
            {
                next[entry.Dialled] = known;
                continue;
            }

            if (!loads.TryGetValue(entry.Alias.Key, out var load))
                loads.Add(entry.Alias.Key, load = new AliasLoad());
            next[entry.Dialled] = new LiveRoute(entry, table.ClusterDomain, instance, load);
        }

        return new LiveRoutes(next.ToFrozenDictionary());
    }

    /// <summary>The value without some addresses.</summary>
    public LiveRoutes Without(IReadOnlySet<IPEndPoint> gone) => new(routes.Where(pair => !gone.Contains(pair.Key)).ToFrozenDictionary());
}
