using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Validation;

/// <summary>What a real API server said to each manifest of <c>specs/validation</c>, or would say by its rules, and what we say.</summary>
public sealed class RecordedValidationTests
{
    private static readonly Dictionary<string, JsonElement> Cases = ValidationCases.Recorded.ToDictionary(IdOf);
    private static readonly Dictionary<string, JsonElement> Derived = ValidationCases.Derived.ToDictionary(IdOf);

    public static TheoryData<string> Ids => [.. Cases.Keys];

    public static TheoryData<string> DerivedIds => [.. Derived.Keys];

    [Theory]
    [MemberData(nameof(Ids))]
    public void We_answer_as_the_recorded_server(string id) => AssertAnswer(Cases[id]);

    [Theory]
    [MemberData(nameof(DerivedIds))]
    public void We_answer_as_the_rules_say(string id) => AssertAnswer(Derived[id]);

    private static void AssertAnswer(JsonElement recorded)
    {
        var expect = recorded.GetProperty("expect");
        var outcome = Answer(recorded, strict: true);

        Assert.Equal((expect.GetProperty("code").GetInt32(), Text(expect, "message")), (outcome.Code, outcome.Message));
        Assert.Equal(Text(expect, "reason"), outcome.Reason);
        if (outcome.Code == 422)
            Assert.Equal(Causes(expect), outcome.Causes);
        Assert.Equal(Strings(expect, "warnings"), outcome.Warnings);
        if (expect.TryGetProperty("object", out var stored))
            Assert.Equal(Sorted(Tree(stored)), Sorted(Tree(JsonDocument.Parse(outcome.Object!.ToString()).RootElement), stored));
    }

    public static TheoryData<string> LaxIds => [.. Cases.Concat(Derived).Where(c => c.Value.TryGetProperty("withoutStrict", out _)).Select(c => c.Key)];

    [Theory]
    [MemberData(nameof(LaxIds))]
    public void We_answer_as_the_server_without_strict_decoding(string id)
    {
        var recorded = Cases.TryGetValue(id, out var found) ? found : Derived[id];
        var expect = recorded.GetProperty("withoutStrict");
        var outcome = Answer(recorded, strict: false);

        Assert.Equal(expect.GetProperty("accepted").GetBoolean(), outcome.Accepted);
        Assert.Equal(Strings(expect, "warnings"), outcome.Warnings);
        if (expect.TryGetProperty("object", out var stored))
            Assert.Equal(Sorted(Tree(stored)), Sorted(Tree(JsonDocument.Parse(outcome.Object!.ToString()).RootElement), stored));
    }

    private static string IdOf(JsonElement recorded) => recorded.GetProperty("id").GetString()!;

    private static ApiOutcome Answer(JsonElement recorded, bool strict)
    {
        var path = recorded.GetProperty("request").GetString()!.Split(' ')[1].Split('?')[0].Split('/');
        var kind = path.Contains("services") ? ApiKind.Service : path.Contains("endpoints") ? ApiKind.Endpoints
            : path.Contains("endpointslices") ? ApiKind.EndpointSlice : path.Contains("secrets") ? ApiKind.Secret
            : path.Contains("configmaps") ? ApiKind.ConfigMap : ApiKind.Namespace;
        var space = Array.IndexOf(path, "namespaces") is var at && at + 1 < path.Length ? path[at + 1] : "";
        var context = new ApiContext(
            [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")],
            family => family == AddressFamily.InterNetwork ? "10.96.200.200" : "fd00:10:96::c8c8",
            () => 32000,
            Strict: strict);
        var body = ApiBody.Read(ValidationCases.Expand(recorded), kind);
        if (body.Failure is not null)
            return body.Failure;
        if (!recorded.TryGetProperty("before", out var before))
            return ApiValidation.Create(kind, body.Tree!, body.Duplicates, context, space);
        var old = ApiValidation.Create(kind, ApiBody.Read(before.GetString()!, kind).Tree!, [], context, space);
        Assert.True(old.Accepted, old.Message);
        return ApiValidation.Update(kind, body.Tree!, body.Duplicates, old.Object!, context);
    }

    private static string Text(JsonElement expect, string name) =>
        expect.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static List<string> Strings(JsonElement expect, string name) =>
        expect.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(w => w.GetString()!)] : [];

    private static List<ApiCause> Causes(JsonElement expect) => expect.TryGetProperty("causes", out var causes)
        ? [.. causes.EnumerateArray().Select(c => new ApiCause(Text(c, "reason"), Text(c, "field"), Text(c, "message")))]
        : [];

    // Paths with values, without what the server chooses.
    private static IEnumerable<(string Path, string Value)> Tree(JsonElement node, string path = "")
    {
        switch (node.ValueKind)
        {
            case JsonValueKind.Object:
                return node.EnumerateObject().SelectMany(p => Tree(p.Value, $"{path}.{p.Name}")).Append((path, "{}"));
            case JsonValueKind.Array:
                return node.EnumerateArray().SelectMany((e, i) => Tree(e, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))).Append((path, "[]"));
            default:
                return [(path, node.ToString())];
        }
    }

    private static string Sorted(IEnumerable<(string Path, string Value)> tree, JsonElement? expected = null)
    {
        var chosen = expected is { } e ? Tree(e).Where(p => p.Value.StartsWith('<')).ToDictionary(p => p.Path, p => p.Value) : [];
        return string.Join("\n", tree.Select(p => $"{p.Path} = {chosen.GetValueOrDefault(p.Path, p.Value)}").Order(StringComparer.Ordinal));
    }
}
