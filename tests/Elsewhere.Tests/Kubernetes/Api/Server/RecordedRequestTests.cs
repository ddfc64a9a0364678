using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>The recorded requests, sent to a running server in their order, and its answers beside the recorded ones.</summary>
public sealed class RecordedRequestTests
{
    // What the recording did between these requests is not in it: a watch ran, or another hand changed something.
    private static readonly string[] NotAlone =
    [
        "get-watch", "get-watch-output-json", "get-watch-only", "get-watch-one", "get-watch-one-existing", "wait-jsonpath", "wait-delete", "delete-with-finalizer",
    ];

    [Fact]
    public async Task Writes_are_answered_as_they_were() => AssertNone(await ReplayAsync("writes", ["apidoc", "extra"]));

    // What was made without a request that was kept: by protobuf, or by a step before.
    private static readonly Dictionary<string, string[]> MadeBefore = new()
    {
        ["patch-endpoints-strategic"] = [Transcripts.File("endpoints.yaml")],
        ["delete"] =
        [
            "kind: Service\nmetadata: {name: cse, namespace: apidoc, labels: {app: cse}}\nspec: {type: ExternalName, externalName: db.example.com, selector: {app: cse}}",
            "kind: Service\nmetadata: {name: csc, namespace: apidoc, labels: {app: csc}}\nspec: {selector: {app: csc}, ports: [{name: 80-8080, port: 80, targetPort: 8080}]}",
            "kind: Service\nmetadata: {name: csh, namespace: apidoc, labels: {app: csh}}\nspec: {selector: {app: csh}, clusterIP: None}",
        ],
        ["delete-collection-with-items"] =
        [
            "kind: Service\nmetadata: {name: one, namespace: extra, labels: {kill: 'yes'}}\nspec: {type: ExternalName, externalName: a.example.com}",
            "kind: Service\nmetadata: {name: two, namespace: extra, labels: {kill: 'yes'}}\nspec: {type: ExternalName, externalName: a.example.com}",
        ],
        ["delete-service-raw"] = ["kind: Service\nmetadata: {name: three, namespace: extra, labels: {kill: 'yes'}}\nspec: {type: ExternalName, externalName: a.example.com}"],
        ["delete-endpoints-raw"] = ["kind: Endpoints\nmetadata: {name: e, namespace: extra}"],
        ["delete-endpointslice-raw"] = ["kind: EndpointSlice\nmetadata: {name: s, namespace: extra}\naddressType: IPv4\nendpoints: []"],
    };

    private static void AssertNone(List<string> differences) => Assert.True(differences.Count == 0, string.Join('\n', differences));

    private static async Task<List<string>> ReplayAsync(string part, string[] namespaces)
    {
        await using var api = await RunningApi.StartAsync(null, namespaces);
        var differences = new List<string>();
        foreach (var step in Transcripts.Part(part))
        {
            foreach (var manifest in MadeBefore.GetValueOrDefault(step.Name, []))
                await PostAsync(api, manifest);
            var request = step.Requests;
            for (var i = 0; i < request.Count && !NotAlone.Contains(step.Name); i++)
            {
                if (await CompareAsync(api, request[i]) is { } difference)
                    differences.Add($"{step.Name} {request[i].Str("method")} {request[i].Str("path")}: {difference}");
            }
        }

        return differences;
    }

    /// <summary>Sends a recorded request and compares what comes.</summary>
    internal static async Task<string?> CompareAsync(RunningApi api, Node request)
    {
        var path = request.Str("path");
        // Protobuf was not kept, OpenAPI and discovery have tests of their own; other groups are not served here.
        if (path.Contains("openapi", StringComparison.Ordinal) || path.StartsWith("/api?", StringComparison.Ordinal) || path.StartsWith("/apis?", StringComparison.Ordinal)
            || request.Str("body").StartsWith("<protobuf", StringComparison.Ordinal) || path.Contains("<uid>", StringComparison.Ordinal) || Other(path) || request["body"]?["preconditions"] is not null)
            return null;
        // The version that kubectl had just read stands masked in what it sent.
        if (request["body"]?["metadata"]?.Str("resourceVersion") == "7")
            request["body"]!["metadata"]!.Set("resourceVersion", (await api.SendAsync("GET", path.Split('?')[0])).Body["metadata"]!["resourceVersion"]!);
        var body = request["body"] is null or { Kind: NodeKind.Null } ? null : request["body"]!.Kind == NodeKind.String ? request["body"]!.Text : request["body"]!.ToString();
        var answer = await api.SendAsync(request.Str("method"), path, body, request["headers"]?.StrOrNull("Content-Type"), request["headers"]?.StrOrNull("Accept"));
        if (answer.Code != request.Int("status"))
            return $"{answer.Code} instead of {request.Int("status")}: {answer.Text}";
        var warning = request["responseHeaders"]?.StrOrNull("Warning");
        if ((warning is null) != (answer.Warnings.Count == 0) || (warning is not null && !warning.Contains(answer.Warnings[0].Replace("\"", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal)))
            return $"warnings {string.Join(" | ", answer.Warnings)} instead of {warning}";
        // Their order depends on the second in which each manager wrote; RecordedApplyTests hold them.
        request["response"]?["metadata"]?.Remove("managedFields");
        return request["response"] is { Kind: NodeKind.Map } recorded
            ? Masked.Difference(recorded, answer.Body, "", static at => at.EndsWith("managedFields", StringComparison.Ordinal))
            : null;
    }

    private static bool Other(string path) => path.StartsWith("/apis/", StringComparison.Ordinal) && !path.StartsWith("/apis/discovery.k8s.io", StringComparison.Ordinal)
        || path.Contains("/pods", StringComparison.Ordinal) || path.Contains("/replicationcontrollers", StringComparison.Ordinal) || path.Contains("/nodes", StringComparison.Ordinal);

    private static async Task PostAsync(RunningApi api, string manifest)
    {
        var space = manifest.Contains("namespace: extra", StringComparison.Ordinal) ? "extra" : "apidoc";
        var path = manifest.Contains("kind: EndpointSlice", StringComparison.Ordinal) ? $"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices"
            : $"/api/v1/namespaces/{space}/{(manifest.Contains("kind: Endpoints", StringComparison.Ordinal) ? "endpoints" : "services")}";
        var made = await api.SendAsync("POST", path, manifest, "application/yaml");
        Assert.True(made.Code is 201 or 409, made.Text);
    }
}
