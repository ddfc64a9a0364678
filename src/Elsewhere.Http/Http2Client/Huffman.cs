namespace Elsewhere.Http.Http2Client;

/// <summary>
/// Decodes the Huffman code of HPACK (RFC 7541 section 5.2). The code is canonical, so that the lengths of Appendix B are all there is to know: among codes of one length
/// the order is that of the bytes.
/// </summary>
internal static class Huffman
{
    private const int EndOfString = 256, Longest = 30, Shortest = 5;

    private static readonly byte[] lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    // For each length: the first code of it, how many there are, and where their symbols begin.
    private static readonly uint[] first = new uint[Longest + 1];
    private static readonly int[] count = new int[Longest + 1];
    private static readonly int[] start = new int[Longest + 1];
    private static readonly ushort[] symbols = new ushort[EndOfString + 1];

#pragma warning disable CA1810 // The tables depend on each other.
    static Huffman()
#pragma warning restore CA1810
    {
        var (code, at) = (0u, 0);
        for (var length = 1; length <= Longest; length++)
        {
            code <<= 1;
            (first[length], start[length]) = (code, at);
            for (var symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (lengths[symbol] != length)
                    continue;
                symbols[at++] = (ushort)symbol;
                count[length]++;
                code++;
            }
        }
    }

    /// <summary>The most bytes that so many coded bytes can stand for.</summary>
    public static int MostDecoded(int coded) => (int)((long)coded * 8 / Shortest);

    /// <summary>Decodes a string.</summary>
    /// <param name="coded">The coded bytes.</param>
    /// <param name="output">As large as <see cref="MostDecoded"/> says.</param>
    /// <param name="length">How many bytes it stands for.</param>
    /// <returns>False where it holds the end-of-string symbol, or its padding is not the beginning of that, or is longer than 7 bits.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> coded, Span<byte> output, out int length)
    {
        length = 0;
        var (code, bits) = (0u, 0);
        foreach (var octet in coded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                code = (code << 1) | ((uint)(octet >> bit) & 1);
                bits++;
                if (bits > Longest)
                    return false;
                if (code < first[bits] || code - first[bits] >= (uint)count[bits])
                    continue;
                var symbol = symbols[start[bits] + (int)(code - first[bits])];
                if (symbol == EndOfString)
                    return false;
                output[length++] = (byte)symbol;
                (code, bits) = (0, 0);
            }
        }

        return bits < 8 && code == (1u << bits) - 1;
    }
}
