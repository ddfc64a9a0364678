using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Protobuf;

public sealed class ProtobufTests
{
    // What kubectl 1.32 sent for `create namespace`, `create service externalname`, `create service clusterip --tcp=80:http --tcp=53`, `create configmap` and
    // `create secret generic`, byte by byte.
    public static TheoryData<string, string, string> SentByKubectl => new()
    {
        {
            "6b3873000a0f0a02763112094e616d657370616365121c0a140a0473686f7012001a0022002a0032003800420012001a020a001a002200",
            "Namespace",
            """{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"},"spec":{},"status":{}}"""
        },
        {
            "6b3873000a0d0a02763112075365727669636512560a1d0a02646212001a0022002a003200380042005a090a0361707012026462123112090a03617070120264621a00"
            + "220c45787465726e616c4e616d653a004200520a64622e6578616d706c655a00600068001a020a001a002200",
            "Service",
            """{"kind":"Service","apiVersion":"v1","metadata":{"name":"db","labels":{"app":"db"}},"spec":{"selector":{"app":"db"},"type":"ExternalName","externalName":"db.example"},"status":{"loadBalancer":{}}}"""
        },
        {
            "6b3873000a0d0a0276311207536572766963651283010a1f0a0377656212001a0022002a003200380042005a0a0a036170701203776562125c0a1e0a0738302d68747470"
            + "12035443501850220a080110001a046874747028000a150a023533120354435018352206080010351a002800120a0a0361707012037765621a002209436c75737465724950"
            + "3a00420052005a00600068001a020a001a002200",
            "Service",
            """{"kind":"Service","apiVersion":"v1","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"ports":[{"name":"80-http","protocol":"TCP","port":80,"targetPort":"http"},{"name":"53","protocol":"TCP","port":53,"targetPort":53}],"selector":{"app":"web"},"type":"ClusterIP"},"status":{"loadBalancer":{}}}"""
        },
        {
            "6b3873000a0f0a0276311209436f6e6669674d6170121b0a110a016312001a0022002a0032003800420012060a01611201621a002200",
            "ConfigMap",
            """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":{"a":"b"}}"""
        },
        {
            "6b3873000a0c0a0276311206536563726574121d0a110a017312001a0022002a0032003800420012060a01611201621a001a002200",
            "Secret",
            """{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"data":{"a":"Yg=="}}"""
        },
    };

    [Theory]
    [MemberData(nameof(SentByKubectl))]
    public void What_kubectl_sends_is_read(string hex, string kind, string json)
    {
        var envelope = ProtobufEnvelope.Read(Convert.FromHexString(hex));

        Assert.Null(envelope.Error);
        Assert.Equal(("v1", kind), (envelope.ApiVersion, envelope.Kind));
        var root = ProtobufDecoder.Decode(ApiKind.Find("v1", kind)!, envelope.Raw.Span, out var error);
        Assert.Null(error);
        Assert.Equal(json, root!.ToString());
    }

    public static TheoryData<string> Objects =>
    [
        """{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop","labels":{"a":"b"},"creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}""",
        """{"kind":"Service","apiVersion":"v1","metadata":{"name":"web","ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"x","uid":"u","controller":true,"blockOwnerDeletion":false}],"managedFields":[{"manager":"kubectl","operation":"Apply","apiVersion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]},"spec":{"ports":[{"name":"http","protocol":"TCP","appProtocol":"http","port":80,"targetPort":"web"},{"name":"dns","protocol":"UDP","port":53,"targetPort":5353}],"clusterIP":"10.96.0.9","clusterIPs":["10.96.0.9"],"type":"ClusterIP","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"publishNotReadyAddresses":true,"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}""",
        """{"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"web"},"subsets":[{"addresses":[{"ip":"1.1.1.1","hostname":"a","nodeName":"n"}],"notReadyAddresses":[{"ip":"1.1.1.2","targetRef":{"kind":"Pod","name":"p"}}],"ports":[{"name":"http","port":9000,"protocol":"TCP","appProtocol":"http"}]}]}""",
        """{"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"web-1","generation":2},"addressType":"IPv4","endpoints":[{"addresses":["1.1.1.1"],"conditions":{"ready":false,"serving":true},"zone":"z","hints":{"forZones":[{"name":"z"}]}}],"ports":[{"name":"","protocol":"TCP","port":0},{"name":"x","port":9000,"appProtocol":"kubernetes.io/h2c"}]}""",
        """{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"immutable":true,"data":{"a":"AAEC","b":""},"type":"Opaque"}""",
        """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"c"},"data":{"a":"text"},"binaryData":{"b":"/w=="}}""",
        """{"kind":"Event","apiVersion":"v1","metadata":{"name":"e"},"involvedObject":{"kind":"Service","name":"web"},"reason":"R","message":"m","source":{"component":"c"},"firstTimestamp":"2026-01-02T03:04:05Z","count":3,"type":"Normal","eventTime":"2026-01-02T03:04:05.000006Z","series":{"count":2},"reportingComponent":"rc","reportingInstance":"ri"}""",
        """{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"e"},"eventTime":"2026-01-02T03:04:05.123456Z","regarding":{"kind":"Service"},"note":"n","reportingController":"rc","deprecatedCount":1}""",
        """{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"l"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15,"renewTime":"1969-12-31T23:59:59.500000Z","leaseTransitions":0}}""",
    ];

    [Theory]
    [MemberData(nameof(Objects))]
    public void What_is_written_reads_back_as_it_was(string json)
    {
        var root = JsonText.Read(json).Root!;
        var kind = KindOf(root);

        var envelope = ProtobufEnvelope.Read(ProtobufEncoder.Encode(kind, root));

        Assert.Equal((kind.ApiVersion, kind.Kind, null), (envelope.ApiVersion, envelope.Kind, envelope.Error));
        var back = ProtobufDecoder.Decode(kind, envelope.Raw.Span, out var error);
        Assert.Null(error);
        Assert.True(Node.Same(root, back), back!.ToString());
    }

    [Fact]
    public void Every_field_of_a_built_in_kind_has_a_number()
    {
        var kinds = Kinds.Where(FieldNumbers.Has).ToList();
        Assert.Equal(9, kinds.Count);
        Assert.All(kinds.SelectMany(static kind => Reached(kind.Schema)), type => Assert.All(
            type.Fields.Where(field => field.Name is not ("kind" or "apiVersion") || type.Name is "OwnerReference" or "ObjectReference" or "ManagedFieldsEntry"),
            field => Assert.True(FieldNumbers.Of(type).ContainsKey(field.Name), $"{type.Name}.{field.Name}")));
    }

    [Fact]
    public void A_custom_resource_has_no_protobuf_form() => Assert.False(FieldNumbers.Has(ApiKind.Alias));

    [Theory]
    [InlineData("", "expected prefix")]
    [InlineData("7b7d", "expected prefix")]
    [InlineData("6b387300" + "0a", "unexpected EOF")]
    [InlineData("6b387300" + "12ff01", "unexpected EOF")]
    [InlineData("6b387300" + "07", "illegal tag")]
    [InlineData("6b387300" + "0b", "illegal wireType 3")]
    [InlineData("6b387300" + "08ffffffffffffffffffff01", "integer overflow")]
    public void What_is_no_message_is_refused_with_the_reason(string hex, string reason) =>
        Assert.Contains(reason, ProtobufEnvelope.Read(Convert.FromHexString(hex)).Error, StringComparison.Ordinal);

    [Fact]
    public void A_field_of_another_type_is_refused_by_its_name()
    {
        // ConfigMap.immutable as bytes.
        Assert.Null(ProtobufDecoder.Decode(ApiKind.ConfigMap, [0x22, 0x00], out var error));
        Assert.Equal("proto: wrong wireType = 2 for field Immutable", error);
    }

    [Fact]
    public void Fields_that_are_unknown_are_passed_by()
    {
        byte[] bytes = [0x98, 0x06, 0x01, 0xa2, 0x06, 0x01, 0x00, 0x0a, 0x03, 0x0a, 0x01, (byte)'x', 0xad, 0x06, 0, 0, 0, 0, 0xb1, 0x06, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal("""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"}}""", ProtobufDecoder.Decode(ApiKind.ConfigMap, bytes, out _)!.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Any_bytes_are_read_or_refused(int seed)
    {
        var random = new Random(seed);
        var corpus = ((IEnumerable<object[]>)Objects).Select(static (object[] row) => (string)row[0]).Select(static json => JsonText.Read(json).Root!)
            .Select(static root => (Kind: KindOf(root), Root: root))
            .Select(static pair => (pair.Kind, Bytes: ProtobufEncoder.Encode(pair.Kind, pair.Root))).ToList();
        var (read, refused) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var (kind, bytes) = corpus[random.Next(corpus.Count)];
            bytes = [.. bytes];
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            var envelope = ProtobufEnvelope.Read(bytes.AsMemory(0, random.Next(4) == 0 ? random.Next(bytes.Length) : bytes.Length));
            var root = envelope.Error is null ? ProtobufDecoder.Decode(kind, envelope.Raw.Span, out _) : null;
            _ = root is null ? refused++ : read++;
            if (root is not null)
                Assert.NotEmpty(Encoding.UTF8.GetBytes(root.ToString()));
        }

        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }

    private static IEnumerable<ApiKind> Kinds => [.. ApiKind.All, ApiKind.Event, ApiKind.EventsEvent, ApiKind.Lease, ApiKind.CustomResourceDefinition];

    private static ApiKind KindOf(Node root) => Kinds.Single(kind => kind.ApiVersion == root.Str("apiVersion") && kind.Kind == root.Str("kind"));

    private static IEnumerable<StructType> Reached(FieldType type) => type switch
    {
        StructType s => s.Fields.SelectMany(static f => Reached(f.Type)).Prepend(s),
        ListType l => Reached(l.Item),
        MapType m => Reached(m.Value),
        _ => [],
    };
}
