using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Commands;

/// <summary>Records in presentation format (RFC 1035 section 5.1), those that an alias can have.</summary>
internal static class RecordText
{
    /// <summary>The mnemonic; <c>TYPE123</c> for others (RFC 3597).</summary>
    internal static string Type(ushort type) => type switch
    {
        RecordType.A => "A",
        RecordType.Aaaa => "AAAA",
        RecordType.Cname => "CNAME",
        RecordType.Srv => "SRV",
        _ => string.Create(CultureInfo.InvariantCulture, $"TYPE{type}"),
    };

    /// <summary>The data: an address, a name without its trailing dot, or <c>priority weight port target</c> of a SRV.</summary>
    internal static string Data(ResourceRecord record)
    {
        var data = record.Rdata.Span;
        return record.Type switch
        {
            RecordType.A when data.Length == 4 => new IPAddress(data).ToString(),
            RecordType.Aaaa when data.Length == 16 => new IPAddress(data).ToString(),
            RecordType.Cname when DnsName.TryFromWire(data, out var target) => target.ToHostString(),
            RecordType.Srv when data.Length > 6 && DnsName.TryFromWire(data[6..], out var target) => string.Create(CultureInfo.InvariantCulture,
                $"{Word(data)} {Word(data[2..])} {Word(data[4..])} {target.ToHostString()}"),
            _ => $"\\# {data.Length.ToString(CultureInfo.InvariantCulture)} {Convert.ToHexString(data)}",
        };
    }

    private static ushort Word(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadUInt16BigEndian(data);
}
