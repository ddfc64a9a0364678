using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What is asked; equal when name (case ignored), type and class are.</summary>
/// <param name="Name">QNAME.</param>
/// <param name="Type">QTYPE.</param>
/// <param name="Class">QCLASS.</param>
internal readonly record struct Question(DnsName Name, ushort Type, ushort Class);

/// <summary>
/// Hashes with the process's random seed: clients choose the names that become keys, and could else choose names that collide.
/// </summary>
internal sealed class QuestionComparer : IEqualityComparer<Question>
{
    public static QuestionComparer Instance { get; } = new();

    public bool Equals(Question left, Question right) =>
        left.Type == right.Type && left.Class == right.Class && left.Name.Equals(right.Name);

    public int GetHashCode(Question question)
    {
        Span<byte> folded = stackalloc byte[DnsName.MaxWireLength];
        var wire = question.Name.Wire;
        for (var i = 0; i < wire.Length; i++)
            folded[i] = DnsName.Fold(wire[i]);
        var hash = new HashCode();
        hash.AddBytes(folded[..wire.Length]);
        hash.Add(question.Type);
        hash.Add(question.Class);
        return hash.ToHashCode();
    }
}
