using System.Runtime.CompilerServices;

namespace Elsewhere.Dns;

/// <summary>
/// One question, one verdict: static, synchronous, spans in and out, nothing allocated. What a name is comes from the table; how CoreDNS
/// tells no such name (NXDOMAIN) from no such record (NODATA) is in <c>AnswerInZone</c>.
/// </summary>
public static class Answerer
{
    /// <summary>Answers a query from the table.</summary>
    /// <param name="table">The table, taken once for the query.</param>
    /// <param name="message">The query's octets; any octets.</param>
    /// <param name="context">Where it comes from.</param>
    /// <param name="octets">
    /// Room for the reply: at least <see cref="AnswerSettings.MaxDatagram"/> octets for UDP, <see cref="AnswerSettings.MaxMessage"/> for TCP.
    /// </param>
    /// <param name="length">With <see cref="Verdict.Reply"/>, the reply's length.</param>
    [SkipLocalsInit]
    public static Verdict Answer(DnsTable table, ReadOnlySpan<byte> message, AnswerContext context, Span<byte> octets, out int length)
    {
        ArgumentNullException.ThrowIfNull(table);
        length = 0;
        switch (Query.Read(message, out var query))
        {
            case QueryShape.Ignore:
                return Verdict.Drop;
            case QueryShape.Malformed:
                length = Dns.Reply.WriteHeaderOnly(message, Rcode.FormErr, octets);
                return Verdict.Reply;
            case QueryShape.NotImplemented:
                length = Dns.Reply.WriteHeaderOnly(message, Rcode.NotImp, octets);
                return Verdict.Reply;
            case QueryShape.Readable:
                break;
        }

        var reply = new Reply(message, query, context, octets);
        if (Refuse(query, context.Settings) is var rcode and not Rcode.NoError)
        {
            length = reply.Finish(rcode);
            return Verdict.Reply;
        }

        Span<byte> buffer = stackalloc byte[FoldedName.BufferLength];
        Span<byte> offsets = stackalloc byte[128];
        var name = new FoldedName(message.Slice(Query.HeaderLength, query.NameLength), buffer, offsets);
        var place = table.Locate(name);
        if (place.Kind != PlaceKind.Outside && !table.Synced)
        {
            length = reply.Finish(Rcode.ServFail);
            return Verdict.Reply;
        }

        return AnswerPlace(table, place, query, name, context.Settings, ref reply, out length);
    }

    /// <summary>Answers a query with TC and no record, so that its client asks again over TCP.</summary>
    /// <returns>The reply's length; 0 if it was no query.</returns>
    internal static int Truncate(ReadOnlySpan<byte> message, AnswerContext context, Span<byte> octets)
    {
        if (Query.Read(message, out var query) != QueryShape.Readable)
            return 0;
        var reply = new Reply(message, query, context, octets) { Truncated = true };
        return reply.Finish(Rcode.NoError);
    }

    // Other classes than IN go where names outside go: CoreDNS refuses them unless it forwards.
    private static int Refuse(in Query query, AnswerSettings settings)
    {
        if (query.HasEdns && query.EdnsVersion > 0)
            return Rcode.BadVers;
        if (query.Class != RecordClass.In && !settings.Recursion)
            return Rcode.Refused;
        return query.Type is RecordType.Axfr or RecordType.Ixfr ? Rcode.Refused : Rcode.NoError;
    }

    private static Verdict AnswerPlace(
        DnsTable table, in Place place, in Query query, scoped FoldedName name, AnswerSettings settings, scoped ref Reply reply, out int length)
    {
        length = 0;
        Found found;
        switch (place.Kind)
        {
            case PlaceKind.Outside:
                if (settings.Recursion)
                    return Verdict.Forward;
                length = reply.Finish(Rcode.ServFail);
                return Verdict.Reply;
            case PlaceKind.ReverseApex or PlaceKind.ReverseFound or PlaceKind.ReverseMissing or PlaceKind.ReverseNameServer:
                found = Reverse(place, query.Type);

                // An address that is nobody's here may be somebody's elsewhere.
                if (found.Denied && settings.Recursion)
                    return Verdict.Forward;
                break;
            case PlaceKind.PodName:
                reply.Authoritative = true;
                length = PodAnswer.Write(table, place, query, name, ref reply);
                return Verdict.Reply;
            case PlaceKind.Apex or PlaceKind.Branch or PlaceKind.Version or PlaceKind.NameServer or PlaceKind.Missing or PlaceKind.Found:
                found = InZone(table, place, query.Type);
                break;
            default:
                throw new InvalidOperationException();
        }

        reply.Authoritative = true;
        if (found.Section == 0)
        {
            reply.Soa(place.ZoneAt, table.Parts.Options);
            if (found.Soa)
                reply.Answers = 1;
            else
                reply.Authorities = reply.Length > query.QuestionEnd ? 1 : 0;
            length = reply.Finish(found.Denied ? Rcode.NXDomain : Rcode.NoError);
            return Verdict.Reply;
        }

        ref readonly var section = ref table.Parts.Sections.Span[found.Section];
        if (section.Chain >= 0 && settings.Recursion && query.Type != RecordType.Cname)
            return Verdict.Complete;
        reply.Section(table.Parts, section);
        length = reply.Finish(Rcode.NoError);
        return Verdict.Reply;
    }

    private readonly record struct Found(int Section, bool Denied, bool Soa = false)
    {
        public static Found NoData => new(0, Denied: false);

        public static Found NoName => new(0, Denied: true);
    }

    // What CoreDNS' kubernetes plugin does, type by type: SOA never denies; TXT denies wherever there is no Service; all else that is not
    // served looks whether an address question would find the name.
    private static Found InZone(DnsTable table, in Place place, ushort type)
    {
        if (type == RecordType.Soa)
            return new Found(0, Denied: false, Soa: place.Kind == PlaceKind.Apex);
        var parts = table.Parts;
        return place.Kind switch
        {
            PlaceKind.Apex => type == RecordType.Txt ? Found.NoName : new Found(type == RecordType.NS ? parts.ApexNS : 0, Denied: false),
            PlaceKind.Branch => type == RecordType.Txt ? Found.NoName : Found.NoData,
            PlaceKind.Version => type == RecordType.Txt ? new Found(parts.Version, Denied: false) : Found.NoName,
            PlaceKind.NameServer => type switch
            {
                RecordType.A => new Found(parts.NameServerA, Denied: false),
                RecordType.Aaaa => new Found(parts.NameServerAaaa, Denied: false),
                RecordType.Txt or RecordType.Ptr => Found.NoName,
                _ => Found.NoData,
            },
            PlaceKind.Found => AtNode(place.Node, type),
            _ => Found.NoName,
        };
    }

    private static Found AtNode(in Node node, ushort type) => type switch
    {
        RecordType.A => new Found(node.A, Denied: false),
        RecordType.Aaaa => new Found(node.Aaaa, Denied: false),
        RecordType.Srv => new Found(node.Srv, Denied: false),
        RecordType.Cname => new Found(node.Cname, Denied: false),
        RecordType.Txt => new Found(0, Denied: node.Kind == NodeKind.Namespace),
        _ => Found.NoData,
    };

    private static Found Reverse(in Place place, ushort type) => place.Kind switch
    {
        _ when type == RecordType.Soa => new Found(0, Denied: false, Soa: place.Kind == PlaceKind.ReverseApex),
        PlaceKind.ReverseApex => new Found(0, Denied: type == RecordType.Txt),
        PlaceKind.ReverseNameServer => new Found(0, Denied: type is RecordType.Txt or RecordType.Ptr),
        PlaceKind.ReverseFound when type == RecordType.Ptr => new Found(place.Node.Ptr, Denied: false),
        _ => Found.NoName,
    };
}
