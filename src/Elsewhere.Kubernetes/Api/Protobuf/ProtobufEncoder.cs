using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>A built-in object to <c>application/vnd.kubernetes.protobuf</c>. The object is one that validation accepted: every value fits its field.</summary>
internal static class ProtobufEncoder
{
    private static readonly StringType Text = new();
    private static readonly IntType Number = new(64);
    private static readonly StructType ListMeta = new("ListMeta", new("resourceVersion", Text), new("continue", Text), new("remainingItemCount", Number));
    private static readonly StructType Status = new("Status", new("metadata", ListMeta), new("status", Text), new("message", Text), new("reason", Text), new("code", Number));

    /// <summary>The whole message, envelope included.</summary>
    public static byte[] Encode(ApiKind kind, Node root)
    {
        var raw = new ArrayBufferWriter<byte>();
        Struct(kind.Schema, root, raw);
        return ProtobufEnvelope.Write(kind.ApiVersion, kind.Kind, raw.WrittenSpan);
    }

    /// <summary>The whole message of a list.</summary>
    /// <param name="kind">The kind of its items.</param>
    /// <param name="listKind">The kind of the list.</param>
    /// <param name="items">The items.</param>
    /// <param name="metadata">The list's own metadata.</param>
    public static byte[] EncodeList(ApiKind kind, string listKind, IEnumerable<Node> items, Node metadata)
    {
        var raw = new ArrayBufferWriter<byte>();
        WireWriter.Bytes(raw, 1, Message(ListMeta, metadata));
        foreach (var item in items)
            WireWriter.Bytes(raw, 2, Message(kind.Schema, item));
        return ProtobufEnvelope.Write(kind.ApiVersion, listKind, raw.WrittenSpan);
    }

    /// <summary>One event of a watch: its length in four bytes, then <c>WatchEvent</c> without an envelope around the whole message of its object.</summary>
    public static byte[] EncodeEvent(string type, ReadOnlySpan<byte> message)
    {
        var extension = new ArrayBufferWriter<byte>(message.Length + 8);
        WireWriter.Bytes(extension, 1, message);
        var output = new ArrayBufferWriter<byte>(message.Length + 32);
        WireWriter.Bytes(output, 1, Encoding.UTF8.GetBytes(type));
        WireWriter.Bytes(output, 2, extension.WrittenSpan);
        var frame = new byte[sizeof(int) + output.WrittenCount];
        BinaryPrimitives.WriteInt32BigEndian(frame, output.WrittenCount);
        output.WrittenSpan.CopyTo(frame.AsSpan(sizeof(int)));
        return frame;
    }

    /// <summary>The whole message of an answer that says what failed.</summary>
    public static byte[] EncodeStatus(Node status)
    {
        var raw = new ArrayBufferWriter<byte>();
        Struct(Status, status, raw);
        return ProtobufEnvelope.Write("v1", "Status", raw.WrittenSpan);
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
