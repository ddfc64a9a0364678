using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using Elsewhere.Kubernetes.Api.Protobuf;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Clients that take protobuf alone, and questions that are not kept.</summary>
public sealed class MediaTests
{
    private const string Protobuf = "application/vnd.kubernetes.protobuf";
    private const string Settings = "/api/v1/namespaces/shop/configmaps";

    [Fact]
    public async Task Lists_and_watches_come_as_protobuf_where_only_that_is_taken()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        foreach (var name in (string[])["a", "b"])
            await api.SendAsync("POST", Settings, $"{{\"metadata\":{{\"name\":\"{name}\"}},\"data\":{{\"key\":\"of {name}\"}}}}");

        var (type, list) = await BytesAsync(api, Settings, Protobuf);
        var envelope = ProtobufEnvelope.Read(list);
        Assert.Equal((Protobuf, "v1", "ConfigMapList", null), (type, envelope.ApiVersion, envelope.Kind, envelope.Error));
        var items = Fields(envelope.Raw, 2).Select(i => ProtobufDecoder.Decode(ApiKind.ConfigMap, i.Span, out _)!).ToList();
        Assert.Equal(["of a", "of b"], items.Select(i => i["data"]!.Str("key")));
        Assert.NotEqual(0, Fields(envelope.Raw, 1).Single().Length);

        var (stream, frames) = await BytesAsync(api, Settings + "?watch=true&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", Protobuf);
        Assert.Equal(Protobuf + "; stream=watch", stream.Replace(";stream", "; stream", StringComparison.Ordinal));
        var events = new List<string>();
        for (var at = 0; at < frames.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(frames.AsSpan(at));
            var frame = frames.AsMemory(at + sizeof(int), length);
            var inner = ProtobufEnvelope.Read(Fields(Fields(frame, 2).Single(), 1).Single());
            var name = ProtobufDecoder.Decode(ApiKind.ConfigMap, inner.Raw.Span, out _)!["metadata"]!.Str("name");
            events.Add($"{Encoding.UTF8.GetString(Fields(frame, 1).Single().Span)} {inner.Kind} {name}");
            at += sizeof(int) + length;
        }

        Assert.Equal(["ADDED ConfigMap a", "ADDED ConfigMap b", "BOOKMARK ConfigMap "], events.Take(3));
    }

    [Fact]
    public async Task What_cannot_be_written_as_protobuf_says_what_can_be_had()
    {
        await using var api = await RunningApi.StartAsync();
        const string aliases = "/apis/elsewhere.dev/v1alpha1/aliases";
        var refused = await api.SendAsync("GET", aliases, accept: Protobuf);
        Assert.Equal((406, "NotAcceptable", "only the following media types are accepted: application/json, application/yaml"), (refused.Code, refused.Body.Str("reason"), refused.Message));
        Assert.Equal("AliasList", (await api.SendAsync("GET", aliases, accept: Protobuf + ",application/json")).Body.Str("kind"));
    }

    [Fact]
    public async Task Whoever_has_the_token_may_do_everything_and_is_told_so()
    {
        await using var api = await RunningApi.StartAsync();
        const string rules = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        var all = await api.SendAsync("POST", rules, """{"spec":{"namespace":"default"}}""");
        Assert.Equal(
            (201, """{"resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}],"incomplete":false}"""),
            (all.Code, all.Body["status"]!.ToString()));
        var nowhere = await api.SendAsync("POST", rules, """{"spec":{}}""");
        Assert.Equal((400, "no namespace on request"), (nowhere.Code, nowhere.Message));
        var self = await api.SendAsync("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}");
        Assert.Equal((201, "elsewhere"), (self.Code, self.Body["status"]!["userInfo"]!.Str("username")));
        Assert.Equal("[+]ping ok\nreadyz check passed\n", (await api.SendAsync("GET", "/readyz?verbose")).Text);
    }

    private static async Task<(string Type, byte[] Body)> BytesAsync(RunningApi api, string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", RunningApi.Token);
        using var answer = await api.Client.SendAsync(request);
        return (answer.Content.Headers.ContentType!.ToString(), await answer.Content.ReadAsByteArrayAsync());
    }

    // Every field of a number in a message, all of which are bytes here.
    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int wanted)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        var reader = new WireReader(message.Span);
        while (reader.TryReadTag(out var number, out var type) && type == WireType.Bytes && reader.TryReadBytes(out var value))
        {
            if (number == wanted)
                found.Add(value.ToArray());
        }

        return found;
    }
}
