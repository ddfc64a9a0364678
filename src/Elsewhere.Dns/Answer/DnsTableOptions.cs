using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What a table needs to know beside the snapshot.</summary>
/// <param name="Ttl">Seconds that an answer may be kept, 0 to 3600 (CoreDNS' bounds for the same option).</param>
/// <param name="NegativeTtl">The SOA's TTL and minimum: how long a denial may be kept (RFC 2308 section 4); null for the same as <paramref name="Ttl"/>.</param>
/// <param name="Serial">The SOA's serial number; grows with each publication.</param>
/// <param name="OwnAddresses">
/// Where this server answers, as clients see it: the zone's name server. An address that is an endpoint stands for that endpoint's Service.
/// Empty: the zone has no NS record.
/// </param>
/// <param name="PodNames">
/// Whether <c>1-2-3-4.NAMESPACE.pod.ZONE</c> answers with the address it spells (CoreDNS' <c>pods insecure</c>). On one machine there are no Pods.
/// </param>
public sealed record DnsTableOptions(
    uint Ttl = 30,
    uint? NegativeTtl = null,
    uint Serial = 1,
    Seq<IPAddress> OwnAddresses = default,
    bool PodNames = false)
{
    /// <summary>TTL 30, no name server of its own.</summary>
    public static DnsTableOptions Default { get; } = new();
}
