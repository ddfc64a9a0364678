using Elsewhere.Http.Http1;

namespace Elsewhere.Http.Http1Client;

/// <summary>Cuts one line off bytes that lie in one piece and grow at their end. What is wrong with a line does not depend on how much of it came at once.</summary>
internal static class WireLine
{
    /// <summary>Looks for the end of a line: CR LF, with no other control character than HTAB before it.</summary>
    /// <param name="bytes">The line from its first byte on, and whatever follows.</param>
    /// <param name="scanned">How many bytes were looked at before; zero for a new line.</param>
    /// <param name="length">Its length without CR LF; -1 if its end has not come.</param>
    public static AnswerFault Cut(ReadOnlySpan<byte> bytes, ref int scanned, out int length)
    {
        length = -1;
        var stop = bytes[scanned..].IndexOfAny(Http1Bytes.Controls);
        if (stop < 0)
        {
            scanned = bytes.Length;
            return AnswerFault.None;
        }

        stop += scanned;
        if (bytes[stop] != '\r')
            return bytes[stop] == '\n' ? AnswerFault.BareLineFeed : AnswerFault.ControlByte;
        if (stop + 1 == bytes.Length)
        {
            scanned = stop;
            return AnswerFault.None;
        }

        if (bytes[stop + 1] != '\n')
            return AnswerFault.BareCarriageReturn;
        scanned = 0;
        length = stop;
        return AnswerFault.None;
    }

    /// <summary>What is wrong with a field line; its name and value if nothing is.</summary>
    public static AnswerFault Field(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var colon = line.IndexOfAnyExcept(Http1Bytes.Token);
        if (colon <= 0 || line[colon] != ':')
        {
            name = value = default;
            if (line[0] is (byte)' ' or (byte)'\t')
                return AnswerFault.FoldedLine;
            if (!line.Contains((byte)':'))
                return AnswerFault.FieldWithoutColon;
            return colon > 0 && line[colon..].TrimStart(" \t"u8) is [(byte)':', ..] ? AnswerFault.SpaceBeforeColon : AnswerFault.FieldNameMalformed;
        }

        name = line[..colon];
        value = line[(colon + 1)..].Trim(" \t"u8);
        return AnswerFault.None;
    }
}
