using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Dns;

/// <summary>A query's octets, good by default.</summary>
internal sealed record QueryBuilder(string Name, ushort Type)
{
    public ushort Id { get; init; } = 0x4d2;

    public int Opcode { get; init; }

    public bool RecursionDesired { get; init; } = true;

    public bool CheckingDisabled { get; init; }

    public bool AuthenticData { get; init; }

    public ushort Class { get; init; } = RecordClass.In;

    /// <summary>The payload size of an OPT record; null for none.</summary>
    public int? UdpSize { get; init; }

    public bool DnssecOk { get; init; }

    public int EdnsVersion { get; init; }

    public (int Code, byte[] Data)[] Options { get; init; } = [];

    public static QueryBuilder Of(string name, string type) => new(name, TypeOf(type));

    public static byte[] Bytes(string name, string type) => Of(name, type).ToBytes();

    public byte[] ToBytes()
    {
        var message = new List<byte>();
        Add(message, Id);
        Add(message, (Opcode << 11) | (RecursionDesired ? 0x100 : 0) | (AuthenticData ? 0x20 : 0) | (CheckingDisabled ? 0x10 : 0));
        Add(message, 1);
        Add(message, 0);
        Add(message, 0);
        Add(message, UdpSize is null ? 0 : 1);
        message.AddRange(DnsName.Parse(Name).Wire);
        Add(message, Type);
        Add(message, Class);
        if (UdpSize is { } size)
        {
            message.Add(0);
            Add(message, RecordType.Opt);
            Add(message, size);
            Add(message, EdnsVersion);
            Add(message, DnssecOk ? 0x8000 : 0);
            Add(message, Options.Sum(option => 4 + option.Data.Length));
            foreach (var (code, data) in Options)
            {
                Add(message, code);
                Add(message, data.Length);
                message.AddRange(data);
            }
        }

        return [.. message];
    }

    public static ushort TypeOf(string type) => type switch
    {
        "ANY" => RecordType.Any,
        "CAA" => 257,
        "DNSKEY" => 48,
        "DS" => 43,
        "HTTPS" => 65,
        "SVCB" => 64,
        "NAPTR" => 35,
        "AXFR" => RecordType.Axfr,
        "IXFR" => RecordType.Ixfr,
        "HINFO" => 13,
        "TLSA" => 52,
        "DNAME" => RecordType.Dname,
        _ => ZoneText.TypeOf(type),
    };

    private static void Add(List<byte> message, int value)
    {
        message.Add((byte)(value >> 8));
        message.Add((byte)value);
    }
}
