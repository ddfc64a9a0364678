using System.Buffers.Binary;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>How long a reply may be kept.</summary>
internal static class TtlRules
{
    /// <summary>
    /// Clamps the TTLs, and says how long the reply as a whole is fresh: the least TTL of its answers; for a denial the SOA record's TTL or its MINIMUM if that is less
    /// (RFC 2308 section 5), and zero without a SOA record.
    /// </summary>
    public static (UpstreamReply Reply, TimeSpan Ttl) Apply(UpstreamReply reply, Question question, UpstreamOptions options)
    {
        var least = uint.MaxValue;
        foreach (var record in reply.Answer)
            least = Math.Min(least, record.Ttl);
        var denial = reply.Rcode == Rcode.NXDomain || !HasData(reply.Answer, question.Type);
        if (denial)
            least = Math.Min(least, DenialTtl(reply.Authority, options));
        if (denial && least == uint.MaxValue)
            least = 0;
        uint min = Seconds(options.MinTtl), max = Seconds(options.MaxTtl);
        var fresh = Math.Clamp(least, Math.Min(min, max), max);
        if (denial && least == 0)
            fresh = 0;
        var clamped = CacheEntry.WithTtl(reply, record => Clamp(record, min, max, denial, options));
        return (Same(clamped, reply) ? reply : clamped, TimeSpan.FromSeconds(fresh));
    }

    private static bool HasData(Seq<ResourceRecord> answer, ushort type)
    {
        foreach (var record in answer)
        {
            if (record.Type == type || type == RecordType.Any)
                return true;
        }

        return false;
    }

    private static uint DenialTtl(Seq<ResourceRecord> authority, UpstreamOptions options)
    {
        foreach (var record in authority)
        {
            if (record.Type == RecordType.Soa)
                return Math.Min(Math.Min(record.Ttl, Minimum(record)), Seconds(options.MaxNegativeTtl));
        }

        return 0;
    }

    private static uint Clamp(ResourceRecord record, uint min, uint max, bool denial, UpstreamOptions options)
    {
        if (denial && record.Type == RecordType.Soa)
            return Math.Min(Math.Min(record.Ttl, Minimum(record)), Seconds(options.MaxNegativeTtl));
        return Math.Clamp(record.Ttl, Math.Min(min, max), max);
    }

    // The last of the five numbers.
    private static uint Minimum(ResourceRecord soa) =>
        soa.Rdata.Length < 22 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(soa.Rdata.Span[^4..]);

    private static uint Seconds(TimeSpan span) => (uint)Math.Clamp(span.TotalSeconds, 0, int.MaxValue);

    private static bool Same(UpstreamReply left, UpstreamReply right) =>
        left.Answer == right.Answer && left.Authority == right.Authority && left.Additional == right.Additional;
}
