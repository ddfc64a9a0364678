using System.Buffers.Binary;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>The flags of a response that are passed on, as their bits in its header (RFC 1035 section 4.1.1, RFC 4035 section 3.2.3).</summary>
[Flags]
internal enum ReplyFlags
{
    None = 0,
    AuthenticatedData = 0x0020,
    RecursionAvailable = 0x0080,
    Authoritative = 0x0400,
}

/// <summary>
/// Keeps what a reply says about its question and drops the rest: records that nobody asked for are how caches are poisoned (RFC 5452 section 6).
/// </summary>
internal static class ReplyFilter
{
    /// <summary>How many CNAMEs of one reply are followed.</summary>
    public const int MaxChain = 16;

    /// <summary>Trims one reply; the chain of CNAMEs comes out in order, whatever order it had.</summary>
    public static ParsedReply Trim(
        Question question,
        int rcode,
        ReplyFlags flags,
        List<ResourceRecord> answer,
        List<ResourceRecord> authority,
        List<ResourceRecord> additional)
    {
        var kept = new List<ResourceRecord>(answer.Count);
        var (end, last) = Follow(question, answer, kept);
        var keptAuthority = new List<ResourceRecord>();
        foreach (var record in authority)
        {
            if (record.Type is RecordType.Soa or RecordType.NS && last.IsSubdomainOf(record.Owner))
                keptAuthority.Add(record);
        }

        if (question.DnssecOk)
        {
            if (question.Type != RecordType.Any)
                AddSignatures(kept, answer);
            keptAuthority.AddRange(authority.Where(record => record.Type is RecordType.Nsec or RecordType.Nsec3 or RecordType.DS));
            AddSignatures(keptAuthority, authority);
        }

        if (end == ChainEnd.Open && (rcode == Rcode.NXDomain || (rcode == Rcode.NoError && keptAuthority.Exists(IsSoa))))
            end = ChainEnd.Denied;
        else if (end == ChainEnd.Open && kept.Count == 0 && rcode == Rcode.NoError)
            end = ChainEnd.Denied;
        var related = Related(additional, kept, keptAuthority);
        if (question.DnssecOk)
            AddSignatures(related, additional);
        var reply = new UpstreamReply(
            rcode,
            flags.HasFlag(ReplyFlags.Authoritative),
            flags.HasFlag(ReplyFlags.AuthenticatedData),
            Levelled(kept),
            Levelled(keptAuthority),
            Levelled(related),
            flags.HasFlag(ReplyFlags.RecursionAvailable));
        return new ParsedReply(reply, end, last);
    }

    /// <summary>The name in a CNAME's data.</summary>
    public static DnsName? Target(ResourceRecord record, int at = 0) =>
        record.Rdata.Length > at && DnsName.TryFromWire(record.Rdata.Span[at..], out var name) ? name : null;

    /// <summary>Whether a record of an authority section is part of a proof that something does not exist.</summary>
    public static bool IsProof(ResourceRecord record) =>
        record.Type is RecordType.Nsec or RecordType.Nsec3 || Covered(record) is RecordType.Nsec or RecordType.Nsec3;

    // The signatures of what is kept (RFC 4035 section 3.1.1). Proofs and signatures go only to one who asked this very question with DO, and who
    // checks them: nothing here draws a conclusion from them for another question.
    private static void AddSignatures(List<ResourceRecord> kept, List<ResourceRecord> section)
    {
        HashSet<(DnsName, ushort)>? signed = null;
        foreach (var record in section)
        {
            var covered = Covered(record);
            if (covered == 0)
                continue;
            signed ??= kept.Select(static one => (one.Owner, one.Type)).ToHashSet();
            if (signed.Contains((record.Owner, covered)))
                kept.Add(record);
        }
    }

    // The type that a signature is for; 0 if the record is none.
    private static ushort Covered(ResourceRecord record) =>
        record.Type == RecordType.Rrsig && record.Rdata.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(record.Rdata.Span) : (ushort)0;

    private static bool IsSoa(ResourceRecord record) => record.Type == RecordType.Soa;

    private static (ChainEnd End, DnsName Last) Follow(Question question, List<ResourceRecord> answer, List<ResourceRecord> kept)
    {
        var current = question.Name;
        if (question.Type is RecordType.Any or RecordType.Cname)
        {
            kept.AddRange(answer.Where(record => record.Owner == current && (record.Type == question.Type || question.Type == RecordType.Any)));
            return (kept.Count > 0 ? ChainEnd.Data : ChainEnd.Open, current);
        }

        List<DnsName>? passed = null;
        while (true)
        {
            ResourceRecord? cname = null, dname = null;
            var before = kept.Count;
            foreach (var record in answer)
            {
                if (record.Type == RecordType.Dname && record.Owner != current && current.IsSubdomainOf(record.Owner))
                    dname ??= record;
                else if (record.Type == RecordType.Cname && record.Owner == current)
                    cname ??= record;
                if (record.Type == question.Type && record.Owner == current)
                    kept.Add(record);
            }

            if (kept.Count > before)
                return (ChainEnd.Data, current);
            if (cname is null || Target(cname) is not { } target)
                return (ChainEnd.Open, current);
            passed ??= [];
            if (passed.Count == MaxChain)
                return (ChainEnd.TooLong, current);
            if (dname is not null && !kept.Contains(dname))
                kept.Add(dname);
            kept.Add(cname);
            passed.Add(current);
            if (passed.Contains(target))
                return (ChainEnd.Loop, target);
            current = target;
        }
    }

    // The addresses of hosts that the kept records name.
    private static List<ResourceRecord> Related(List<ResourceRecord> additional, List<ResourceRecord> answer, List<ResourceRecord> authority)
    {
        if (additional.Count == 0)
            return [];
        var hosts = new HashSet<DnsName>();
        foreach (var record in answer.Concat(authority))
        {
            var host = record.Type switch
            {
                RecordType.NS => Target(record),
                RecordType.MX => Target(record, 2),
                RecordType.Srv => Target(record, 6),
                _ => null,
            };
            if (host is not null)
                hosts.Add(host);
        }

        return additional.FindAll(record => record.Type is RecordType.A or RecordType.Aaaa && hosts.Contains(record.Owner));
    }

    // RFC 2181 section 5.2: records of one set have one TTL, the least; signatures for different types are different sets (RFC 4034 section 3).
    private static Seq<ResourceRecord> Levelled(List<ResourceRecord> records)
    {
        if (records.TrueForAll(record => record.Ttl == records[0].Ttl))
            return records.ToSeq();
        var least = new Dictionary<(DnsName, ushort, ushort), uint>();
        foreach (var record in records)
        {
            var key = SetOf(record);
            least[key] = Math.Min(record.Ttl, least.GetValueOrDefault(key, uint.MaxValue));
        }

        return records.Select(record => record.Ttl == least[SetOf(record)] ? record : record with { Ttl = least[SetOf(record)] }).ToSeq();

        static (DnsName, ushort, ushort) SetOf(ResourceRecord record) => (record.Owner, record.Type, Covered(record));
    }
}
