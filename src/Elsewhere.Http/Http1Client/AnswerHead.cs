using System.Buffers.Text;
using System.Text;
using Elsewhere.Http.Http1;

namespace Elsewhere.Http.Http1Client;

/// <summary>Reads the head of an answer (RFC 9112 sections 4 to 6), strictly: what has two meanings has none. Used again for the next head; nothing of the network is here.</summary>
/// <param name="limits">What is taken.</param>
internal sealed class AnswerHead(AnswerLimits limits)
{
    private const int StatusAt = 9, StatusEnd = 12;

    private bool closes;
    private bool keepsAlive;
    private int at;
    private int scanned;

    /// <summary>The field lines.</summary>
    public FieldLines Fields { get; } = new();

    /// <summary>100 to 999.</summary>
    public int Status { get; private set; }

    /// <summary>The reason phrase; null without one.</summary>
    public string? Reason { get; private set; }

    /// <summary>HTTP/1.0.</summary>
    public bool IsOldVersion { get; private set; }

    /// <summary>What Content-Length says; null without one.</summary>
    public long? Length { get; private set; }

    /// <summary>Whether the body comes in chunks.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>Seconds for which the origin keeps the connection without a request; null if it does not say.</summary>
    public int? KeptFor { get; private set; }

    /// <summary>Whether the origin takes another request on the connection (RFC 9112 section 9.3).</summary>
    public bool IsPersistent => !closes && (!IsOldVersion || keepsAlive) && KeptFor != 0;

    /// <summary>Begins another head.</summary>
    public void Clear()
    {
        Fields.Clear();
        (Status, Length, KeptFor, at, scanned) = (0, null, null, 0, 0);
        IsOldVersion = IsChunked = closes = keepsAlive = false;
    }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">All that came, from the first byte of the head on.</param>
    /// <param name="most">How long it may be.</param>
    /// <param name="length">How long it is; 0 if its end has not come.</param>
    public AnswerFault Read(ReadOnlySpan<byte> bytes, int most, out int length)
    {
        length = 0;
        bytes = bytes.Length > most ? bytes[..most] : bytes;
        var first = "HTTP/1."u8;
        if (at == 0 && !bytes[..Math.Min(bytes.Length, first.Length)].SequenceEqual(first[..Math.Min(bytes.Length, first.Length)]))
            return AnswerFault.StatusLineMalformed;
        while (true)
        {
            if (WireLine.Cut(bytes[at..], ref scanned, out var lineLength) is var wrong and not AnswerFault.None)
                return wrong;
            if (lineLength < 0)
                return bytes.Length >= most ? AnswerFault.HeadTooLarge : AnswerFault.None;
            var line = bytes.Slice(at, lineLength);
            var isFirst = at == 0;
            at += lineLength + 2;
            if (!isFirst && line.IsEmpty)
            {
                length = at;
                return AnswerFault.None;
            }

            wrong = isFirst ? StatusLine(line) : FieldOf(line);
            if (wrong != AnswerFault.None)
                return wrong;
        }
    }

    // HTTP/1.x SP 3DIGIT [SP reason]: many leave out the space where there is no reason, and nobody misreads that.
    private AnswerFault StatusLine(ReadOnlySpan<byte> line)
    {
        if (line.Length < StatusEnd || !char.IsAsciiDigit((char)line[7]) || line[8] != ' ' || (line.Length > StatusEnd && line[StatusEnd] != ' '))
            return AnswerFault.StatusLineMalformed;
        if (!Utf8Parser.TryParse(line[StatusAt..StatusEnd], out uint status, out var read) || read != 3 || status < 100)
            return AnswerFault.StatusLineMalformed;
        IsOldVersion = line[7] == '0';
        Status = (int)status;
        var reason = line.Length > StatusEnd ? line[(StatusEnd + 1)..] : default;
        if (Reason is not { } last || !Ascii.Equals(reason, last))
            Reason = reason.IsEmpty ? null : Encoding.Latin1.GetString(reason);
        return AnswerFault.None;
    }

    private AnswerFault FieldOf(ReadOnlySpan<byte> line)
    {
        if (WireLine.Field(line, out var name, out var value) is var wrong and not AnswerFault.None)
            return wrong;
        if (Fields.Count == limits.Fields)
            return AnswerFault.TooManyFields;
        Fields.Add(name, value);
        return name.Length switch
        {
            10 when Is(name, "connection"u8) => Connection(value),
            10 when Is(name, "keep-alive"u8) => KeepAlive(value),
            14 when Is(name, "content-length"u8) => LengthOf(value),
            17 when Is(name, "transfer-encoding"u8) => Coding(value),
            _ => AnswerFault.None,
        };
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(name, lower);

    private AnswerFault Connection(ReadOnlySpan<byte> value)
    {
        foreach (var part in value.Split((byte)','))
        {
            var option = value[part].Trim(" \t"u8);
            closes |= Is(option, "close"u8);
            keepsAlive |= Is(option, "keep-alive"u8);
        }

        return AnswerFault.None;
    }

    // RFC 2068 section 19.7.1: what is not understood is no reason to refuse anything.
    private AnswerFault KeepAlive(ReadOnlySpan<byte> value)
    {
        foreach (var part in value.Split((byte)','))
        {
            var parameter = value[part].Trim(" \t"u8);
            if (parameter.Length > 8 && Is(parameter[..8], "timeout="u8) && Utf8Parser.TryParse(parameter[8..], out int seconds, out var read) && read == parameter.Length - 8)
                KeptFor = Math.Max(0, seconds);
        }

        return AnswerFault.None;
    }

    // Leading zeros are refused, as in requests: C's strtol reads 010 as 8.
    private AnswerFault LengthOf(ReadOnlySpan<byte> value)
    {
        if (Length is not null)
            return AnswerFault.LengthRepeated;
        if (IsChunked)
            return AnswerFault.LengthAndCoding;
        if (value.IsEmpty || value.ContainsAnyExcept(Http1Bytes.Digits) || value is [(byte)'0', _, ..]
            || !Utf8Parser.TryParse(value, out long length, out var read) || read != value.Length)
        {
            return AnswerFault.LengthMalformed;
        }

        Length = length;
        return AnswerFault.None;
    }

    private AnswerFault Coding(ReadOnlySpan<byte> value)
    {
        if (IsOldVersion)
            return AnswerFault.CodingInOldVersion;
        if (Length is not null)
            return AnswerFault.LengthAndCoding;
        if (IsChunked || !Is(value, "chunked"u8))
            return AnswerFault.CodingUnknown;
        IsChunked = true;
        return AnswerFault.None;
    }
}
