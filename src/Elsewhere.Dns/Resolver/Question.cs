using System.Buffers.Binary;
using System.Security.Cryptography;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What is asked; equal when name (case ignored), type, class and flags are: to each of the flags belongs an answer of its own.</summary>
/// <param name="Name">QNAME.</param>
/// <param name="Type">QTYPE.</param>
/// <param name="Class">QCLASS.</param>
/// <param name="Flags">How it is asked.</param>
internal readonly record struct Question(DnsName Name, ushort Type, ushort Class, QueryFlags Flags = QueryFlags.None)
{
    public bool DnssecOk => (this.Flags & QueryFlags.DnssecOk) != 0;

    public bool CheckingDisabled => (this.Flags & QueryFlags.CheckingDisabled) != 0;
}

/// <summary>
/// Hashes under a key that only this process knows: clients choose the names that become keys, and could else choose names that collide.
/// </summary>
internal sealed class QuestionComparer : IEqualityComparer<Question>
{
    private readonly ulong key0 = NewKey();
    private readonly ulong key1 = NewKey();

    public static QuestionComparer Instance { get; } = new();

    public bool Equals(Question left, Question right) =>
        left.Type == right.Type && left.Class == right.Class && left.Flags == right.Flags && left.Name.Equals(right.Name);

    public int GetHashCode(Question question)
    {
        Span<byte> folded = stackalloc byte[DnsName.MaxWireLength + 5];
        var wire = question.Name.Wire;
        for (var i = 0; i < wire.Length; i++)
            folded[i] = DnsName.Fold(wire[i]);
        BinaryPrimitives.WriteUInt16BigEndian(folded[wire.Length..], question.Type);
        BinaryPrimitives.WriteUInt16BigEndian(folded[(wire.Length + 2)..], question.Class);
        folded[wire.Length + 4] = (byte)question.Flags;
        return (int)SipHash.Compute(key0, key1, folded[..(wire.Length + 5)]);
    }

    private static ulong NewKey() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
}
