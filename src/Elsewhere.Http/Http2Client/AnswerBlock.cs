using System.Buffers;
using System.Buffers.Text;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Http2Client;

/// <summary>Checks the fields of one block of an answer (RFC 9113 sections 8.1.1, 8.2 and 8.3.2), and keeps them. Used again for the next block.</summary>
/// <param name="limits">What is taken.</param>
internal sealed class AnswerBlock(AnswerLimits limits)
{
    // RFC 9113 section 6.5.2.
    private const int Overhead = 32;
    private static readonly SearchValues<byte> name = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);
    private FieldLines? target;
    private bool isTrailers;
    private bool hasField;
    private int room;

    /// <summary>What is wrong with it; the first thing.</summary>
    public AnswerFault Fault { get; private set; }

    /// <summary>100 to 999; 0 without one.</summary>
    public int Status { get; private set; }

    /// <summary>What Content-Length says; null without one.</summary>
    public long? Length { get; private set; }

    /// <summary>How many bytes it took, as RFC 9113 section 6.5.2 counts.</summary>
    public int Taken { get; private set; }

    /// <summary>Begins another block.</summary>
    /// <param name="fields">Where its fields go; null to drop them.</param>
    /// <param name="trailers">Whether it stands behind a body.</param>
    /// <param name="used">How much the blocks of the same answer before took.</param>
    public void Begin(FieldLines? fields, bool trailers, int used)
    {
        (target, isTrailers, room, hasField) = (fields, trailers, limits.Head - used, false);
        (Fault, Status, Length, Taken) = (AnswerFault.None, 0, null, 0);
        fields?.Clear();
    }

    /// <summary>The block has ended.</summary>
    public AnswerFault End()
    {
        if (Fault == AnswerFault.None && !isTrailers && Status == 0)
            Fault = AnswerFault.StatusMissing;
        return Fault;
    }

    /// <summary>Takes a field.</summary>
    public void Add(ReadOnlySpan<byte> fieldName, ReadOnlySpan<byte> value)
    {
        if (target is null || Fault != AnswerFault.None)
            return;
        Taken += fieldName.Length + value.Length + Overhead;
        Fault = Taken > room ? AnswerFault.HeadTooLarge : fieldName is [(byte)':', ..] ? PseudoField(fieldName, value) : Field(fieldName, value.Trim(" \t"u8));
    }

    private AnswerFault PseudoField(ReadOnlySpan<byte> fieldName, ReadOnlySpan<byte> value)
    {
        if (isTrailers || hasField || Status != 0 || !fieldName.SequenceEqual(":status"u8))
            return AnswerFault.PseudoFieldMisplaced;
        if (value.Length != 3 || !Utf8Parser.TryParse(value, out uint status, out var read) || read != 3 || status < 100)
            return AnswerFault.StatusMissing;
        Status = (int)status;
        return AnswerFault.None;
    }

    private AnswerFault Field(ReadOnlySpan<byte> fieldName, ReadOnlySpan<byte> value)
    {
        hasField = true;
        if (fieldName.IsEmpty || fieldName.ContainsAnyExcept(name))
            return AnswerFault.FieldNameMalformed;
        if (value.ContainsAny(Http1Bytes.Controls))
            return AnswerFault.ControlByte;
        if (target!.Count == limits.Fields)
            return AnswerFault.TooManyFields;
        if (IsOfOneConnection(fieldName))
            return AnswerFault.FieldOfConnection;
        target.Add(fieldName, value);
        return !isTrailers && fieldName.SequenceEqual("content-length"u8) ? LengthOf(value) : AnswerFault.None;
    }

    private AnswerFault LengthOf(ReadOnlySpan<byte> value)
    {
        if (Length is not null)
            return AnswerFault.LengthRepeated;
        if (value.IsEmpty || value.ContainsAnyExcept(Http1Bytes.Digits) || value is [(byte)'0', _, ..]
            || !Utf8Parser.TryParse(value, out long length, out var read) || read != value.Length)
        {
            return AnswerFault.LengthMalformed;
        }

        Length = length;
        return AnswerFault.None;
    }

    private static bool IsOfOneConnection(ReadOnlySpan<byte> fieldName) => fieldName.Length switch
    {
        7 => fieldName.SequenceEqual("upgrade"u8),
        10 => fieldName.SequenceEqual("connection"u8) || fieldName.SequenceEqual("keep-alive"u8),
        16 => fieldName.SequenceEqual("proxy-connection"u8),
        17 => fieldName.SequenceEqual("transfer-encoding"u8),
        _ => false,
    };
}
