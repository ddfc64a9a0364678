using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What the cluster itself knows of a name, so that no server of the outside is asked.</summary>
/// <param name="Addresses">Its addresses; empty without a target: the name is the cluster's, and does not exist.</param>
/// <param name="Target">Where its CNAME leads; null if it has none.</param>
public sealed record LocalName(Seq<IPAddress> Addresses, DnsName? Target = null);

/// <summary>How origins' names are kept resolved.</summary>
public sealed record OriginTrackerOptions
{
    /// <summary>Says what the cluster knows of a name; null for names of the outside. Must answer for every name of the cluster's zone. Called from any thread.</summary>
    public Func<DnsName, LocalName?> Local { get; init; } = _ => null;

    /// <summary>A shorter TTL is treated as this one.</summary>
    public TimeSpan MinTtl { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A longer TTL is treated as this one.</summary>
    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How long addresses stay after servers began to say that the name or its addresses do not exist; where no server answers they stay for ever.</summary>
    public TimeSpan DenialHold { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long at least an address lingers that is no longer in the answer; the TTL if that is longer.</summary>
    public TimeSpan MinLinger { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many names are resolved at the same time; others wait in the order in which they are due.</summary>
    public int MaxConcurrent { get; init; } = 64;

    /// <summary>The least time between two publications; the first change is published at once.</summary>
    public TimeSpan PublishInterval { get; init; } = TimeSpan.FromMilliseconds(50);
}
