using System.Buffers;
using System.Globalization;
using System.Text;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>
/// An IP address as Go's <c>net</c> package sees it: every address is 128 bits, an IPv4 address is one of <c>::ffff:0:0/96</c>.
/// Reads the lax forms that old objects may have, so that the rules can say what is wrong with them.
/// </summary>
/// <param name="Bits">The 128 bits.</param>
/// <param name="Colons">Whether it was written with colons.</param>
/// <param name="LeadingZeros">Whether a decimal octet was written with leading zeros, or a group of IPv6 with more digits than four.</param>
internal readonly record struct GoIP(UInt128 Bits, bool Colons, bool LeadingZeros)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly UInt128 Mapped = (UInt128)0xFFFF << 32;

    /// <summary>Whether it is an IPv4 address, written either way.</summary>
    public bool Is4 => Bits >> 32 == 0xFFFF;

    /// <summary>Whether it is an IPv4 address inside an IPv6 one.</summary>
    public bool Is4In6 => Is4 && Colons;

    public bool IsUnspecified => Is4 ? V4 == 0 : Bits == 0;

    public bool IsLoopback => Is4 ? V4 >> 24 == 127 : Bits == 1;

    public bool IsLinkLocalUnicast => Is4 ? V4 >> 16 == 0xA9FE : Bits >> 118 == 0x3FA;

    public bool IsLinkLocalMulticast => Is4 ? V4 >> 8 == 0xE00000 : (Bits >> 112 & 0xFF0F) == 0xFF02;

    private uint V4 => (uint)Bits;

    /// <summary>Reads an address; a zone, brackets or a prefix are none.</summary>
    public static bool TryParse(string text, out GoIP address)
    {
        address = default;
        if (text.Length is 0 or > 60)
            return false;
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            var read = TryV4(text, out var v4, out var zeros);
            address = new(Mapped | v4, false, zeros);
            return read;
        }

        return TryV6(text, out address);
    }

    /// <summary>The address with the bits behind a prefix of 128 bits cleared.</summary>
    public GoIP Masked(int prefix) => this with { Bits = prefix == 0 ? 0 : Bits & (UInt128.MaxValue << (128 - prefix)) };

    /// <summary>Dotted decimal for IPv4, RFC 5952 for IPv6.</summary>
    public override string ToString()
    {
        if (Is4)
            return $"{V4 >> 24}.{V4 >> 16 & 255}.{V4 >> 8 & 255}.{V4 & 255}";
        return Text6();
    }

    /// <summary>RFC 5952, also for an IPv4 address.</summary>
    private string Text6()
    {
        Span<int> groups = stackalloc int[8];
        for (var i = 0; i < 8; i++)
            groups[i] = (int)(Bits >> (112 - (16 * i)) & 0xFFFF);
        var (start, length) = (-1, 1);
        for (var i = 0; i < 8; i++)
        {
            var end = i;
            while (end < 8 && groups[end] == 0)
                end++;
            if (end - i > length)
                (start, length) = (i, end - i);
            i = Math.Max(i, end);
        }

        var text = new StringBuilder();
        for (var i = 0; i < 8; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }

            if (text.Length > 0 && text[^1] != ':')
                text.Append(':');
            text.Append(groups[i].ToString("x", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static bool TryV4(ReadOnlySpan<char> text, out uint address, out bool zeros)
    {
        address = 0;
        zeros = false;
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4 || part.IsEmpty || part.ContainsAnyExceptInRange('0', '9'))
                return false;
            var digits = part.TrimStart('0');
            if (digits.Length > 3)
                return false;
            var value = digits.IsEmpty ? 0 : uint.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
            if (value > 255)
                return false;
            zeros |= part.Length > 1 && part[0] == '0';
            address = (address << 8) | value;
        }

        return parts == 4;
    }

    private static bool TryV6(ReadOnlySpan<char> text, out GoIP address)
    {
        address = default;
        UInt128 bits = 0;
        var zeros = false;
        var groups = 0;
        var gap = -1;
        if (text.StartsWith("::"))
        {
            gap = 0;
            text = text[2..];
        }

        while (!text.IsEmpty)
        {
            if (groups >= 8)
                return false;
            var digits = text.IndexOfAnyExcept(HexDigits);
            digits = digits < 0 ? text.Length : digits;
            if (digits < text.Length && text[digits] == '.')
            {
                if (groups > 6 || (gap < 0 && groups != 6) || !TryV4(text, out var v4, out var octets))
                    return false;
                zeros |= octets;
                bits = (bits << 32) | v4;
                groups += 2;
                text = default;
                break;
            }

            var group = text[..digits].TrimStart('0');
            if (digits == 0 || group.Length > 4)
                return false;
            zeros |= digits > 4;
            bits = (bits << 16) | (group.IsEmpty ? 0 : uint.Parse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            groups++;
            text = text[digits..];
            if (text.IsEmpty)
                break;
            if (text[0] != ':' || text.Length == 1)
                return false;
            text = text[1..];
            if (text[0] != ':')
                continue;
            if (gap >= 0)
                return false;
            gap = groups;
            text = text[1..];
        }

        if (gap < 0 ? groups != 8 : groups >= 8)
            return false;
        if (gap >= 0)
        {
            var tail = 16 * (groups - gap);
            var low = tail == 0 ? 0 : bits & (UInt128.MaxValue >> (128 - tail));
            var high = gap == 0 ? 0 : bits >> tail << (128 - (16 * gap));
            bits = high | low;
        }

        address = new(bits, true, zeros);
        return true;
    }
}
