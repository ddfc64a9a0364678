namespace Elsewhere.Http.Http1;

/// <summary>Reads the line with a chunk's size (RFC 9112 section 7.1), without its CRLF and without control characters.</summary>
internal static class ChunkLine
{
    /// <summary>What is wrong with <paramref name="line"/>; nothing if it may pass.</summary>
    /// <param name="line">The size and the extensions.</param>
    /// <param name="size">Bytes of data that follow, less than 2 GiB.</param>
    /// <param name="extensions">Length of the extensions.</param>
    internal static Http1Refusal Check(ReadOnlySpan<byte> line, out long size, out int extensions)
    {
        size = 0;
        extensions = 0;
        var digits = 0;
        for (; digits < line.Length && HexValue(line[digits]) is var digit and >= 0; digits++)
        {
            if (digits == 16)
                return Http1Refusal.ChunkSizeMalformed;
            size = (size << 4) | (uint)digit;
        }

        if (digits == 0)
            return Http1Refusal.ChunkSizeMalformed;
        extensions = line.Length - digits;
        if (extensions > 0 && line[digits] != ';')
            return Http1Refusal.ChunkSizeMalformed;
        if (!AreExtensions(line[digits..]))
            return Http1Refusal.ChunkExtensionMalformed;
        return (ulong)size > int.MaxValue ? Http1Refusal.ChunkTooLarge : Http1Refusal.None;
    }

    /// <summary><c>*( ";" token [ "=" ( token / quoted-string ) ] )</c>; white space around them (BWS) is bad by its name, and refused.</summary>
    private static bool AreExtensions(ReadOnlySpan<byte> rest)
    {
        while (rest is [(byte)';', ..])
        {
            rest = rest[1..];
            if (!TakeToken(ref rest))
                return false;
            if (rest is not [(byte)'=', ..])
                continue;
            rest = rest[1..];
            if (!(rest is [(byte)'"', ..] ? TakeQuoted(ref rest) : TakeToken(ref rest)))
                return false;
        }

        return rest.IsEmpty;
    }

    private static bool TakeToken(ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOfAnyExcept(Http1Bytes.Token);
        var length = end < 0 ? rest.Length : end;
        rest = rest[length..];
        return length > 0;
    }

    private static bool TakeQuoted(ref ReadOnlySpan<byte> rest)
    {
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..];
                return true;
            }

            if (rest[i] == '\\')
                i++;
        }

        return false;
    }

    private static int HexValue(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };
}
