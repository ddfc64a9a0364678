using System.Globalization;

namespace Elsewhere.Http.Http1Client;

/// <summary>What is wrong with an origin's answer, or with the connection that it should have come by.</summary>
internal enum AnswerFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The first line is no status line of HTTP/1 (RFC 9112 section 4).</summary>
    StatusLineMalformed,

    /// <summary>A line ends with LF alone.</summary>
    BareLineFeed,

    /// <summary>A CR that no LF follows.</summary>
    BareCarriageReturn,

    /// <summary>NUL or another control character.</summary>
    ControlByte,

    /// <summary>A line that begins with white space (obs-fold, RFC 9112 section 5.2).</summary>
    FoldedLine,

    /// <summary>A line without a colon.</summary>
    FieldWithoutColon,

    /// <summary>A name that is no token, or none.</summary>
    FieldNameMalformed,

    /// <summary>White space between a name and its colon (RFC 9112 section 5.1).</summary>
    SpaceBeforeColon,

    /// <summary>More bytes of head and trailers, interim answers included, than are taken.</summary>
    HeadTooLarge,

    /// <summary>More field lines than are taken.</summary>
    TooManyFields,

    /// <summary>A length that is no number.</summary>
    LengthMalformed,

    /// <summary>More than one length.</summary>
    LengthRepeated,

    /// <summary>Both a length and a coding (RFC 9112 section 6.3).</summary>
    LengthAndCoding,

    /// <summary>A coding that is not chunked alone, once.</summary>
    CodingUnknown,

    /// <summary>A coding in HTTP/1.0, which has none (RFC 9112 section 6.1).</summary>
    CodingInOldVersion,

    /// <summary>101 without being asked, or to what was not asked for.</summary>
    SwitchUnasked,

    /// <summary>An answer without an error to what is nothing but a switch, and no switch (RFC 8441 section 5.1: to a client of HTTP/2 it would be one).</summary>
    NotSwitched,

    /// <summary>A chunk without a size, with one that is no number, or one of 2 GiB or more.</summary>
    ChunkSizeMalformed,

    /// <summary>A chunk extension that is none, or more of them than are taken.</summary>
    ChunkExtensionMalformed,

    /// <summary>No CRLF behind the data of a chunk.</summary>
    ChunkEndMissing,

    /// <summary>A pseudo-header field other than one :status in front, or one in trailers (RFC 9113 section 8.3).</summary>
    PseudoFieldMisplaced,

    /// <summary>No :status of three digits (RFC 9113 section 8.3.2).</summary>
    StatusMissing,

    /// <summary>A field of HTTP/1.1's connections in HTTP/2 (RFC 9113 section 8.2.2).</summary>
    FieldOfConnection,

    /// <summary>More or less content than Content-Length says (RFC 9113 section 8.1.1).</summary>
    LengthWrong,

    /// <summary>A frame of HTTP/2 that is none, or none at this place.</summary>
    FrameMalformed,

    /// <summary>A field block that does not decode (RFC 9113 section 4.3).</summary>
    BlockMalformed,

    /// <summary>More content than the window has room for (RFC 9113 section 5.2).</summary>
    WindowExceeded,

    /// <summary>Frames without end that are of no use.</summary>
    Flood,

    /// <summary>The origin did nothing with the request, and says so (REFUSED_STREAM, or a GOAWAY that does not count it; RFC 9113 section 8.7).</summary>
    StreamRefused,

    /// <summary>RST_STREAM before the answer was complete.</summary>
    StreamReset,

    /// <summary>The connection ended or was reset before the first byte of an answer.</summary>
    Closed,

    /// <summary>The connection ended or was reset before the answer was complete.</summary>
    CutOff,
}

/// <summary>What the faults mean to people.</summary>
internal static class AnswerFaults
{
    /// <summary>The end of a sentence that begins with the origin.</summary>
    public static string Explain(AnswerFault fault) => fault switch
    {
        AnswerFault.None => "answers",
        AnswerFault.StatusLineMalformed => "does not answer in HTTP/1: its first line is no status line",
        AnswerFault.BareLineFeed => "ends a line with LF alone, where HTTP has CR LF",
        AnswerFault.BareCarriageReturn => "sends a CR that no LF follows",
        AnswerFault.ControlByte => "sends a control character in its header or between its chunks",
        AnswerFault.FoldedLine => "folds a header field over two lines, which some would read as two fields",
        AnswerFault.FieldWithoutColon => "sends a header line without a colon",
        AnswerFault.FieldNameMalformed => "sends a header field whose name is no token",
        AnswerFault.SpaceBeforeColon => "sends a header field with white space in front of its colon",
        AnswerFault.HeadTooLarge => $"sends more than {AnswerLimits.Default.Head / 1024} KiB of header",
        AnswerFault.TooManyFields => string.Create(CultureInfo.InvariantCulture, $"sends more than {AnswerLimits.Default.Fields:N0} header fields"),
        AnswerFault.LengthMalformed => "sends a Content-Length that is no number",
        AnswerFault.LengthRepeated => "sends more than one Content-Length",
        AnswerFault.LengthAndCoding => "sends both Content-Length and Transfer-Encoding",
        AnswerFault.CodingUnknown => "sends a Transfer-Encoding other than chunked",
        AnswerFault.CodingInOldVersion => "sends a Transfer-Encoding in HTTP/1.0, which has none",
        AnswerFault.SwitchUnasked => "switches to a protocol that was not asked for",
        AnswerFault.NotSwitched => "answers a WebSocket without switching to it, and without an error",
        AnswerFault.ChunkSizeMalformed => "sends a chunk whose size is no hexadecimal number, or too large",
        AnswerFault.ChunkExtensionMalformed => "sends chunk extensions that are malformed or too long",
        AnswerFault.ChunkEndMissing => "sends a chunk that is longer than its size",
        AnswerFault.PseudoFieldMisplaced => "sends a pseudo-header field where none may stand",
        AnswerFault.StatusMissing => "sends an answer of HTTP/2 without a :status of three digits",
        AnswerFault.FieldOfConnection => "sends a field of HTTP/1.1's connections in HTTP/2",
        AnswerFault.LengthWrong => "sends more or less content than its Content-Length says",
        AnswerFault.FrameMalformed => "does not speak HTTP/2: it sends a frame that is malformed, or has no place where it stands",
        AnswerFault.BlockMalformed => "sends a header block that does not decode",
        AnswerFault.WindowExceeded => "sends more than the window of HTTP/2 has room for",
        AnswerFault.Flood => "sends frames of HTTP/2 without end that are of no use",
        AnswerFault.StreamRefused => "refused the stream",
        AnswerFault.StreamReset => "reset the stream before its answer was complete",
        AnswerFault.Closed => "ended the connection before it answered",
        AnswerFault.CutOff => "ended the connection before its answer was complete",
    };
}

/// <summary>An answer that is none. The connection that it came by is closed.</summary>
internal sealed class AnswerException : IOException
{
    /// <summary>Names a fault.</summary>
    /// <param name="fault">What it is.</param>
    /// <param name="wasIdle">Whether the connection had been used before, so that the origin may have closed it while nobody needed it.</param>
    /// <param name="inner">Where it comes from.</param>
    public AnswerException(AnswerFault fault, bool wasIdle = false, Exception? inner = null)
        : base(AnswerFaults.Explain(fault), inner) => (Fault, WasIdle) = (fault, wasIdle);

    /// <summary>What it is.</summary>
    public AnswerFault Fault { get; }

    /// <summary>Whether the connection had been used before.</summary>
    public bool WasIdle { get; }
}
