using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Elsewhere.Model;

/// <summary>
/// An absolute domain name (RFC 9499 section 2), kept in wire format as it was given; comparison ignores the case of
/// ASCII letters (RFC 4343). At most 255 octets, labels of 1 to 63 octets (RFC 1035 section 2.3.4).
/// </summary>
public sealed class DnsName : IEquatable<DnsName>, IComparable<DnsName>
{
    /// <summary>The longest name in wire format, with length octets and the root (RFC 1035 section 2.3.4).</summary>
    public const int MaxWireLength = 255;

    /// <summary>The longest label (RFC 1035 section 2.3.4).</summary>
    public const int MaxLabelLength = 63;

    private readonly byte[] wire;
    private string? text;

    private DnsName(byte[] wire) => this.wire = wire;

    /// <summary>The root, <c>.</c>.</summary>
    public static DnsName Root { get; } = new([0]);

    /// <summary>Length octet and label, repeated, then a zero octet; uncompressed, case as given.</summary>
    public ReadOnlySpan<byte> Wire => wire;

    /// <summary>The same octets as <see cref="Wire"/>, for code that stores them.</summary>
    public ReadOnlyMemory<byte> WireMemory => wire;

    /// <summary>Whether this is the root.</summary>
    public bool IsRoot => wire.Length == 1;

    /// <summary>How many labels there are, the root not counted.</summary>
    public int LabelCount
    {
        get
        {
            var count = 0;
            for (var i = 0; wire[i] != 0; i += wire[i] + 1)
                count++;
            return count;
        }
    }

    /// <summary>
    /// Reads presentation format (RFC 1035 section 5.1: <c>\.</c> and <c>\DDD</c> escapes). The name is taken as absolute,
    /// with or without its trailing dot.
    /// </summary>
    /// <param name="text">The name; <c>.</c> is the root, the empty string is no name.</param>
    /// <param name="name">The name, if the text is one.</param>
    /// <param name="why">What is wrong with the text, as the end of a sentence; null if nothing is.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out DnsName? name, [NotNullWhen(false)] out string? why)
    {
        name = null;
        if (string.IsNullOrEmpty(text))
        {
            why = "is empty";
            return false;
        }

        if (text == ".")
        {
            name = Root;
            why = null;
            return true;
        }

        Span<byte> buffer = stackalloc byte[MaxWireLength];
        int length = 1, labelStart = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '.')
            {
                if (!CloseLabel(buffer, ref labelStart, ref length, out why))
                    return false;
                continue;
            }

            if (c == '\\' && !TryUnescape(text, ref i, out c))
            {
                why = "has a broken escape (\\. and \\DDD are known)";
                return false;
            }

            if (c > 0xff || (c > 0x7e && text[i] == c))
            {
                why = $"has the character '{c}' (write the name in its xn-- form)";
                return false;
            }

            if (length >= MaxWireLength - 1)
            {
                why = "is longer than 253 characters";
                return false;
            }

            buffer[length++] = (byte)c;
        }

        if (length - labelStart > 1 && !CloseLabel(buffer, ref labelStart, ref length, out why))
            return false;
        buffer[length - 1] = 0;
        name = new DnsName(buffer[..length].ToArray());
        why = null;
        return true;
    }

    /// <summary>Reads a name that the program itself wrote.</summary>
    /// <exception cref="FormatException">The text is no name: a bug of the caller.</exception>
    public static DnsName Parse(string text) =>
        TryParse(text, out var name, out var why) ? name : throw new FormatException($"'{text}' {why}");

    /// <summary>Takes a complete, uncompressed name in wire format.</summary>
    /// <param name="wire">The octets, the terminating zero among them and nothing behind it.</param>
    /// <param name="name">A copy of it, if it is a name.</param>
    public static bool TryFromWire(ReadOnlySpan<byte> wire, [NotNullWhen(true)] out DnsName? name)
    {
        name = null;
        if (wire.Length is 0 or > MaxWireLength)
            return false;
        var at = 0;
        while (at < wire.Length && wire[at] != 0)
        {
            if (wire[at] > MaxLabelLength)
                return false;
            at += wire[at] + 1;
        }

        if (at != wire.Length - 1)
            return false;
        name = new DnsName(wire.ToArray());
        return true;
    }

    /// <summary>The name with one more label in front, or null if it would be longer than 255 octets.</summary>
    /// <param name="label">1 to 63 ASCII characters, taken as they are: a dot becomes part of the label.</param>
    public DnsName? Prepend(string label)
    {
        ArgumentException.ThrowIfNullOrEmpty(label);
        if (label.Length > MaxLabelLength || wire.Length + label.Length + 1 > MaxWireLength)
            return null;
        var next = new byte[wire.Length + label.Length + 1];
        next[0] = (byte)label.Length;
        if (Encoding.ASCII.GetBytes(label, next.AsSpan(1)) != label.Length)
            return null;
        wire.CopyTo(next, label.Length + 1);
        return new DnsName(next);
    }

    /// <summary>Whether this is <paramref name="zone"/> or below it.</summary>
    public bool IsSubdomainOf(DnsName zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        for (var i = 0; ; i += wire[i] + 1)
        {
            var rest = wire.Length - i;
            if (rest == zone.wire.Length)
                return EqualsFolded(wire.AsSpan(i), zone.wire);
            if (rest < zone.wire.Length)
                return false;
        }
    }

    /// <summary>The labels from the left, in presentation format.</summary>
    public Seq<string> Labels()
    {
        var labels = new List<string>();
        for (var i = 0; wire[i] != 0; i += wire[i] + 1)
        {
            var label = new StringBuilder();
            AppendLabel(label, wire.AsSpan(i + 1, wire[i]));
            labels.Add(label.ToString());
        }

        return labels.ToSeq();
    }

    /// <inheritdoc/>
    public bool Equals(DnsName? other) =>
        other is not null && (ReferenceEquals(this, other) || EqualsFolded(wire, other.wire));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DnsName);

    /// <summary>A hash of the folded octets: equal for names that differ in case only.</summary>
    public override int GetHashCode()
    {
        var hash = 2166136261u;
        foreach (var octet in wire)
            hash = (hash ^ Fold(octet)) * 16777619u;
        return (int)hash;
    }

    /// <summary>Orders by the folded wire octets; a total order, but not DNSSEC's canonical one.</summary>
    public int CompareTo(DnsName? other)
    {
        if (other is null)
            return 1;
        var length = Math.Min(wire.Length, other.wire.Length);
        for (var i = 0; i < length; i++)
        {
            var difference = Fold(wire[i]) - Fold(other.wire[i]);
            if (difference != 0)
                return difference;
        }

        return wire.Length - other.wire.Length;
    }

    /// <summary>Presentation format, absolute: with the trailing dot, escapes where needed, case as given.</summary>
    public override string ToString()
    {
        if (text is not null)
            return text;
        var result = new StringBuilder();
        for (var i = 0; wire[i] != 0; i += wire[i] + 1)
        {
            AppendLabel(result, wire.AsSpan(i + 1, wire[i]));
            result.Append('.');
        }

        return text = result.Length == 0 ? "." : result.ToString();
    }

    /// <summary>Presentation format without the trailing dot; the root is <c>.</c>.</summary>
    public string ToHostString() => this.IsRoot ? "." : ToString()[..^1];

    /// <summary>Whether both name the same node.</summary>
    public static bool operator ==(DnsName? left, DnsName? right) => left?.Equals(right) ?? right is null;

    /// <summary>Whether they name different nodes.</summary>
    public static bool operator !=(DnsName? left, DnsName? right) => !(left == right);

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <(DnsName left, DnsName right) => Comparer<DnsName>.Default.Compare(left, right) < 0;

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >(DnsName left, DnsName right) => Comparer<DnsName>.Default.Compare(left, right) > 0;

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator <=(DnsName left, DnsName right) => Comparer<DnsName>.Default.Compare(left, right) <= 0;

    /// <summary>The order of <see cref="CompareTo"/>.</summary>
    public static bool operator >=(DnsName left, DnsName right) => Comparer<DnsName>.Default.Compare(left, right) >= 0;

    /// <summary>Lower case for A to Z, any other octet as it is (RFC 4343 section 3). Length octets are never letters.</summary>
    public static byte Fold(byte octet) => octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet;

    private static bool EqualsFolded(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        Ascii.EqualsIgnoreCase(left, right) || (left.Length == right.Length && SlowEquals(left, right));

    // Ascii.EqualsIgnoreCase is false for octets above 127, which a label may hold.
    private static bool SlowEquals(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (Fold(left[i]) != Fold(right[i]))
                return false;
        }

        return true;
    }

    private static bool CloseLabel(Span<byte> buffer, ref int labelStart, ref int length, [NotNullWhen(false)] out string? why)
    {
        var labelLength = length - labelStart - 1;
        if (labelLength is 0 or > MaxLabelLength)
        {
            why = labelLength == 0 ? "has an empty label (two dots in a row, or a dot in front)" : "has a label of more than 63 characters";
            return false;
        }

        if (length >= MaxWireLength)
        {
            why = "is longer than 253 characters";
            return false;
        }

        buffer[labelStart] = (byte)labelLength;
        labelStart = length++;
        why = null;
        return true;
    }

    private static bool TryUnescape(string text, ref int i, out char c)
    {
        c = default;
        if (++i >= text.Length)
            return false;
        if (!char.IsAsciiDigit(text[i]))
        {
            c = text[i];
            return true;
        }

        if (i + 2 >= text.Length || !byte.TryParse(text.AsSpan(i, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            return false;
        i += 2;
        c = (char)code;
        return true;
    }

    private static void AppendLabel(StringBuilder result, ReadOnlySpan<byte> label)
    {
        foreach (var octet in label)
        {
            if (octet is (byte)'.' or (byte)'\\')
                result.Append('\\').Append((char)octet);
            else if (octet is > 0x20 and < 0x7f)
                result.Append((char)octet);
            else
                result.Append('\\').Append(octet.ToString("D3", CultureInfo.InvariantCulture));
        }
    }
}
