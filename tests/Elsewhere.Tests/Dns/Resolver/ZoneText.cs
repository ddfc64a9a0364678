using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns.Resolver;

/// <summary>Records as a line of zone text, <c>www.example.test. 300 A 192.0.2.1</c>, and back.</summary>
internal static class ZoneText
{
    public static ResourceRecord Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var type = TypeOf(words[2]);
        return new ResourceRecord(DnsName.Parse(words[0]), type, RecordClass.In, uint.Parse(words[1], CultureInfo.InvariantCulture), Data(type, words[3..]));
    }

    public static string[] Lines(Seq<ResourceRecord> records) => records.Select(Line).ToArray();

    public static string Line(ResourceRecord record) =>
        string.Create(CultureInfo.InvariantCulture, $"{record.Owner} {record.Ttl} {TypeName(record.Type)} {Text(record.Type, record.Rdata.Span)}");

    public static ushort TypeOf(string name) => name switch
    {
        "A" => RecordType.A,
        "AAAA" => RecordType.Aaaa,
        "CNAME" => RecordType.Cname,
        "DNAME" => RecordType.Dname,
        "NS" => RecordType.NS,
        "PTR" => RecordType.Ptr,
        "MX" => RecordType.MX,
        "SRV" => RecordType.Srv,
        "SOA" => RecordType.Soa,
        "TXT" => RecordType.Txt,
        _ => ushort.Parse(name.AsSpan(4), CultureInfo.InvariantCulture),
    };

    private static string TypeName(ushort type) =>
        new[] { "A", "AAAA", "CNAME", "DNAME", "NS", "PTR", "MX", "SRV", "SOA", "TXT" }.FirstOrDefault(name => TypeOf(name) == type) ?? $"TYPE{type}";

    private static byte[] Data(ushort type, string[] words) => type switch
    {
        RecordType.A or RecordType.Aaaa => IPText.Parse(words[0]).GetAddressBytes(),
        RecordType.Txt => [(byte)words[0].Length, .. Encoding.ASCII.GetBytes(words[0])],
        RecordType.MX => [.. Number16(words[0]), .. Name(words[1])],
        RecordType.Srv => [.. Number16(words[0]), .. Number16(words[1]), .. Number16(words[2]), .. Name(words[3])],
        RecordType.Soa => [.. Name(words[0]), .. Name(words[1]), .. words[2..].SelectMany(Number32)],
        RecordType.Cname or RecordType.Dname or RecordType.NS or RecordType.Ptr => Name(words[0]),
        _ => Convert.FromHexString(words[0]),
    };

    private static string Text(ushort type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case RecordType.A or RecordType.Aaaa:
                return new IPAddress(data).ToString();
            case RecordType.Txt:
                return Encoding.ASCII.GetString(data[1..]);
            case RecordType.MX:
                return $"{BinaryPrimitives.ReadUInt16BigEndian(data)} {NameText(data[2..])}";
            case RecordType.Srv:
                return $"{BinaryPrimitives.ReadUInt16BigEndian(data)} {BinaryPrimitives.ReadUInt16BigEndian(data[2..])} {BinaryPrimitives.ReadUInt16BigEndian(data[4..])} {NameText(data[6..])}";
            case RecordType.Cname or RecordType.Dname or RecordType.NS or RecordType.Ptr:
                return NameText(data);
            case RecordType.Soa:
                var first = FirstName(data);
                var second = FirstName(data[first..]);
                var numbers = data[(first + second)..];
                var text = $"{NameText(data[..first])} {NameText(data.Slice(first, second))}";
                for (var i = 0; i < 20; i += 4)
                    text += $" {BinaryPrimitives.ReadUInt32BigEndian(numbers[i..])}";
                return text;
            default:
                return Convert.ToHexString(data);
        }
    }

    private static int FirstName(ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (data[at] != 0)
            at += data[at] + 1;
        return at + 1;
    }

    private static string NameText(ReadOnlySpan<byte> wire) => DnsName.TryFromWire(wire, out var name) ? name.ToString() : $"(no name: {Convert.ToHexString(wire)})";

    private static byte[] Name(string text) => DnsName.Parse(text).Wire.ToArray();

    private static byte[] Number16(string text)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, ushort.Parse(text, CultureInfo.InvariantCulture));
        return bytes;
    }

    private static byte[] Number32(string text)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, uint.Parse(text, CultureInfo.InvariantCulture));
        return bytes;
    }
}
