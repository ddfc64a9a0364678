using System.Buffers.Binary;
using Elsewhere.Dns;

namespace Elsewhere.Tests.Dns.Resolver;

/// <summary>Writes responses, good ones and bad ones.</summary>
internal sealed record Response
{
    public int Rcode { get; init; }

    public bool Authoritative { get; init; } = true;

    public bool AuthenticatedData { get; init; }

    public bool Truncated { get; init; }

    public ushort? Id { get; init; }

    /// <summary>The question section as it shall be; null for a copy of the query's.</summary>
    public byte[]? Question { get; init; }

    public string[] Answer { get; init; } = [];

    public string[] Authority { get; init; } = [];

    public string[] Additional { get; init; } = [];

    /// <summary>Whether names that occurred before are pointers, in owners and in data.</summary>
    public bool Compress { get; init; } = true;

    public static Response Of(params string[] answer) => new() { Answer = answer };

    public static Response NoData(string soa) => new() { Authority = [soa] };

    public static Response NXDomain(string soa, params string[] answer) => new() { Rcode = Elsewhere.Dns.Rcode.NXDomain, Answer = answer, Authority = [soa] };

    public byte[] To(ScriptedQuery query)
    {
        var message = new List<byte>(512);
        Add16(message, Id ?? query.Id);
        Add16(message, (ushort)(0x8100 | (Authoritative ? 0x0400 : 0) | (Truncated ? 0x0200 : 0) | (AuthenticatedData ? 0x20 : 0) | Rcode));
        Add16(message, 1);
        Add16(message, (ushort)Answer.Length);
        Add16(message, (ushort)Authority.Length);
        Add16(message, (ushort)(Additional.Length + (query.Edns ? 1 : 0)));
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        if (Question is null)
        {
            AddName(message, query.Name.Wire, known);
            Add16(message, query.Type);
            Add16(message, query.Class);
        }
        else
        {
            message.AddRange(Question);
        }

        foreach (var line in Answer.Concat(Authority).Concat(Additional))
            AddRecord(message, ZoneText.Parse(line), known);
        if (query.Edns)
            message.AddRange([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
        return [.. message];
    }

    private void AddRecord(List<byte> message, ResourceRecord record, Dictionary<string, int> known)
    {
        AddName(message, record.Owner.Wire, known);
        Add16(message, record.Type);
        Add16(message, record.Class);
        Add16(message, (ushort)(record.Ttl >> 16));
        Add16(message, (ushort)record.Ttl);
        var lengthAt = message.Count;
        Add16(message, 0);
        AddData(message, record, known);
        var length = message.Count - lengthAt - 2;
        message[lengthAt] = (byte)(length >> 8);
        message[lengthAt + 1] = (byte)length;
    }

    private void AddData(List<byte> message, ResourceRecord record, Dictionary<string, int> known)
    {
        var data = record.Rdata.Span;
        var (before, names) = record.Type switch
        {
            RecordType.Cname or RecordType.NS or RecordType.Ptr => (0, 1),
            RecordType.MX => (2, 1),
            RecordType.Srv => (6, 1),
            RecordType.Soa => (0, 2),
            _ => (0, 0),
        };
        message.AddRange(data[..before]);
        data = data[before..];
        for (var i = 0; i < names; i++)
        {
            var length = 0;
            while (data[length] != 0)
                length += data[length] + 1;
            AddName(message, data[..++length], known);
            data = data[length..];
        }

        message.AddRange(data);
    }

    private void AddName(List<byte> message, ReadOnlySpan<byte> wire, Dictionary<string, int> known)
    {
        while (wire[0] != 0)
        {
            var rest = Convert.ToHexString(wire);
            if (Compress && known.TryGetValue(rest, out var at))
            {
                Add16(message, (ushort)(0xc000 | at));
                return;
            }

            if (message.Count < 0x4000)
                known.TryAdd(rest, message.Count);
            message.AddRange(wire[..(wire[0] + 1)]);
            wire = wire[(wire[0] + 1)..];
        }

        message.Add(0);
    }

    private static void Add16(List<byte> message, ushort value)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        message.AddRange(bytes);
    }
}
