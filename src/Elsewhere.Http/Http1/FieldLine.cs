using System.Buffers.Text;
using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>Reads one field line (RFC 9112 section 5), without its CRLF and without control characters.</summary>
internal static class FieldLine
{
    /// <summary>What is wrong with a line of the head; nothing if it may pass.</summary>
    internal static Http1Refusal Check(ReadOnlySpan<byte> line, RequestHead head)
    {
        var colon = line.IndexOfAnyExcept(Http1Bytes.Token);
        if (colon <= 0 || line[colon] != ':')
            return WhatIsWrong(line, colon);
        var name = line[..colon];
        return name.Length switch
        {
            4 when Is(name, "host"u8) => Host(ValueOf(line, colon), head),
            6 when Is(name, "expect"u8) => Expect(ValueOf(line, colon), head),
            6 when Is(name, "accept"u8) => Accept(ValueOf(line, colon), head),
            7 when Is(name, "upgrade"u8) => Upgrade(ValueOf(line, colon), head),
            10 when Is(name, "connection"u8) => Connection(ValueOf(line, colon), head),
            14 when Is(name, "content-length"u8) => Length(ValueOf(line, colon), head),
            17 when Is(name, "transfer-encoding"u8) => Coding(ValueOf(line, colon), head),
            // CGI and its children read an underscore as a hyphen.
            14 when Is(name, "content_length"u8) => Http1Refusal.FieldNameMalformed,
            17 when Is(name, "transfer_encoding"u8) => Http1Refusal.FieldNameMalformed,
            _ => Http1Refusal.None,
        };
    }

    /// <summary>What is wrong with a trailer; nothing if it may pass.</summary>
    internal static Http1Refusal CheckTrailer(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOfAnyExcept(Http1Bytes.Token);
        if (colon <= 0 || line[colon] != ':')
            return WhatIsWrong(line, colon);
        return TrailerNames.MayTrail(line[..colon]) ? Http1Refusal.None : Http1Refusal.TrailerRefused;
    }

    /// <summary>The name of a line that has passed.</summary>
    internal static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> line) => line[..line.IndexOf((byte)':')];

    /// <summary>The value of a line whose colon is at <paramref name="colon"/>, without the white space around it.</summary>
    internal static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> line, int colon) => line[(colon + 1)..].Trim(" \t"u8);

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(name, lower);

    private static Http1Refusal WhatIsWrong(ReadOnlySpan<byte> line, int at)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
            return Http1Refusal.FoldedLine;
        if (!line.Contains((byte)':'))
            return Http1Refusal.FieldWithoutColon;
        return line[at..].TrimStart(" \t"u8) is [(byte)':', ..] && at > 0 ? Http1Refusal.SpaceBeforeColon : Http1Refusal.FieldNameMalformed;
    }

    private static Http1Refusal Host(ReadOnlySpan<byte> value, RequestHead head)
    {
        if (head.HasHost)
            return Http1Refusal.HostRepeated;
        head.HasHost = true;
        if (!HostField.IsValid(value))
            return Http1Refusal.HostMalformed;
        return head.MatchesTarget(value) ? Http1Refusal.None : Http1Refusal.HostDiffers;
    }

    private static Http1Refusal Expect(ReadOnlySpan<byte> value, RequestHead head)
    {
        if (head.ExpectsContinue || !Ascii.EqualsIgnoreCase(value, "100-continue"u8))
            return Http1Refusal.ExpectationUnknown;
        head.ExpectsContinue = true;
        return Http1Refusal.None;
    }

    private static Http1Refusal Accept(ReadOnlySpan<byte> value, RequestHead head)
    {
        head.AcceptsJson |= AcceptField.PrefersJson(value);
        return Http1Refusal.None;
    }

    private static Http1Refusal Upgrade(ReadOnlySpan<byte> value, RequestHead head)
    {
        head.UpgradeOffered |= !value.IsEmpty && !Ascii.EqualsIgnoreCase(value, "h2c"u8);
        return Http1Refusal.None;
    }

    private static Http1Refusal Connection(ReadOnlySpan<byte> value, RequestHead head)
    {
        foreach (var part in value.Split((byte)','))
        {
            var option = value[part].Trim(" \t"u8);
            if (Ascii.EqualsIgnoreCase(option, "upgrade"u8))
                head.ConnectionUpgrade = true;
            else if (!option.IsEmpty && !Ascii.EqualsIgnoreCase(option, "close"u8) && !Ascii.EqualsIgnoreCase(option, "keep-alive"u8))
                head.ConnectionNamesFields = true;
        }

        return Http1Refusal.None;
    }

    /// <summary>Leading zeros are refused: C's strtol reads 010 as 8.</summary>
    private static Http1Refusal Length(ReadOnlySpan<byte> value, RequestHead head)
    {
        if (head.Length is not null)
            return Http1Refusal.LengthRepeated;
        if (head.IsChunked)
            return Http1Refusal.LengthAndCoding;
        if (value.IsEmpty || value.ContainsAnyExcept(Http1Bytes.Digits) || value is [(byte)'0', _, ..]
            || !Utf8Parser.TryParse(value, out long length, out var read) || read != value.Length)
        {
            return Http1Refusal.LengthMalformed;
        }

        head.Length = length;
        return Http1Refusal.None;
    }

    private static Http1Refusal Coding(ReadOnlySpan<byte> value, RequestHead head)
    {
        if (head.IsOldVersion)
            return Http1Refusal.CodingInOldVersion;
        if (head.IsChunked)
            return Http1Refusal.CodingRepeated;
        if (head.Length is not null)
            return Http1Refusal.LengthAndCoding;
        if (!Ascii.EqualsIgnoreCase(value, "chunked"u8))
            return WhatIsWrong(value);
        head.IsChunked = true;
        return Http1Refusal.None;
    }

    /// <summary>Codings of which the last is chunked, once, are well-formed, but nobody uses them; anything else leaves the length unknown.</summary>
    private static Http1Refusal WhatIsWrong(ReadOnlySpan<byte> codings)
    {
        var chunked = 0;
        var last = false;
        var malformed = false;
        foreach (var part in codings.Split((byte)','))
        {
            var coding = codings[part].Trim(" \t"u8);
            malformed |= coding.IsEmpty || coding.ContainsAnyExcept(Http1Bytes.Token);
            last = Is(coding, "chunked"u8);
            chunked += last ? 1 : 0;
        }

        return malformed || chunked > 1 || (chunked == 1 && !last) ? Http1Refusal.CodingMalformed : Http1Refusal.CodingUnknown;
    }
}
