using System.Buffers;
using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>A built-in object to <c>application/vnd.kubernetes.protobuf</c>. The object is one that validation accepted: every value fits its field.</summary>
internal static class ProtobufEncoder
{
    /// <summary>The whole message, envelope included.</summary>
    public static byte[] Encode(ApiKind kind, Node root)
    {
        var raw = new ArrayBufferWriter<byte>();
        Struct(kind.Schema, root, raw);
        return ProtobufEnvelope.Write(kind.ApiVersion, kind.Kind, raw.WrittenSpan);
    }

    private static void Struct(StructType type, Node node, IBufferWriter<byte> output)
    {
        var numbers = FieldNumbers.Of(type);
        foreach (var field in type.Fields)
        {
            if (node[field.Name] is not { Kind: not NodeKind.Null } value || !numbers.TryGetValue(field.Name, out var number))
                continue;
            switch (field.Type)
            {
                case ListType list:
                    foreach (var item in value.Items)
                        WireWriter.Bytes(output, number, Message(list.Item, item));
                    break;
                case MapType map:
                    foreach (var (key, item) in value.Entries)
                        WireWriter.Bytes(output, number, Entry(map, key, item));
                    break;
                case BoolType:
                    WireWriter.Number(output, number, value.Text == "true" ? 1 : 0);
                    break;
                case IntType:
                    WireWriter.Number(output, number, long.Parse(value.Text, CultureInfo.InvariantCulture));
                    break;
                default:
                    WireWriter.Bytes(output, number, Message(field.Type, value));
                    break;
            }
        }
    }

    private static ReadOnlySpan<byte> Message(FieldType type, Node value)
    {
        var inner = new ArrayBufferWriter<byte>();
        switch (type)
        {
            case StructType structure:
                Struct(structure, value, inner);
                break;
            case BytesType:
                inner.Write(Convert.FromBase64String(value.Text));
                break;
            case TimeType:
                var time = DateTimeOffset.Parse(value.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
                WireWriter.Number(inner, 1, time.ToUnixTimeSeconds());
                WireWriter.Number(inner, 2, time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
                break;
            case IntOrStringType:
                var isNumber = value.Kind == NodeKind.Number;
                WireWriter.Number(inner, 1, isNumber ? 0 : 1);
                WireWriter.Number(inner, 2, isNumber ? long.Parse(value.Text, CultureInfo.InvariantCulture) : 0);
                WireWriter.Bytes(inner, 3, isNumber ? default : Encoding.UTF8.GetBytes(value.Text));
                break;
            case RawType:
                WireWriter.Bytes(inner, 1, Encoding.UTF8.GetBytes(value.ToString()));
                break;
            default:
                inner.Write(Encoding.UTF8.GetBytes(value.Text));
                break;
        }

        return inner.WrittenSpan;
    }

    private static ReadOnlySpan<byte> Entry(MapType map, string key, Node value)
    {
        var entry = new ArrayBufferWriter<byte>();
        WireWriter.Bytes(entry, 1, Encoding.UTF8.GetBytes(key));
        WireWriter.Bytes(entry, 2, Message(map.Value, value));
        return entry.WrittenSpan;
    }
}
