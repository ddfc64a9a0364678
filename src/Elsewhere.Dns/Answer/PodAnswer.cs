using System.Buffers.Binary;

namespace Elsewhere.Dns;

/// <summary>Answers at a name that spells an address (<see cref="DnsTableOptions.PodNames"/>).</summary>
internal static class PodAnswer
{
    public static int Write(DnsTable table, in Place place, in Query query, scoped FoldedName name, scoped ref Reply reply)
    {
        Span<byte> address = stackalloc byte[16];
        var podAt = name.Labels - table.ZoneLabels - 3;
        var length = PodAddress.Parse(name.Label(podAt), address);
        var type = length == 4 ? RecordType.A : RecordType.Aaaa;
        var ttl = table.Parts.Options.Ttl;
        if (query.Type == type)
        {
            WriteAddress(ref reply, 0xc00c, type, ttl, address[..length]);
            reply.Answers = 1;
        }
        else if (query.Type == RecordType.Srv)
        {
            var target = name.Wire[name.OffsetOf(podAt)..];
            var at = reply.Length;
            if (at + 12 + 6 + target.Length + 28 > reply.RecordLimit)
            {
                reply.Truncated = true;
                return reply.Finish(Rcode.NoError);
            }

            WriteHeader(reply.Octets[at..], 0xc00c, RecordType.Srv, ttl, 6 + target.Length);
            BinaryPrimitives.WriteUInt16BigEndian(reply.Octets[(at + 12)..], 0);
            BinaryPrimitives.WriteUInt16BigEndian(reply.Octets[(at + 14)..], 100);
            BinaryPrimitives.WriteUInt16BigEndian(reply.Octets[(at + 16)..], 0);
            target.CopyTo(reply.Octets[(at + 18)..]);
            reply.Length += 18 + target.Length;
            WriteAddress(ref reply, (ushort)(0xc000 | (at + 18)), type, ttl, address[..length]);
            reply.Answers = 1;
            reply.Additionals = 1;
        }
        else
        {
            reply.Soa(place.ZoneAt, table.Parts.Options);
            reply.Authorities = 1;
        }

        return reply.Finish(Rcode.NoError);
    }

    private static void WriteAddress(ref Reply reply, ushort owner, ushort type, uint ttl, scoped ReadOnlySpan<byte> address)
    {
        var record = reply.Octets[reply.Length..];
        WriteHeader(record, owner, type, ttl, address.Length);
        address.CopyTo(record[12..]);
        reply.Length += 12 + address.Length;
    }

    private static void WriteHeader(Span<byte> record, ushort owner, ushort type, uint ttl, int length)
    {
        BinaryPrimitives.WriteUInt16BigEndian(record, owner);
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], type);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], RecordClass.In);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], ttl);
        BinaryPrimitives.WriteUInt16BigEndian(record[10..], (ushort)length);
    }
}
