using System.Net;
using Elsewhere.Http.Relay;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>
/// Joins the gateway's ports with the addresses that the origins' names have right now. What is known of an address outlives the table, as long as some alias leads
/// there. One thread at a time; tables are read by all.
/// </summary>
/// <param name="options">When addresses are ejected.</param>
/// <param name="policy">What may be dialled.</param>
/// <param name="changed">Told of each address whose health has changed, on the thread that found out.</param>
/// <param name="time">The clock that people read; null for the system's.</param>
public sealed class OriginRegistry(OriginOptions options, DialPolicy policy, Action<AddressState> changed, TimeProvider? time = null)
{
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly OriginOptions options = options;
    private readonly DialPolicy policy = policy;
    private readonly Action<AddressState> changed = changed;
    private Dictionary<AddressKey, AddressState> states = [];
    private Dictionary<(ObjectKey Alias, GatewayPort Port), Known> known = [];
    private OriginTable current = OriginTable.Empty;

    /// <summary>The table that follows from the ports and the addresses; the one before, if it is the same.</summary>
    /// <param name="ports">Every port that is served; one that comes twice counts once.</param>
    /// <param name="origins">What the names resolve to.</param>
    public OriginTable Build(IEnumerable<(Alias Alias, GatewayPort Port)> ports, OriginAddresses origins)
    {
        ArgumentNullException.ThrowIfNull(ports);
        ArgumentNullException.ThrowIfNull(origins);
        var work = new Work(this, origins);
        var next = new Dictionary<(ObjectKey Alias, GatewayPort Port), Known>(known.Count);
        var isSame = true;
        foreach (var (alias, port) in ports)
        {
            var key = (alias.Key, port);
            if (next.ContainsKey(key))
                continue;
            var now = work.Join(alias.Key, port, alias.Gateway?.HealthCheck);
            var before = known.GetValueOrDefault(key);
            var isKept = before is not null && before.Members.SequenceEqual(now);
            isSame &= isKept;
            next[key] = isKept ? before! : new Known(now, new OriginSet(now, options));
        }

        isSame &= next.Count == known.Count && work.Alive.SetEquals(current.Addresses) && work.Denied.SequenceEqual(current.Denied);
        if (isSame)
            return current;
        known = next;
        states = work.Alive.ToDictionary(static state => state.Key);
        return current = new OriginTable(next.ToDictionary(static pair => pair.Key, static pair => pair.Value.Set), work.Denied.ToSeq(), work.Alive);
    }

    private sealed record Known(OriginMember[] Members, OriginSet Set);

    private sealed class Work(OriginRegistry registry, OriginAddresses origins)
    {
        private readonly Dictionary<AddressKey, AddressState> added = [];

        public HashSet<AddressState> Alive { get; } = [];

        public List<DeniedOrigin> Denied { get; } = [];

        public OriginMember[] Join(ObjectKey alias, GatewayPort port, HealthCheckView? check)
        {
            var members = new List<OriginMember>(port.Origins.Count);
            for (var i = 0; i < port.Origins.Count; i++)
            {
                var origin = port.Origins[i];
                var key = OriginKey.Of(origin);
                var first = members.Count;
                var addresses = AddressesOf(origin, out var lingering);
                foreach (var address in MayAskFor(alias, key, origin) ? addresses : [])
                {
                    if (IsAllowed(alias, key, origin, address))
                        members.Add(new OriginMember(i, origin, StateOf(new AddressKey(key, IPText.Unmap(address), check)), 1));
                }

                // What may be wrong with a former address was said when it was the current one.
                foreach (var former in lingering)
                {
                    if (DialGuard.Check(former, registry.policy) == DialVerdict.Allowed && OriginPermit.Admits(origin.Within, former))
                        StateOf(new AddressKey(key, IPText.Unmap(former), check));
                }

                for (var m = first; m < members.Count; m++)
                    members[m] = members[m] with { Weight = Shares.Of(origin.Weight, members.Count - first) };
            }

            return [.. members];
        }

        // What is dialled: the proxy where there is one; else the addresses listed, the address in the URL, or those of its name.
        private Seq<IPAddress> AddressesOf(GatewayOrigin origin, out Seq<IPAddress> lingering)
        {
            lingering = [];
            if (origin.Proxy is null && !origin.Addresses.IsEmpty)
                return origin.Addresses;
            var dialled = origin.Proxy ?? origin.Url;
            if (dialled.Address is { } literal)
                return [literal];
            var state = origins.Find(dialled.Host!);
            lingering = state?.Lingering ?? [];
            return state?.Addresses ?? [];
        }

        // What a proxy is asked for by address is judged like what is dialled; the ranges of a policy are about the proxy then.
        private bool MayAskFor(ObjectKey alias, OriginKey key, GatewayOrigin origin)
        {
            var behind = key.AskedFor;
            var allowed = 0;
            foreach (var address in behind)
                allowed += IsAllowed(alias, key, origin with { Within = [] }, address) ? 1 : 0;
            return behind.IsEmpty || allowed > 0;
        }

        private bool IsAllowed(ObjectKey alias, OriginKey key, GatewayOrigin origin, IPAddress address)
        {
            var verdict = DialGuard.Check(address, registry.policy);
            if (verdict == DialVerdict.Allowed && OriginPermit.Admits(origin.Within, address))
                return true;
            var denied = new DeniedOrigin(alias, key, address, verdict == DialVerdict.Allowed ? OriginPermit.Outside : DialGuard.Explain(verdict));
            if (!Denied.Contains(denied))
                Denied.Add(denied);
            return false;
        }

        private AddressState StateOf(AddressKey key)
        {
            if (!registry.states.TryGetValue(key, out var state) && !added.TryGetValue(key, out state))
                added.Add(key, state = new AddressState(key, registry.options, registry.changed, registry.time));
            Alive.Add(state);
            return state;
        }
    }
}
