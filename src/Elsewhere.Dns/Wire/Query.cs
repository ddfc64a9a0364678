using System.Buffers.Binary;

namespace Elsewhere.Dns;

/// <summary>What reading a query came to.</summary>
internal enum QueryShape
{
    /// <summary>One question, readable to the end.</summary>
    Readable,

    /// <summary>Too short for a header, or itself a response: an answer could only make a loop.</summary>
    Ignore,

    /// <summary>Broken; FORMERR.</summary>
    Malformed,

    /// <summary>An opcode that is not served; NOTIMP.</summary>
    NotImplemented,
}

/// <summary>A query, read once and in O(n) without following a pointer. Offsets are into the message.</summary>
/// <remarks>
/// <code>
///  0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15     RFC 1035 section 4.1.1
/// |                      ID                       |
/// |QR|   Opcode  |AA|TC|RD|RA| Z|AD|CD|   RCODE   |
/// |     QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT        |
/// </code>
/// </remarks>
internal struct Query
{
    /// <summary>Octets of a header; the question's name begins behind it.</summary>
    public const int HeaderLength = 12;

    private const ushort CookieOption = 10;
    private const ushort NsidOption = 3;

    /// <summary>Octets of the question's name, the root among them.</summary>
    public int NameLength;

    /// <summary>Labels of the question's name, the root not counted.</summary>
    public int LabelCount;

    /// <summary>The question's type.</summary>
    public ushort Type;

    /// <summary>The question's class.</summary>
    public ushort Class;

    /// <summary>Query or Notify.</summary>
    public int Opcode;

    /// <summary>Whether there is an OPT record; the fields below mean something only then.</summary>
    public bool HasEdns;

    /// <summary>The EDNS version that the client speaks.</summary>
    public byte EdnsVersion;

    /// <summary>What the client says it can receive.</summary>
    public ushort UdpSize;

    /// <summary>The DO flag (RFC 3225).</summary>
    public bool DnssecOk;

    /// <summary>The CD flag (RFC 4035 section 3.2.2).</summary>
    public bool CheckingDisabled;

    /// <summary>Whether the client asks for the server's identity (RFC 5001).</summary>
    public bool WantsNsid;

    /// <summary>Where the client's cookie begins, or 0 (RFC 7873).</summary>
    public int CookieAt;

    /// <summary>The flags that go along when the question is forwarded.</summary>
    public readonly QueryFlags Flags =>
        (DnssecOk ? QueryFlags.DnssecOk : QueryFlags.None) | (CheckingDisabled ? QueryFlags.CheckingDisabled : QueryFlags.None);

    /// <summary>Where the question ends.</summary>
    public readonly int QuestionEnd => HeaderLength + NameLength + 4;

    /// <summary>Reads a message.</summary>
    public static QueryShape Read(ReadOnlySpan<byte> message, out Query query)
    {
        query = default;
        if (message.Length < HeaderLength || (message[2] & 0x80) != 0)
            return QueryShape.Ignore;
        query.Opcode = (message[2] >> 3) & 15;
        query.CheckingDisabled = (message[3] & 0x10) != 0;
        if (query.Opcode is not (Dns.Opcode.Query or Dns.Opcode.Notify))
            return QueryShape.NotImplemented;

        // No more records than a query can have a use for: NOTIFY and IXFR carry one SOA, EDNS and a signature are two.
        int answers = Word(message, 6), authorities = Word(message, 8), additionals = Word(message, 10);
        if (Word(message, 4) != 1 || answers > 1 || authorities > 1 || additionals > 2)
            return QueryShape.Malformed;
        if (!query.ReadQuestion(message))
            return QueryShape.Malformed;
        var at = query.QuestionEnd;
        for (var i = 0; i < answers + authorities; i++)
        {
            if (!SkipRecord(message, ref at, out _))
                return QueryShape.Malformed;
        }

        for (var i = 0; i < additionals; i++)
        {
            var start = at;
            if (!SkipRecord(message, ref at, out var fixedPart))
                return QueryShape.Malformed;
            if (Word(message, fixedPart) == RecordType.Opt && !query.ReadOpt(message, start, fixedPart, at))
                return QueryShape.Malformed;
        }

        return QueryShape.Readable;
    }

    private static ushort Word(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    // A pointer in the first name of a message could only point into the header.
    private bool ReadQuestion(ReadOnlySpan<byte> message)
    {
        var at = HeaderLength;
        while (true)
        {
            if (at >= message.Length)
                return false;
            int length = message[at];
            if (length > 63)
                return false;
            at += length + 1;
            if (at - HeaderLength > Model.DnsName.MaxWireLength)
                return false;
            if (length == 0)
                break;
            LabelCount++;
        }

        if (at + 4 > message.Length)
            return false;
        NameLength = at - HeaderLength;
        Type = Word(message, at);
        Class = Word(message, at + 2);
        return true;
    }

    private static bool SkipRecord(ReadOnlySpan<byte> message, ref int at, out int fixedPart)
    {
        fixedPart = 0;
        var start = at;
        while (true)
        {
            if (at >= message.Length)
                return false;
            int length = message[at];
            if (length >= 0xc0)
            {
                // A pointer leads strictly back, so that no chain of them can be a loop.
                if (at + 2 > message.Length || (Word(message, at) & 0x3fff) >= start)
                    return false;
                at += 2;
                break;
            }

            if (length > 63)
                return false;
            at += length + 1;
            if (at - start > Model.DnsName.MaxWireLength)
                return false;
            if (length == 0)
                break;
        }

        fixedPart = at;
        if (at + 10 > message.Length)
            return false;
        at += 10 + Word(message, at + 8);
        return at <= message.Length;
    }

    // RFC 6891 section 6.1.2: root, OPT, payload size, extended RCODE and version and flags, options.
    private bool ReadOpt(ReadOnlySpan<byte> message, int start, int fixedPart, int end)
    {
        if (HasEdns || fixedPart != start + 1)
            return false;
        HasEdns = true;
        UdpSize = Word(message, fixedPart + 2);
        EdnsVersion = message[fixedPart + 5];
        DnssecOk = (message[fixedPart + 6] & 0x80) != 0;
        for (var at = fixedPart + 10; at < end;)
        {
            if (at + 4 > end)
                return false;
            int code = Word(message, at), length = Word(message, at + 2);
            at += 4;
            if (at + length > end)
                return false;
            if (code == CookieOption)
            {
                // RFC 7873 section 5.2.2: a client's cookie has 8 octets, with a server's behind it 16 to 40.
                if (length != 8 && length is < 16 or > 40)
                    return false;
                CookieAt = at;
            }

            WantsNsid |= code == NsidOption;
            at += length;
        }

        return true;
    }
}
