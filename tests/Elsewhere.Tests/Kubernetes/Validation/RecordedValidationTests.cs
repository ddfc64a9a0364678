using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Validation;

/// <summary>What a real API server said to each manifest of <c>specs/validation</c>, and what we say.</summary>
public sealed class RecordedValidationTests
{
    private static readonly JsonElement[] Cases =
        [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "specs", "validation", "cases.json"))).RootElement.GetProperty("cases").EnumerateArray()];

    public static TheoryData<string> Ids => [.. Cases.Select(c => c.GetProperty("id").GetString()!)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void We_answer_as_the_recorded_server(string id)
    {
        var recorded = Cases.Single(c => c.GetProperty("id").GetString() == id);
        var expect = recorded.GetProperty("expect");
        var outcome = Answer(recorded, strict: true);

        Assert.Equal((expect.GetProperty("code").GetInt32(), Text(expect, "message")), (outcome.Code, outcome.Message));
        Assert.Equal(Text(expect, "reason"), outcome.Reason);
        if (outcome.Code != 400)
            Assert.Equal(Causes(expect), outcome.Causes);
        Assert.Equal(Strings(expect, "warnings"), outcome.Warnings);
        if (expect.TryGetProperty("object", out var stored))
            Assert.Equal(Sorted(Tree(stored)), Sorted(Tree(JsonDocument.Parse(outcome.Object!.ToString()).RootElement), stored));
    }

    public static TheoryData<string> LaxIds => [.. Cases.Where(c => c.TryGetProperty("withoutStrict", out _)).Select(c => c.GetProperty("id").GetString()!)];

    [Theory]
    [MemberData(nameof(LaxIds))]
    public void We_answer_as_the_recorded_server_without_strict_decoding(string id)
    {
        var recorded = Cases.Single(c => c.GetProperty("id").GetString() == id);
        var expect = recorded.GetProperty("withoutStrict");
        var outcome = Answer(recorded, strict: false);

        Assert.Equal(expect.GetProperty("accepted").GetBoolean(), outcome.Accepted);
        Assert.Equal(Strings(expect, "warnings"), outcome.Warnings);
        if (expect.TryGetProperty("object", out var stored))
            Assert.Equal(Sorted(Tree(stored)), Sorted(Tree(JsonDocument.Parse(outcome.Object!.ToString()).RootElement), stored));
    }

    private static ApiOutcome Answer(JsonElement recorded, bool strict)
    {
        var path = recorded.GetProperty("request").GetString()!.Split(' ')[1].Split('?')[0].Split('/');
        var kind = path.Contains("services") ? ApiKind.Service : path.Contains("endpoints") ? ApiKind.Endpoints
            : path.Contains("endpointslices") ? ApiKind.EndpointSlice : ApiKind.Namespace;
        var space = Array.IndexOf(path, "namespaces") is var at && at + 1 < path.Length ? path[at + 1] : "";
        var context = new ApiContext(
            [Cidr.Parse("10.96.0.0/16"), Cidr.Parse("fd00:10:96::/112")],
            family => family == AddressFamily.InterNetwork ? "10.96.200.200" : "fd00:10:96::c8c8",
            () => 32000,
            Strict: strict);
        var body = ApiBody.Read(Expand(recorded), kind);
        if (body.Failure is not null)
            return body.Failure;
        if (!recorded.TryGetProperty("before", out var before))
            return ApiValidation.Create(kind, body.Tree!, body.Duplicates, context, space);
        var old = ApiValidation.Create(kind, ApiBody.Read(before.GetString()!, kind).Tree!, [], context, space);
        Assert.True(old.Accepted, old.Message);
        return ApiValidation.Update(kind, body.Tree!, body.Duplicates, old.Object!, context);
    }

    private static string Expand(JsonElement recorded)
    {
        var manifest = recorded.GetProperty("manifest").GetString()!;
        if (!recorded.TryGetProperty("expand", out var expand))
            return manifest;
        foreach (var token in expand.EnumerateObject())
        {
            var count = token.Value.GetProperty("count").GetInt32();
            manifest = manifest.Replace(token.Name, string.Concat(Enumerable.Repeat(token.Value.GetProperty("text").GetString()!, count)), StringComparison.Ordinal);
        }

        return manifest;
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
