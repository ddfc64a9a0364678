namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>How a field's value is written (protobuf encoding).</summary>
internal enum WireType
{
    /// <summary>A number of 1 to 10 bytes.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length and as many bytes.</summary>
    Bytes = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}

/// <summary>Reads protobuf's wire format. Whatever the bytes are, it ends with a result or an <see cref="Error"/>.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    /// <summary>What is wrong, in Go's words; null if nothing is.</summary>
    public string? Error { get; private set; }

    /// <summary>Reads the next field's number and type; false at the end or after an error.</summary>
    public bool TryReadTag(out int number, out WireType type)
    {
        number = 0;
        type = WireType.Varint;
        if (Error is not null || rest.IsEmpty || !TryReadVarint(out var tag))
            return false;
        type = (WireType)(tag & 7);
        if (tag >> 3 is 0 or > 0x1fff_ffff)
            return Fail($"proto: illegal tag {unchecked((int)(tag >> 3))} (wire type {tag & 7})");
        number = (int)(tag >> 3);
        return type is WireType.Varint or WireType.Fixed64 or WireType.Bytes or WireType.Fixed32 || Fail($"proto: illegal wireType {(int)type}");
    }

    /// <summary>Reads a number.</summary>
    public bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (rest.IsEmpty)
                return Fail("unexpected EOF");
            var b = rest[0];
            rest = rest[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return true;
        }

        return Fail("proto: integer overflow");
    }

    /// <summary>Reads a length and as many bytes.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryReadVarint(out var length))
            return false;
        if (length > (ulong)rest.Length)
            return Fail(length > int.MaxValue ? "proto: negative length found during unmarshaling" : "unexpected EOF");
        value = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    /// <summary>Passes a field by that nobody knows.</summary>
    public bool TrySkip(WireType type) => type switch
    {
        WireType.Varint => TryReadVarint(out _),
        WireType.Bytes => TryReadBytes(out _),
        WireType.Fixed64 => TryDrop(8),
        WireType.Fixed32 => TryDrop(4),
    };

    /// <summary>Stops with an error.</summary>
    public bool Fail(string error)
    {
        Error ??= error;
        return false;
    }

    private bool TryDrop(int count)
    {
        if (rest.Length < count)
            return Fail("unexpected EOF");
        rest = rest[count..];
        return true;
    }
}
