using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>How names outside the cluster are resolved.</summary>
/// <param name="Servers">Recursive resolvers in order of preference; without any nothing is answered but what needs no server.</param>
public sealed record UpstreamOptions(Seq<IPEndPoint> Servers)
{
    /// <summary>Zones that no question leaves for: a CNAME of the outside that leads into one is not followed.</summary>
    public Seq<DnsName> LocalZones { get; init; } = [];

    /// <summary>How long one question may take with all servers and repetitions; below the 5 s that stub resolvers wait (resolv.conf(5)).</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long one server is waited for.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After how long the next server is asked too, while the first may still answer; shorter for a server known to be fast.</summary>
    public TimeSpan HedgeAfter { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How many different questions may be under way; one more is answered as if no server had answered.</summary>
    public int MaxInFlight { get; init; } = 1024;

    /// <summary>How many replies the cache holds; one more evicts one that was not asked for lately.</summary>
    public int MaxCacheEntries { get; init; } = 20_000;

    /// <summary>About how many octets the cache holds; more evicts as above.</summary>
    public long MaxCacheBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>A shorter TTL is treated as this one.</summary>
    public TimeSpan MinTtl { get; init; } = TimeSpan.Zero;

    /// <summary>A longer TTL is treated as this one (RFC 8767 section 4 advises a cap of days).</summary>
    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The same for answers that say no (RFC 2308 section 5 advises hours at most).</summary>
    public TimeSpan MaxNegativeTtl { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long after its TTL an answer may still be given while no server answers (RFC 8767 section 5); zero: never.</summary>
    public TimeSpan MaxStale { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The TTL of such an answer (RFC 8767 section 5.2 advises 30 s).</summary>
    public TimeSpan StaleTtl { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long servers are waited for before a stale answer is given (RFC 8767 section 5 advises 1.8 s).</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(1.8);

    /// <summary>How long a failure is remembered, so that a client's repetitions do not multiply (RFC 9520 section 3.2: at least 1 s).</summary>
    public TimeSpan FailureTtl { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether an answer from the cache keeps the AA flag that the server sent. RFC 1034 section 6.2.1 clears it; but clients of a cluster know CoreDNS, whose
    /// forwarded answers carry what the upstream said and whose cache sets the flag, so an answer here does not change by being asked for twice.
    /// </summary>
    public bool KeepAuthoritative { get; init; } = true;

    /// <summary>Whether letters of a question have random case that the answer must repeat: more bits against forged answers. A server that does not repeat it is asked over TCP.</summary>
    public bool RandomiseCase { get; init; }

    /// <summary>Whether servers are asked for a random name that nobody else knows: if we are asked for it ourselves, the server forwards to us and is left out.</summary>
    public bool ProbeForLoops { get; init; } = true;
}
