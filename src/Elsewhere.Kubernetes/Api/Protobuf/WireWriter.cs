using System.Buffers;

namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>Writes protobuf's wire format.</summary>
internal static class WireWriter
{
    /// <summary>A field that is a number; a negative one takes ten bytes, as in Go.</summary>
    public static void Number(IBufferWriter<byte> output, int field, long value)
    {
        Varint(output, ((ulong)field << 3) | (ulong)WireType.Varint);
        Varint(output, unchecked((ulong)value));
    }

    /// <summary>A field that is bytes, a text or a message.</summary>
    public static void Bytes(IBufferWriter<byte> output, int field, ReadOnlySpan<byte> value)
    {
        Varint(output, ((ulong)field << 3) | (ulong)WireType.Bytes);
        Varint(output, (ulong)value.Length);
        output.Write(value);
    }

    private static void Varint(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        output.Advance(length);
    }
}
