namespace Elsewhere.Dns;

/// <summary>Reads names in messages (RFC 1035 section 4.1.4).</summary>
internal static class MessageName
{
    // A name has at most 127 labels, and a pointer that is worth its two octets leads to at least one: so reading any name is bounded, and a message is O(n).
    private const int MaxPointers = 127;

    /// <summary>
    /// Uncompresses the name at an offset. A pointer must lead to before the place where its own part of the name starts, so that there can be no loop.
    /// </summary>
    /// <param name="message">The whole message.</param>
    /// <param name="offset">Where the name starts; behind its last octet there on success.</param>
    /// <param name="target">At least 255 octets.</param>
    /// <param name="length">How many octets of it are the name, the root's zero among them.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int offset, Span<byte> target, out int length)
    {
        length = 0;
        int at = offset, partStart = offset, end = -1, pointers = 0;
        while (at < message.Length)
        {
            var octet = message[at];
            if (octet == 0)
            {
                if (length + 1 > 255)
                    return false;
                target[length++] = 0;
                offset = end < 0 ? at + 1 : end;
                return true;
            }

            if (octet >= 0xc0)
            {
                if (at + 1 >= message.Length || ++pointers > MaxPointers)
                    return false;
                if (end < 0)
                    end = at + 2;
                var to = ((octet & 0x3f) << 8) | message[at + 1];
                if (to >= partStart || to < 12)
                    return false;
                at = partStart = to;
                continue;
            }

            // 01 and 10 in the upper bits are no label types any more (RFC 6891 section 5).
            if (octet > 63 || at + 1 + octet > message.Length || length + 1 + octet > 254)
                return false;
            message.Slice(at, octet + 1).CopyTo(target[length..]);
            length += octet + 1;
            at += octet + 1;
        }

        return false;
    }
}
