using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>One resource record (RFC 1035 section 4.1.3), independent of the message it came in.</summary>
/// <param name="Owner">Whose record it is, case as given.</param>
/// <param name="Type">One of <see cref="RecordType"/>, or any other value.</param>
/// <param name="Class">One of <see cref="RecordClass"/>.</param>
/// <param name="Ttl">Seconds, 0 to 2^31 - 1 (RFC 2181 section 8).</param>
/// <param name="Rdata">The data in wire format; names inside are not compressed. At most 65,535 octets.</param>
public sealed record ResourceRecord(DnsName Owner, ushort Type, ushort Class, uint Ttl, ReadOnlyMemory<byte> Rdata)
{
    /// <summary>Equal when owner (case ignored), type, class, TTL and the octets of the data are.</summary>
    public bool Equals(ResourceRecord? other) =>
        other is not null && this.Type == other.Type && this.Class == other.Class && this.Ttl == other.Ttl
        && this.Owner == other.Owner && this.Rdata.Span.SequenceEqual(other.Rdata.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(this.Owner);
        hash.Add(this.Type);
        hash.AddBytes(this.Rdata.Span);
        return hash.ToHashCode();
    }
}

/// <summary>What an upstream server said to one question, checked and uncompressed.</summary>
/// <param name="Rcode">One of <see cref="Dns.Rcode"/>, the EDNS bits among them.</param>
/// <param name="Authoritative">The AA flag.</param>
/// <param name="AuthenticatedData">The AD flag (RFC 4035 section 3.2.3).</param>
/// <param name="Answer">The answer section; a CNAME chain in order.</param>
/// <param name="Authority">The authority section: for a negative answer the SOA.</param>
/// <param name="Additional">The additional section less the OPT record.</param>
/// <param name="RecursionAvailable">The RA flag.</param>
public sealed record UpstreamReply(
    int Rcode,
    bool Authoritative,
    bool AuthenticatedData,
    Seq<ResourceRecord> Answer,
    Seq<ResourceRecord> Authority,
    Seq<ResourceRecord> Additional,
    bool RecursionAvailable = false);
