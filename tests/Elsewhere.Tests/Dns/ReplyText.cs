using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns;

/// <summary>A reply taken apart into lines of text; anything that is not well formed throws.</summary>
internal sealed record ReplyText(int Rcode, bool Authoritative, bool Truncated, List<Line> Answer, List<Line> Authority, List<Line> Additional)
{
    public static ReplyText Read(ReadOnlySpan<byte> message)
    {
        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        var at = 12;
        for (var questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]); questions > 0; questions--)
        {
            ReadName(message, ref at);
            at += 4;
        }

        var answer = ReadSection(message, ref at, BinaryPrimitives.ReadUInt16BigEndian(message[6..]));
        var authority = ReadSection(message, ref at, BinaryPrimitives.ReadUInt16BigEndian(message[8..]));
        var additional = ReadSection(message, ref at, BinaryPrimitives.ReadUInt16BigEndian(message[10..]));
        if (at != message.Length)
            throw new FormatException($"{message.Length - at} octets behind the last record");
        return new ReplyText(flags & 0xf, (flags & 0x400) != 0, (flags & 0x200) != 0, answer, authority, additional);
    }

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"rcode {Rcode} aa {Authoritative} tc {Truncated}\n");
        foreach (var (title, lines) in new[] { ("answer", Answer), ("authority", Authority), ("additional", Additional) })
        {
            foreach (var line in lines)
                text.Append(CultureInfo.InvariantCulture, $"  {title}: {line}\n");
        }

        return text.ToString();
    }

    private static List<Line> ReadSection(ReadOnlySpan<byte> message, ref int at, int count)
    {
        var lines = new List<Line>();
        for (; count > 0; count--)
        {
            var owner = ReadName(message, ref at).ToString();
            var type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            var ttl = BinaryPrimitives.ReadUInt32BigEndian(message[(at + 4)..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
            at += 10;
            var (name, data) = ReadData(message[..(at + length)], at, type);
            at += length;
            if (type != RecordType.Opt)
                lines.Add(new Line(owner.ToLowerInvariant(), name, ttl, data.ToLowerInvariant()));
        }

        return lines;
    }

    private static (string Type, string Data) ReadData(ReadOnlySpan<byte> message, int at, ushort type)
    {
        switch (type)
        {
            case RecordType.A:
                return ("A", new IPAddress(message.Slice(at, 4)).ToString());
            case RecordType.Aaaa:
                return ("AAAA", new IPAddress(message.Slice(at, 16)).ToString());
            case RecordType.Cname:
                return ("CNAME", ReadName(message, ref at).ToString());
            case RecordType.Ptr:
                return ("PTR", ReadName(message, ref at).ToString());
            case RecordType.NS:
                return ("NS", ReadName(message, ref at).ToString());
            case RecordType.Soa:
                return ("SOA", $"{ReadName(message, ref at)} {ReadName(message, ref at)}");
            case RecordType.Txt:
                return ("TXT", $"\"{Encoding.ASCII.GetString(message.Slice(at + 1, message[at]))}\"");
            case RecordType.Srv:
                var (priority, weight, port) = (Number(message, at), Number(message, at + 2), Number(message, at + 4));
                at += 6;
                return ("SRV", string.Create(CultureInfo.InvariantCulture, $"{priority} {weight} {port} {ReadName(message, ref at)}"));
            default:
                return (type.ToString(CultureInfo.InvariantCulture), Convert.ToHexStringLower(message[at..]));
        }
    }

    private static ushort Number(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    private static DnsName ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var wire = new List<byte>();
        var next = at;
        var jumped = false;
        while (message[next] != 0)
        {
            if (message[next] >= 0xc0)
            {
                var target = Number(message, next) & 0x3fff;
                if (target >= next)
                    throw new FormatException($"a pointer at {next} leads forward to {target}");
                if (!jumped)
                    at = next + 2;
                (jumped, next) = (true, target);
                continue;
            }

            wire.AddRange(message.Slice(next, message[next] + 1));
            next += message[next] + 1;
        }

        wire.Add(0);
        if (!jumped)
            at = next + 1;
        return DnsName.TryFromWire(wire.ToArray(), out var name) ? name : throw new FormatException("no name");
    }
}
