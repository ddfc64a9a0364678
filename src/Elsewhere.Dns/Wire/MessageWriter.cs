using System.Buffers.Binary;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Appends records to a message and compresses their names (RFC 1035 section 4.1.4) by looking where the same suffix was written before.
/// For the slow path: forwarded answers and aliases that lead outside.
/// </summary>
internal ref struct MessageWriter
{
    private const int MaxTargets = 64;
    private readonly Span<byte> message;
    private readonly ushort[] targets = new ushort[MaxTargets];
    private readonly int limit;
    private int targetCount;

    /// <summary>Begins behind a question.</summary>
    /// <param name="message">The message, header and question already there.</param>
    /// <param name="length">Where to go on.</param>
    /// <param name="limit">Where records must end.</param>
    public MessageWriter(Span<byte> message, int length, int limit)
    {
        this.message = message;
        this.limit = limit;
        this.Length = length;
        for (int at = Query.HeaderLength; message[at] != 0; at += message[at] + 1)
            Remember(at);
    }

    /// <summary>Where the message ends.</summary>
    public int Length { get; private set; }

    /// <summary>Appends a record, or leaves the message as it was if the record does not fit.</summary>
    public bool TryAppend(ResourceRecord record)
    {
        var (start, count) = (this.Length, targetCount);
        if (TryName(record.Owner.Wire) && TryFixed(record) && TryData(record))
            return true;
        (this.Length, targetCount) = (start, count);
        return false;
    }

    private bool TryFixed(ResourceRecord record)
    {
        if (this.Length + 10 > limit)
            return false;
        BinaryPrimitives.WriteUInt16BigEndian(message[this.Length..], record.Type);
        BinaryPrimitives.WriteUInt16BigEndian(message[(this.Length + 2)..], record.Class);
        BinaryPrimitives.WriteUInt32BigEndian(message[(this.Length + 4)..], record.Ttl);
        this.Length += 10;
        return true;
    }

    // RFC 3597 section 4: names may be compressed only in the types of RFC 1035; all other data is copied.
    private bool TryData(ResourceRecord record)
    {
        var at = this.Length;
        var data = record.Rdata.Span;
        var done = record.Type switch
        {
            RecordType.Cname or RecordType.NS or RecordType.Ptr => TryNames(data, 0, 1),
            RecordType.MX => TryNames(data, 2, 1),
            RecordType.Soa => TryNames(data, 0, 2),
            _ => TryOctets(data),
        };
        if (done)
            BinaryPrimitives.WriteUInt16BigEndian(message[(at - 2)..], (ushort)(this.Length - at));
        return done;
    }

    private bool TryNames(scoped ReadOnlySpan<byte> data, int front, int names)
    {
        if (data.Length < front || !TryOctets(data[..front]))
            return false;
        data = data[front..];
        for (; names > 0; names--)
        {
            var length = NameLength(data);
            if (length == 0 || !TryName(data[..length]))
                return false;
            data = data[length..];
        }

        return TryOctets(data);
    }

    private static int NameLength(scoped ReadOnlySpan<byte> data)
    {
        var at = 0;
        while (at < data.Length && data[at] is > 0 and <= DnsName.MaxLabelLength)
            at += data[at] + 1;
        return at < data.Length && data[at] == 0 ? at + 1 : 0;
    }

    private bool TryOctets(scoped ReadOnlySpan<byte> octets)
    {
        if (this.Length + octets.Length > limit)
            return false;
        octets.CopyTo(message[this.Length..]);
        this.Length += octets.Length;
        return true;
    }

    private bool TryName(scoped ReadOnlySpan<byte> wire)
    {
        var at = 0;
        for (; wire[at] != 0; at += wire[at] + 1)
        {
            if (FindTarget(wire[at..]) is var target and >= 0)
            {
                if (this.Length + 2 > limit)
                    return false;
                BinaryPrimitives.WriteUInt16BigEndian(message[this.Length..], (ushort)(0xc000 | target));
                this.Length += 2;
                return true;
            }

            Remember(this.Length);
            if (!TryOctets(wire.Slice(at, wire[at] + 1)))
                return false;
        }

        return TryOctets([0]);
    }

    private readonly int FindTarget(scoped ReadOnlySpan<byte> wire)
    {
        foreach (int target in targets.AsSpan(0, targetCount))
        {
            if (Matches(target, wire))
                return target;
        }

        return -1;
    }

    // What was written may itself end in a pointer; those lead strictly back.
    private readonly bool Matches(int target, scoped ReadOnlySpan<byte> wire)
    {
        var at = 0;
        while (true)
        {
            while (message[target] >= 0xc0)
                target = BinaryPrimitives.ReadUInt16BigEndian(message[target..]) & 0x3fff;
            int length = message[target];
            if (length != wire[at])
                return false;
            if (length == 0)
                return true;
            for (var i = 1; i <= length; i++)
            {
                if (DnsName.Fold(message[target + i]) != DnsName.Fold(wire[at + i]))
                    return false;
            }

            target += length + 1;
            at += length + 1;
        }
    }

    private void Remember(int at)
    {
        if (at <= 0x3fff && targetCount < targets.Length)
            targets[targetCount++] = (ushort)at;
    }
}
