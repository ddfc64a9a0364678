using System.Buffers.Binary;

namespace Elsewhere.Dns;

/// <summary>A reply being written behind a copy of its question; lives on the stack.</summary>
internal ref struct Reply
{
    private const ushort CookieOption = 10;
    private const ushort NsidOption = 3;
    private readonly ReadOnlySpan<byte> message;
    private readonly AnswerContext context;
    private readonly Query query;
    private readonly int limit;

    public Reply(ReadOnlySpan<byte> message, scoped in Query query, AnswerContext context, Span<byte> octets)
    {
        this.message = message;
        this.query = query;
        this.context = context;
        this.Octets = octets;
        var size = context.Transport == DnsTransport.Tcp ? AnswerSettings.MaxMessage
            : query.HasEdns ? Math.Clamp((int)query.UdpSize, 512, AnswerSettings.MaxDatagram) : 512;
        limit = Math.Min(size, octets.Length);
        this.Length = query.QuestionEnd;
        message[..this.Length].CopyTo(octets);
        octets[4..Query.HeaderLength].Clear();
        octets[5] = 1;
    }

    public Span<byte> Octets { get; }

    public int Length { get; set; }

    public bool Truncated { get; set; }

    public bool Authoritative { get; set; }

    public bool RecursionAvailable { get; set; }

    public bool AuthenticatedData { get; set; }

    public int Answers { get; set; }

    public int Authorities { get; set; }

    public int Additionals { get; set; }

    /// <summary>Where records must end, so that the OPT record still fits.</summary>
    public readonly int RecordLimit => limit - OptLength;

    private readonly int OptLength =>
        !query.HasEdns ? 0 : 11 + (query.CookieAt > 0 ? 20 : 0) + (query.WantsNsid ? 4 + context.Settings.Nsid.Length : 0);

    /// <summary>A header and nothing else: for what could not be read, or is not served.</summary>
    public static int WriteHeaderOnly(ReadOnlySpan<byte> message, int rcode, Span<byte> octets)
    {
        octets[..Query.HeaderLength].Clear();
        octets[0] = message[0];
        octets[1] = message[1];

        // The opcode and RD go back; on an opcode that is not known the client recognises its own.
        octets[2] = (byte)(0x80 | (message[2] & (rcode == Rcode.NotImp ? 0x79 : 0x01)));
        octets[3] = (byte)((message[3] & 0x10) | rcode);
        return Query.HeaderLength;
    }

    /// <summary>Writes the OPT record and the header.</summary>
    /// <returns>The reply's length.</returns>
    public int Finish(int rcode)
    {
        if (query.HasEdns)
            WriteOpt(rcode);

        // Of the query's flags RD and CD come back, and those only with opcode QUERY (RFC 1035 section 4.1.1, RFC 4035 section 3.2.2).
        var plain = query.Opcode == Opcode.Query;
        this.Octets[2] = (byte)(0x80 | (query.Opcode << 3) | (this.Authoritative ? 4 : 0) | (this.Truncated ? 2 : 0) | (plain ? message[2] & 1 : 0));
        this.Octets[3] = (byte)((this.RecursionAvailable ? 0x80 : 0) | (this.AuthenticatedData ? 0x20 : 0) | (plain ? message[3] & 0x10 : 0) | (rcode & 15));
        BinaryPrimitives.WriteUInt16BigEndian(this.Octets[6..], (ushort)this.Answers);
        BinaryPrimitives.WriteUInt16BigEndian(this.Octets[8..], (ushort)this.Authorities);
        BinaryPrimitives.WriteUInt16BigEndian(this.Octets[10..], (ushort)this.Additionals);
        return this.Length;
    }

    /// <summary>Writes a section of the table; what does not fit is left out from the end, with TC set.</summary>
    public void Section(TableParts parts, in Section section)
    {
        var start = this.Length;
        var source = parts.Octets.Span.Slice(section.At, section.Length);
        var target = this.Octets[start..];
        var room = RecordLimit - start;
        var taken = section.Length;
        int answers = section.Answers, additionals = section.Additionals;
        if (taken > room)
        {
            // A client that asked in a datagram comes back over TCP.
            this.Truncated = true;
            var ends = parts.Ends.Span.Slice(section.EndsAt, answers + additionals);
            var count = 0;
            while (count < ends.Length && ends[count] <= room)
                count++;
            taken = count == 0 ? 0 : ends[count - 1];
            answers = Math.Min(answers, count);
            additionals = count - answers;
        }

        this.Truncated |= section.Cut;
        source[..taken].CopyTo(target);
        if (section.RingCount > 1 && taken == section.Length)
        {
            // What is cut off is cut off at the end: a ring that turned would show a client another part each time.
            var ringAt = taken - (section.RingCount * section.RingSize);
            var first = ringAt + ((int)(context.Turn % section.RingCount) * section.RingSize);
            source[first..].CopyTo(target[ringAt..]);
            source[ringAt..first].CopyTo(target[(ringAt + taken - first)..]);
        }

        // All records of a ring have the same owner, so that the pointers are the same at every place of it.
        foreach (var fixup in parts.Fixups.Span.Slice(section.FixupsAt, section.FixupCount))
        {
            if (fixup.Position >= taken)
                break;
            var pointer = fixup.Value >= 0 ? start + fixup.Value : Query.HeaderLength + query.NameLength + fixup.Value;
            BinaryPrimitives.WriteUInt16BigEndian(target[fixup.Position..], (ushort)(0xc000 | pointer));
        }

        this.Length += taken;
        this.Answers += answers;
        this.Additionals += additionals;
    }

    /// <summary>Writes the zone's SOA record, its names as pointers into the question.</summary>
    /// <param name="zoneAt">Where the zone begins in the question's name.</param>
    /// <param name="options">TTLs and serial number.</param>
    public void Soa(int zoneAt, DnsTableOptions options)
    {
        const int soaLength = 2 + 10 + 9 + 13 + 20;
        if (this.Length + soaLength > RecordLimit)
        {
            this.Truncated = true;
            return;
        }

        var record = this.Octets[this.Length..];
        var pointer = (ushort)(0xc000 | (Query.HeaderLength + zoneAt));
        var ttl = options.NegativeTtl ?? options.Ttl;
        BinaryPrimitives.WriteUInt16BigEndian(record, pointer);
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], RecordType.Soa);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], RecordClass.In);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], ttl);
        BinaryPrimitives.WriteUInt16BigEndian(record[10..], 9 + 13 + 20);
        "\u0002ns\u0003dns"u8.CopyTo(record[12..]);
        BinaryPrimitives.WriteUInt16BigEndian(record[19..], pointer);
        "\u000ahostmaster"u8.CopyTo(record[21..]);
        BinaryPrimitives.WriteUInt16BigEndian(record[32..], pointer);
        BinaryPrimitives.WriteUInt32BigEndian(record[34..], options.Serial);
        BinaryPrimitives.WriteUInt32BigEndian(record[38..], 7200);
        BinaryPrimitives.WriteUInt32BigEndian(record[42..], 1800);
        BinaryPrimitives.WriteUInt32BigEndian(record[46..], 86400);
        BinaryPrimitives.WriteUInt32BigEndian(record[50..], ttl);
        this.Length += soaLength;
    }

    // What is not known is not echoed (RFC 6891 section 6.1.2); the size says what this server can send and take.
    private void WriteOpt(int rcode)
    {
        var record = this.Octets[this.Length..];
        record[0] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(record[1..], RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(record[3..], (ushort)Math.Clamp((int)query.UdpSize, 512, AnswerSettings.MaxDatagram));
        record[5] = (byte)(rcode >> 4);
        record[6] = 0;
        record[7] = (byte)(query.DnssecOk ? 0x80 : 0);
        record[8] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(record[9..], (ushort)(OptLength - 11));
        var at = 11;
        if (query.CookieAt > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(record[at..], CookieOption);
            BinaryPrimitives.WriteUInt16BigEndian(record[(at + 2)..], 16);
            Span<byte> bound = stackalloc byte[8 + 16];
            message.Slice(query.CookieAt, 8).CopyTo(bound);
            message.Slice(query.CookieAt, 8).CopyTo(record[(at + 4)..]);
            context.ClientAddress.CopyTo(bound[8..]);
            var cookie = SipHash.Compute(context.Settings.CookieKey0, context.Settings.CookieKey1, bound[..(8 + context.ClientAddress.Length)]);
            BinaryPrimitives.WriteUInt64BigEndian(record[(at + 12)..], cookie);
            at += 20;
        }

        if (query.WantsNsid)
        {
            var nsid = context.Settings.Nsid.Span;
            BinaryPrimitives.WriteUInt16BigEndian(record[at..], NsidOption);
            BinaryPrimitives.WriteUInt16BigEndian(record[(at + 2)..], (ushort)nsid.Length);
            nsid.CopyTo(record[(at + 4)..]);
            at += 4 + nsid.Length;
        }

        this.Length += at;
        this.Additionals++;
    }
}
