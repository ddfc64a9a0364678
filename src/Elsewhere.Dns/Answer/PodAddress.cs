namespace Elsewhere.Dns;

/// <summary>The address that a Pod's name spells, <c>10-0-0-1</c> or <c>2001-db8--1</c> (CoreDNS' form).</summary>
internal static class PodAddress
{
    /// <summary>Reads a folded label.</summary>
    /// <param name="label">The label, its dashes instead of dots or colons.</param>
    /// <param name="address">16 octets.</param>
    /// <returns>How many octets the address has: 4, 16, or 0 if the label spells none.</returns>
    public static int Parse(ReadOnlySpan<byte> label, Span<byte> address) =>
        label.Count((byte)'-') == 3 && label.IndexOf("--"u8) < 0 ? ParseFour(label, address) : ParseSix(label, address);

    private static int ParseFour(ReadOnlySpan<byte> label, Span<byte> address)
    {
        var part = 0;
        foreach (var range in label.Split((byte)'-'))
        {
            var digits = label[range];
            if (digits.Length is 0 or > 3 || (digits.Length > 1 && digits[0] == '0'))
                return 0;
            var value = 0;
            foreach (var digit in digits)
            {
                if (digit is < (byte)'0' or > (byte)'9')
                    return 0;
                value = (value * 10) + digit - '0';
            }

            if (value > 255)
                return 0;
            address[part++] = (byte)value;
        }

        return 4;
    }

    // RFC 4291 section 2.2 with dashes; at most one run of groups left out.
    private static int ParseSix(ReadOnlySpan<byte> label, Span<byte> address)
    {
        var gap = label.IndexOf("--"u8);
        if (gap < 0)
            return ParseGroups(label, address) == 16 ? 16 : 0;
        Span<byte> tail = stackalloc byte[16];
        var head = ParseGroups(label[..gap], address);
        var rest = ParseGroups(label[(gap + 2)..], tail);
        if (head < 0 || rest < 0 || head + rest > 14)
            return 0;
        address[head..16].Clear();
        tail[..rest].CopyTo(address[(16 - rest)..]);
        return 16;
    }

    private static int ParseGroups(ReadOnlySpan<byte> text, Span<byte> octets)
    {
        if (text.IsEmpty)
            return 0;
        var length = 0;
        foreach (var range in text.Split((byte)'-'))
        {
            var digits = text[range];
            if (digits.Length is 0 or > 4 || length == 16)
                return -1;
            var value = 0;
            foreach (var digit in digits)
            {
                var hex = digit switch
                {
                    >= (byte)'0' and <= (byte)'9' => digit - '0',
                    >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
                    _ => -1,
                };
                if (hex < 0)
                    return -1;
                value = (value << 4) | hex;
            }

            octets[length++] = (byte)(value >> 8);
            octets[length++] = (byte)value;
        }

        return length;
    }
}
