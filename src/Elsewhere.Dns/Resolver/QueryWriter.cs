using System.Buffers.Binary;
using System.Security.Cryptography;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Writes a query: one question, recursion desired, an OPT record if wanted; CD and DO as the question has them.</summary>
internal static class QueryWriter
{
    /// <summary>What our OPT record says we take over UDP, and the most that fits every path unfragmented (RFC 9715 section 3).</summary>
    public const ushort UdpPayloadSize = 1232;

    /// <summary>The longest query: header, question, OPT.</summary>
    public const int MaxLength = 12 + DnsName.MaxWireLength + 4 + 11;

    // RD; AD asks for the AD flag in the answer (RFC 6840 section 5.7).
    private const ushort Flags = 0x0120;
    private const ushort CheckingDisabled = 0x0010;
    private const byte DnssecOk = 0x80;

    /// <summary>Writes the query and returns its length.</summary>
    /// <param name="target">At least <see cref="MaxLength"/> octets.</param>
    /// <param name="id">The id.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="edns">Whether an OPT record is added; without one there is no DO flag.</param>
    public static int Write(Span<byte> target, ushort id, Question question, bool edns)
    {
        target[..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(target, id);
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)(question.CheckingDisabled ? Flags | CheckingDisabled : Flags));
        target[5] = 1;
        target[11] = (byte)(edns ? 1 : 0);
        var at = 12;
        question.Name.Wire.CopyTo(target[at..]);
        at += question.Name.Wire.Length;
        BinaryPrimitives.WriteUInt16BigEndian(target[at..], question.Type);
        BinaryPrimitives.WriteUInt16BigEndian(target[(at + 2)..], question.Class);
        at += 4;
        if (!edns)
            return at;
        var opt = target.Slice(at, 11);
        opt.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(opt[1..], RecordType.Opt);
        BinaryPrimitives.WriteUInt16BigEndian(opt[3..], UdpPayloadSize);
        opt[7] = question.DnssecOk ? DnssecOk : (byte)0;
        return at + opt.Length;
    }

    /// <summary>Gives every letter of the question in a written query a random case (draft-vixie-dnsext-dns0x20).</summary>
    public static void RandomiseCase(Span<byte> query, Question question)
    {
        var length = question.Name.Wire.Length;
        Span<byte> random = stackalloc byte[DnsName.MaxWireLength];
        RandomNumberGenerator.Fill(random[..length]);
        for (var i = 0; i < length; i++)
        {
            ref var octet = ref query[12 + i];
            if (DnsName.Fold(octet) is >= (byte)'a' and <= (byte)'z')
                octet = (byte)(octet ^ (random[i] & 0x20));
        }
    }
}
