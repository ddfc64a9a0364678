using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Reads responses: strict in what is read, and without trust in where it came from.</summary>
internal static class ResponseReader
{
    private const int HeaderLength = 12;

    // Root owner, type, class, TTL, length.
    private const int ShortestRecord = 11;

    /// <summary>Reads one message.</summary>
    /// <param name="message">The message; its question is overwritten with the asked name, so that names that point into it have the case that was asked.</param>
    /// <param name="id">The id that was sent.</param>
    /// <param name="question">The question that was sent.</param>
    /// <param name="sentName">The name as sent, with random case.</param>
    /// <param name="parsed">The answer, if the verdict says that it is one.</param>
    public static MessageVerdict Read(Span<byte> message, ushort id, Question question, ReadOnlySpan<byte> sentName, out ParsedReply? parsed)
    {
        parsed = null;
        if (message.Length < HeaderLength || BinaryPrimitives.ReadUInt16BigEndian(message) != id)
            return MessageVerdict.NotOurs;
        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        if ((flags & 0x8000) == 0 || ((flags >> 11) & 0xf) != Opcode.Query)
            return MessageVerdict.NotOurs;
        var questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        if (questions == 0)
            return ReadBare(message, flags & 0xf, question, out parsed);
        if (questions != 1)
            return MessageVerdict.NotOurs;
        var verdict = MatchQuestion(message, question, sentName);
        if (verdict != MessageVerdict.Answer)
            return verdict;
        if ((flags & 0x0200) != 0)
            return MessageVerdict.Truncated;
        question.Name.Wire.CopyTo(message[HeaderLength..]);
        var reader = new SectionReader(message, HeaderLength + sentName.Length + 4, question);
        var answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        var authorities = BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        var additionals = BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        if (!reader.TryRead(answers, out var answer) || !reader.TryRead(authorities, out var authority) || !reader.TryRead(additionals, out var additional))
            return MessageVerdict.Malformed;
        var rcode = (reader.ExtendedRcode << 4) | (flags & 0xf);
        parsed = ReplyFilter.Trim(question, rcode, (ReplyFlags)flags, answer, authority, additional);
        return MessageVerdict.Answer;
    }

    // A server that does not understand EDNS may answer FORMERR with nothing but a header (RFC 6891 section 7).
    private static MessageVerdict ReadBare(ReadOnlySpan<byte> message, int rcode, Question question, out ParsedReply? parsed)
    {
        parsed = null;
        if (message[6..HeaderLength].ContainsAnyExcept((byte)0) || rcode is Rcode.NoError or Rcode.NXDomain)
            return MessageVerdict.NotOurs;
        parsed = new ParsedReply(ParsedReply.Empty(rcode), ChainEnd.Open, question.Name);
        return MessageVerdict.Answer;
    }

    private static MessageVerdict MatchQuestion(ReadOnlySpan<byte> message, Question question, ReadOnlySpan<byte> sentName)
    {
        var end = HeaderLength + sentName.Length;
        if (message.Length < end + 4
            || BinaryPrimitives.ReadUInt16BigEndian(message[end..]) != question.Type
            || BinaryPrimitives.ReadUInt16BigEndian(message[(end + 2)..]) != question.Class)
            return MessageVerdict.NotOurs;
        var name = message[HeaderLength..end];
        if (name.SequenceEqual(sentName))
            return MessageVerdict.Answer;
        for (var i = 0; i < name.Length; i++)
        {
            if (DnsName.Fold(name[i]) != DnsName.Fold(sentName[i]))
                return MessageVerdict.NotOurs;
        }

        return MessageVerdict.CaseDiffers;
    }

    private ref struct SectionReader(ReadOnlySpan<byte> message, int offset, Question question)
    {
        private readonly ReadOnlySpan<byte> message = message;
        private int offset = offset;
        private DnsName lastOwner = question.Name;
        private bool optSeen;

        public int ExtendedRcode { get; private set; }

        public bool TryRead(int count, [NotNullWhen(true)] out List<ResourceRecord>? records)
        {
            records = null;
            if (count * ShortestRecord > message.Length - offset)
                return false;
            var found = new List<ResourceRecord>(count);
            Span<byte> owner = stackalloc byte[DnsName.MaxWireLength];
            for (var i = 0; i < count; i++)
            {
                if (!MessageName.TryRead(message, ref offset, owner, out var ownerLength) || offset + 10 > message.Length)
                    return false;
                var type = BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
                var @class = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]);
                var ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(offset + 4)..]);
                var start = offset + 10;
                var end = start + BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 8)..]);
                if (end > message.Length)
                    return false;
                offset = end;
                if (type == RecordType.Opt)
                {
                    if (optSeen || ownerLength != 1)
                        return false;
                    optSeen = true;
                    ExtendedRcode = (int)(ttl >> 24);
                    continue;
                }

                if (!MessageRdata.TryRead(message, start, end, type, @class, out var rdata) || !TryName(owner[..ownerLength], out var name))
                    return false;

                // RFC 2181 section 8: the upper bit set means zero.
                if (@class == question.Class || question.Class == RecordClass.Any)
                    found.Add(new ResourceRecord(name, type, @class, ttl > int.MaxValue ? 0 : ttl, rdata));
            }

            records = found;
            return true;
        }

        // Most owners are the question's name or the same as before.
        private bool TryName(scoped ReadOnlySpan<byte> wire, [NotNullWhen(true)] out DnsName? name)
        {
            name = wire.SequenceEqual(question.Name.Wire) ? question.Name : wire.SequenceEqual(lastOwner.Wire) ? lastOwner : null;
            if (name is null && !DnsName.TryFromWire(wire, out name))
                return false;
            lastOwner = name;
            return true;
        }
    }
}
