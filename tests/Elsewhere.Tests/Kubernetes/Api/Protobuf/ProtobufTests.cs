using System.Buffers;
using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Api.Patch;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Protobuf;

/// <summary>Objects on the wire as protobuf: what is sent is read back, and whatever bytes come, they end in an object or an error.</summary>
public sealed class ProtobufTests
{
    // What kubectl 1.33 sends for "create namespace x", its empty fields left out.
    private const string Namespace = "6b387300" + "0a0f0a02763112094e616d657370616365" + "12050a030a0178" + "1a002200";

    private static readonly List<(ApiKind Kind, Node Root)> Objects =
    [
        .. Transcripts.Steps.Values.SelectMany(s => s.Requests).Select(r => r["response"]).OfType<Node>()
            .Where(r => r.Str("kind") is "Service" or "Namespace" or "Endpoints" or "EndpointSlice").Select(r => (ApiKind.Find(r.Str("apiVersion"), r.Str("kind"))!, r)),
    ];

    [Fact]
    public void A_namespace_has_the_bytes_of_the_wire_format()
    {
        var root = Node.Map();
        root.Set("metadata", Node.Map());
        root["metadata"]!.Set("name", Node.String("x"));
        Assert.Equal(Namespace, Convert.ToHexStringLower(ProtobufEncoder.Encode(ApiKind.Namespace, root)));

        var envelope = ProtobufEnvelope.Read(Convert.FromHexString(Namespace));
        Assert.Equal(("v1", "Namespace", null), (envelope.ApiVersion, envelope.Kind, envelope.Error));
        Assert.Equal("""{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"x"}}""", ProtobufDecoder.Decode(ApiKind.Namespace, envelope.Raw.Span, out _)!.ToString());
    }

    [Fact]
    public void Every_recorded_object_is_read_back_as_it_was()
    {
        Assert.True(Objects.Count > 100, $"{Objects.Count}");
        foreach (var (kind, root) in Objects)
        {
            var expected = Decoder.Decode(root, kind.Schema).Object!;
            var back = ProtobufDecoder.Decode(kind, ProtobufEnvelope.Read(ProtobufEncoder.Encode(kind, expected)).Raw.Span, out var error);
            Assert.Null(error);
            Assert.True(Node.Same(expected, Decoder.Decode(back!, kind.Schema).Object), $"{expected}\n{back}");
        }
    }

    [Fact]
    public void Every_field_of_every_built_in_kind_is_read_back_as_it_was()
    {
        foreach (var kind in ApiResource.All.Select(r => r.Kind).Where(k => ApiPatch.IsBuiltIn(k) && k != ApiKind.CustomResourceDefinition))
        {
            var full = Full(kind.Schema);
            full.Set("kind", Node.String(kind.Kind));
            full.Set("apiVersion", Node.String(kind.ApiVersion));
            var back = ProtobufDecoder.Decode(kind, ProtobufEnvelope.Read(ProtobufEncoder.Encode(kind, full)).Raw.Span, out var error);
            Assert.Null(error);
            Assert.True(Node.Same(full, back), $"{full}\n{back}");
        }
    }

    [Fact]
    public void Fields_of_later_versions_are_passed_by()
    {
        // Numbers 500 to 503 in all four forms, before a name.
        var raw = Convert.FromHexString("0a1ba01f9601a91f0102030405060708b21f0161bd1f010203040a0178");
        var root = ProtobufDecoder.Decode(ApiKind.Namespace, raw, out var error);
        Assert.Null(error);
        Assert.Equal("x", root!["metadata"]!.Str("name"));
    }

    [Theory]
    [InlineData("", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")]
    [InlineData("6b38730012ff", "unexpected EOF")]
    [InlineData("6b3873001205", "unexpected EOF")]
    [InlineData("6b38730013", "proto: illegal wireType 3")]
    [InlineData("6b38730000", "proto: illegal tag 0 (wire type 0)")]
    [InlineData("6b387300ffffffffffffffffffff", "proto: integer overflow")]
    public void A_message_that_is_none_is_refused(string hex, string error) => Assert.Equal(error, ProtobufEnvelope.Read(Convert.FromHexString(hex)).Error);

    [Fact]
    public void Of_a_key_that_comes_again_the_last_value_counts()
    {
        var root = ProtobufDecoder.Decode(ApiKind.Namespace, Convert.FromHexString("0a105a060a01611201315a060a0161120132"), out var error);
        Assert.Null(error);
        Assert.Equal("""{"a":"2"}""", root!["metadata"]!["labels"]!.ToString());
    }

    [Theory]
    [InlineData(253402300799, int.MaxValue)]
    [InlineData(253402300799, long.MaxValue)]
    [InlineData(-62135596800, -1)]
    [InlineData(long.MinValue, 0)]
    public void A_time_that_JSON_has_no_text_for_is_left_out(long seconds, long nanos)
    {
        var time = new ArrayBufferWriter<byte>();
        WireWriter.Number(time, 1, seconds);
        WireWriter.Number(time, 2, nanos);
        var (metadata, raw) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        WireWriter.Bytes(metadata, 8, time.WrittenSpan);
        WireWriter.Bytes(raw, 1, metadata.WrittenSpan);
        var read = ProtobufDecoder.Decode(ApiKind.Namespace, raw.WrittenSpan, out var error);
        Assert.Null(error);
        Assert.Equal(nanos == long.MaxValue ? "9999-12-31T23:59:59Z" : "{}", read!["metadata"]!["creationTimestamp"]?.Text ?? read["metadata"]!.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_bytes_end_in_an_object_or_an_error(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 4000; i++)
        {
            var (kind, root) = Objects[random.Next(Objects.Count)];
            var bytes = i % 10 == 0 ? new byte[random.Next(200)] : ProtobufEncoder.Encode(kind, Decoder.Decode(root, kind.Schema).Object!);
            if (i % 10 == 0)
                random.NextBytes(bytes);
            for (var n = random.Next(1, 6); n > 0 && bytes.Length > 4; n--)
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            var envelope = ProtobufEnvelope.Read(bytes.AsMemory(0, random.Next(3) == 0 ? random.Next(bytes.Length + 1) : bytes.Length));
            if (envelope.Error is not null)
                continue;
            var read = ProtobufDecoder.Decode(kind, envelope.Raw.Span, out var error);
            Assert.True((read is null) != (error is null), $"seed {seed}, {i}: {Convert.ToHexString(bytes)}");
        }
    }

    private static Node Full(FieldType type)
    {
        switch (type)
        {
            case StructType structure:
                var map = Node.Map();
                foreach (var field in structure.Fields)
                    map.Set(field.Name, Full(field.Type));
                return map;
            case ListType list:
                var items = Node.List();
                items.Items.AddRange([Full(list.Item), Full(list.Item)]);
                return items;
            case MapType entries:
                var values = Node.Map();
                values.Set("a", Full(entries.Value));
                values.Set("b", Full(entries.Value));
                return values;
            case BoolType:
                return Node.Bool(true);
            case IntType { Bits: 32 }:
                return Node.Number(-7);
            case IntType:
                return Node.Number(long.MinValue);
            case IntOrStringType:
                return Node.String("http");
            case TimeType { Micro: true }:
                return Node.String("2026-01-02T03:04:05.000006Z");
            case TimeType:
                return Node.String("2026-01-02T03:04:05Z");
            case BytesType:
                return Node.String("AQID");
            case RawType:
                return Full(new MapType(new BoolType()));
            default:
                return Node.String("text \u00e9");
        }
    }
}
