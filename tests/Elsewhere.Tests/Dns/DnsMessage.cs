using System.Buffers.Binary;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns;

/// <summary>The OPT record of a message.</summary>
internal sealed record DnsEdns(int Version, int UdpSize, bool DnssecOk, int ExtendedRcode, IReadOnlyList<(int Code, byte[] Data)> Options);

/// <summary>A message read strictly to its last octet, so that what the server writes is checked by somebody else's rules.</summary>
internal sealed record DnsMessage(
    ushort Id,
    ushort Flags,
    byte[]? Question,
    Seq<ResourceRecord> Answer,
    Seq<ResourceRecord> Authority,
    Seq<ResourceRecord> Additional,
    DnsEdns? Edns)
{
    public int Rcode => (Flags & 15) | ((Edns?.ExtendedRcode ?? 0) << 4);

    public bool Authoritative => (Flags & 0x0400) != 0;

    public bool Truncated => (Flags & 0x0200) != 0;

    public bool RecursionDesired => (Flags & 0x0100) != 0;

    public bool RecursionAvailable => (Flags & 0x0080) != 0;

    /// <summary>Reads a response; what is wrong with it ends the test.</summary>
    public static DnsMessage Read(ReadOnlySpan<byte> message)
    {
        Assert.True(message.Length >= 12, "shorter than a header");
        var at = 12;
        byte[]? question = null;
        var questions = Word(message, 4);
        Assert.True(questions <= 1, "more than one question");
        if (questions == 1)
        {
            ReadName(message, ref at);
            question = message[12..(at + 4)].ToArray();
            at += 4;
        }

        DnsEdns? edns = null;
        var answer = ReadSection(message, Word(message, 6), ref at, ref edns);
        var authority = ReadSection(message, Word(message, 8), ref at, ref edns);
        Assert.Null(edns);
        var additional = ReadSection(message, Word(message, 10), ref at, ref edns);
        Assert.Equal(message.Length, at);
        return new DnsMessage(Word(message, 0), Word(message, 2), question, answer, authority, additional, edns);
    }

    private static ushort Word(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    private static Seq<ResourceRecord> ReadSection(ReadOnlySpan<byte> message, int count, ref int at, ref DnsEdns? edns)
    {
        var records = new List<ResourceRecord>();
        for (; count > 0; count--)
        {
            var owner = ReadName(message, ref at);
            ushort type = Word(message, at), klass = Word(message, at + 2);
            var ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
            int length = Word(message, at + 8);
            at += 10;
            Assert.True(at + length <= message.Length, "data behind the end");
            if (type == RecordType.Opt)
            {
                Assert.True(owner.IsRoot);
                Assert.Null(edns);
                edns = new DnsEdns((int)(ttl >> 16) & 255, klass, (ttl & 0x8000) != 0, (int)(ttl >> 24), ReadOptions(message.Slice(at, length)));
            }
            else
            {
                records.Add(new ResourceRecord(owner, type, klass, ttl, ReadData(message, at, length, type)));
            }

            at += length;
        }

        return records.ToSeq();
    }

    private static List<(int, byte[])> ReadOptions(ReadOnlySpan<byte> data)
    {
        var options = new List<(int, byte[])>();
        while (!data.IsEmpty)
        {
            options.Add((Word(data, 0), data.Slice(4, Word(data, 2)).ToArray()));
            data = data[(4 + Word(data, 2))..];
        }

        return options;
    }

    private static byte[] ReadData(ReadOnlySpan<byte> message, int at, int length, ushort type)
    {
        var (before, names) = type switch
        {
            RecordType.Cname or RecordType.NS or RecordType.Ptr => (0, 1),
            RecordType.MX => (2, 1),
            RecordType.Srv => (6, 1),
            RecordType.Soa => (0, 2),
            _ => (0, 0),
        };
        var end = at + length;
        var data = new List<byte>();
        data.AddRange(message.Slice(at, before));
        at += before;
        for (; names > 0; names--)
        {
            var start = at;
            data.AddRange(ReadName(message, ref at).Wire);
            if (type == RecordType.Srv)
                Assert.DoesNotContain(message[start..at].ToArray(), octet => octet >= 0xc0);
        }

        Assert.True(at <= end, "a name longer than its data");
        data.AddRange(message[at..end]);
        return [.. data];
    }

    private static DnsName ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var wire = new List<byte>();
        var here = at;
        var jumped = false;
        while (true)
        {
            Assert.True(here < message.Length, "a name behind the end");
            int length = message[here];
            if (length >= 0xc0)
            {
                var target = Word(message, here) & 0x3fff;
                Assert.True(target < here, "a pointer that does not lead back");
                if (!jumped)
                    at = here + 2;
                jumped = true;
                here = target;
                continue;
            }

            wire.AddRange(message.Slice(here, length + 1));
            Assert.True(wire.Count <= DnsName.MaxWireLength, "a name of more than 255 octets");
            here += length + 1;
            if (length == 0)
                break;
        }

        if (!jumped)
            at = here;
        Assert.True(DnsName.TryFromWire(wire.ToArray(), out var name));
        return name;
    }
}
