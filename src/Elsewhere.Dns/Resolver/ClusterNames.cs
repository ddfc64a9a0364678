using System.Buffers;
using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Looks up names of the cluster's zone in the very table that DNS answers from, so that an origin with such a name leads where a client would be led.</summary>
public static class ClusterNames
{
    private const int Id = 0;
    private static readonly AnswerSettings Settings = new(Recursion: true, Nsid: default, CookieKey0: 0, CookieKey1: 0);

    /// <summary>What the table says of a name; for <see cref="OriginTrackerOptions.Local"/>.</summary>
    /// <returns>Null for a name outside of the zone; without addresses and target for a name that does not exist.</returns>
    public static LocalName? Find(DnsTable table, DnsName name)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(name);
        if (!name.IsSubdomainOf(table.Zone))
            return null;
        var buffer = ArrayPool<byte>.Shared.Rent(AnswerSettings.MaxMessage);
        try
        {
            var addresses = new List<IPAddress>();
            foreach (var type in (ReadOnlySpan<ushort>)[RecordType.A, RecordType.Aaaa])
            {
                if (Ask(table, new Question(name, type, RecordClass.In), buffer, addresses) is { } target)
                    return new LocalName([], target);
            }

            return new LocalName(addresses.ToSeq());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // The name outside that a chain leads to, if it does.
    private static DnsName? Ask(DnsTable table, Question question, byte[] buffer, List<IPAddress> addresses)
    {
        Span<byte> query = stackalloc byte[QueryWriter.MaxLength];
        query = query[..QueryWriter.Write(query, Id, question, edns: false)];
        var context = new AnswerContext(Settings, DnsTransport.Tcp, turn: 0, clientAddress: [0, 0, 0, 0]);
        switch (Answerer.Answer(table, query, context, buffer, out var length))
        {
            case Verdict.Complete:
                return UpstreamAnswer.QuestionOf(table, query)?.Name;
            case Verdict.Reply:
                if (ResponseReader.Read(buffer.AsSpan(0, length), Id, question, question.Name.Wire, out var parsed) == MessageVerdict.Answer)
                    addresses.AddRange(parsed!.Reply.Answer.Where(record => record.Type == question.Type).Select(record => new IPAddress(record.Rdata.Span)));
                return null;
            case Verdict.Drop or Verdict.Forward:
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(question));
        }
    }
}
