using System.Buffers;
using System.Text;

namespace Elsewhere.Kubernetes.Api.Protobuf;

/// <summary>What surrounds an object in <c>application/vnd.kubernetes.protobuf</c>: four bytes, then <c>runtime.Unknown</c> with its type and its own bytes.</summary>
/// <param name="ApiVersion">As a manifest writes it; empty where the sender left it out.</param>
/// <param name="Kind">The kind; empty where the sender left it out.</param>
/// <param name="Raw">The object's own bytes.</param>
/// <param name="Error">What is wrong, in Go's words; null if nothing is.</param>
internal readonly record struct ProtobufEnvelope(string ApiVersion, string Kind, ReadOnlyMemory<byte> Raw, string? Error)
{
    private const int TypeMetaField = 1;
    private const int RawField = 2;
    private const int ApiVersionField = 1;
    private const int KindField = 2;

    /// <summary>The four bytes that every message begins with.</summary>
    public static ReadOnlySpan<byte> Prefix => "k8s\0"u8;

    /// <summary>Opens a message; never throws.</summary>
    public static ProtobufEnvelope Read(ReadOnlyMemory<byte> message)
    {
        if (!message.Span.StartsWith(Prefix))
            return Bad("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        var body = message[Prefix.Length..];
        var reader = new WireReader(body.Span);
        var (apiVersion, kind) = ("", "");
        ReadOnlyMemory<byte> raw = default;
        while (reader.TryReadTag(out var number, out var type))
        {
            if (number is not (TypeMetaField or RawField) || type != WireType.Bytes)
            {
                if (!reader.TrySkip(type))
                    break;
                continue;
            }

            if (!reader.TryReadBytes(out var value))
                break;
            if (number == RawField)
                raw = body.Slice(Offset(body.Span, value), value.Length);
            else if (ReadTypeMeta(value, ref apiVersion, ref kind) is { } error)
                return Bad(error);
        }

        return reader.Error is { } failure ? Bad(failure) : new(apiVersion, kind, raw, null);
    }

    /// <summary>Writes a message.</summary>
    /// <param name="apiVersion">The object's version with its group.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="raw">Its own bytes.</param>
    public static byte[] Write(string apiVersion, string kind, ReadOnlySpan<byte> raw)
    {
        var type = new ArrayBufferWriter<byte>();
        WireWriter.Bytes(type, ApiVersionField, Encoding.UTF8.GetBytes(apiVersion));
        WireWriter.Bytes(type, KindField, Encoding.UTF8.GetBytes(kind));
        var message = new ArrayBufferWriter<byte>(raw.Length + 64);
        message.Write(Prefix);
        WireWriter.Bytes(message, TypeMetaField, type.WrittenSpan);
        WireWriter.Bytes(message, RawField, raw);
        WireWriter.Bytes(message, 3, default);
        WireWriter.Bytes(message, 4, default);
        return message.WrittenSpan.ToArray();
    }

    private static string? ReadTypeMeta(ReadOnlySpan<byte> bytes, ref string apiVersion, ref string kind)
    {
        var reader = new WireReader(bytes);
        while (reader.TryReadTag(out var number, out var type))
        {
            if (number is not (ApiVersionField or KindField) || type != WireType.Bytes)
            {
                if (!reader.TrySkip(type))
                    break;
                continue;
            }

            if (!reader.TryReadBytes(out var value))
                break;
            if (number == ApiVersionField)
                apiVersion = Encoding.UTF8.GetString(value);
            else
                kind = Encoding.UTF8.GetString(value);
        }

        return reader.Error;
    }

    private static int Offset(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> part) => part.IsEmpty || !whole.Overlaps(part, out var offset) ? 0 : offset;

    private static ProtobufEnvelope Bad(string error) => new("", "", default, error);
}
