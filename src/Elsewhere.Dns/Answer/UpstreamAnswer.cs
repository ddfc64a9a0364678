using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What to ask an upstream resolver after <see cref="Verdict.Forward"/> or <see cref="Verdict.Complete"/>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type.</param>
/// <param name="Class">The class.</param>
/// <param name="Flags">The flags that the client set.</param>
public readonly record struct UpstreamQuestion(DnsName Name, ushort Type, ushort Class, QueryFlags Flags = QueryFlags.None);

/// <summary>The slow path's half of <see cref="Answerer"/>: from a query to the upstream question, from the upstream reply to ours. Pure.</summary>
public static class UpstreamAnswer
{
    /// <summary>What to ask.</summary>
    /// <param name="table">The table that gave the verdict.</param>
    /// <param name="message">The query.</param>
    /// <returns>Null if the query is none of those two.</returns>
    public static UpstreamQuestion? QuestionOf(DnsTable table, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (Query.Read(message, out var query) != QueryShape.Readable
            || !DnsName.TryFromWire(message.Slice(Query.HeaderLength, query.NameLength), out var name))
            return null;
        return ChainOf(table, name, query.Type) is { } chain
            ? new UpstreamQuestion(chain[^1], query.Type, RecordClass.In, query.Flags)
            : new UpstreamQuestion(name, query.Type, query.Class, query.Flags);
    }

    /// <summary>Writes the reply.</summary>
    /// <param name="table">The table that gave the verdict.</param>
    /// <param name="message">The query.</param>
    /// <param name="upstream">What upstream said; null if nobody answered.</param>
    /// <param name="context">Where the query comes from.</param>
    /// <param name="octets">Room for the reply, as for <see cref="Answerer.Answer"/>.</param>
    /// <returns>The reply's length.</returns>
    public static int Write(DnsTable table, ReadOnlySpan<byte> message, UpstreamReply? upstream, AnswerContext context, Span<byte> octets)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (Query.Read(message, out var query) != QueryShape.Readable
            || !DnsName.TryFromWire(message.Slice(Query.HeaderLength, query.NameLength), out var name))
            return Reply.WriteHeaderOnly(message, Rcode.FormErr, octets);
        var reply = new Reply(message, query, context, octets);
        var chain = ChainOf(table, name, query.Type);
        var writer = new MessageWriter(octets, reply.Length, reply.RecordLimit);
        if (chain is not null)
        {
            // Names of our zone are ours to speak for, wherever they lead to; NXDOMAIN of the target does not deny the alias.
            reply.Authoritative = true;
            var owner = name;
            foreach (var target in chain)
            {
                Append(ref writer, ref reply, new ResourceRecord(owner, RecordType.Cname, RecordClass.In, table.Parts.Options.Ttl, target.WireMemory));
                owner = target;
            }
        }

        if (upstream is null)
            return Finish(ref writer, ref reply, Rcode.ServFail);
        foreach (var record in upstream.Answer)
            Append(ref writer, ref reply, record);
        if (chain is not null)
        {
            var failed = upstream.Rcode is not (Rcode.NoError or Rcode.NXDomain);
            return Finish(ref writer, ref reply, failed ? Rcode.ServFail : Rcode.NoError);
        }

        reply.Authoritative = upstream.Authoritative;
        reply.RecursionAvailable = upstream.RecursionAvailable;
        reply.AuthenticatedData = upstream.AuthenticatedData && (query.DnssecOk || (message[3] & 0x20) != 0);
        foreach (var record in upstream.Authority)
        {
            if (!reply.Truncated && writer.TryAppend(record))
                reply.Authorities++;
            else
                reply.Truncated = true;
        }

        foreach (var record in upstream.Additional)
        {
            if (reply.Truncated || !writer.TryAppend(record))
                break;
            reply.Additionals++;
        }

        return Finish(ref writer, ref reply, upstream.Rcode);
    }

    private static void Append(ref MessageWriter writer, ref Reply reply, ResourceRecord record)
    {
        if (!reply.Truncated && writer.TryAppend(record))
            reply.Answers++;
        else
            reply.Truncated = true;
    }

    // An upstream's own trouble with EDNS (BADVERS and above) is not the client's.
    private static int Finish(ref MessageWriter writer, ref Reply reply, int rcode)
    {
        reply.Length = writer.Length;
        return reply.Finish(rcode > 15 ? Rcode.ServFail : rcode);
    }

    private static DnsName[]? ChainOf(DnsTable table, DnsName name, ushort type)
    {
        Span<byte> buffer = stackalloc byte[FoldedName.BufferLength];
        Span<byte> offsets = stackalloc byte[128];
        var place = table.Locate(new FoldedName(name.Wire, buffer, offsets));
        var number = place.Kind != PlaceKind.Found ? 0 : type == RecordType.A ? place.Node.A : type == RecordType.Aaaa ? place.Node.Aaaa : 0;
        var chain = table.Parts.Sections.Span[number].Chain;
        return chain < 0 ? null : table.Parts.Chains.Span[chain];
    }
}
