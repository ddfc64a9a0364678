using System.Net.Http.Headers;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Read.Yaml;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Lists, watches, errors and tables: the recorded requests, sent to a running server that holds the same objects, and its answers beside the recorded ones.</summary>
public sealed class RecordedReadTests
{
    private const string Services = "/api/v1/namespaces/watchdoc/services";
    private const string Merge = "application/merge-patch+json";

    // Users and discovery have tests of their own, and so has what kubectl does between two requests.
    private static readonly string[] NotHere =
    [
        "forbidden", "forbidden-create", "forbidden-named", "discovery-api", "discovery-apis", "discovery-api-v1", "discovery-group", "discovery-group-version",
        "discovery-aggregated-api", "discovery-aggregated-apis", "version", "namespace-delete-wait",
        // A key that is repeated was not kept.
        "duplicate-json-key-strict",
    ];

    // What each of these watches had its objects go through while it ran.
    private static readonly Dictionary<string, string?[]> Meanwhile = new()
    {
        ["watch-from-list-rv"] = [null, """{"spec":{"externalName":"b.example.com"}}""", "delete"],
        ["watch-label-selector"] =
        [
            """{"metadata":{"labels":{"on":"yes"}}}""", """{"metadata":{"labels":{"other":"1"}}}""", """{"metadata":{"labels":{"on":null}}}""",
        ],
    };

    [Fact]
    public async Task Lists_watches_and_errors_are_answered_as_they_were()
    {
        await using var api = await RunningApi.StartAsync(null, "watchdoc");
        var differences = new List<string>();
        var token = "";
        var steps = Transcripts.Part("watchesListsErrorsDiscovery").SkipWhile(static step => step.Name != "list").Where(static step => !NotHere.Contains(step.Name));
        foreach (var step in steps)
        {
            await PrepareAsync(api, step.Name);
            foreach (var request in step.Requests)
            {
                var path = request.Str("path").Replace("<n>", "1", StringComparison.Ordinal).Replace("<token>", token, StringComparison.Ordinal);
                // Versions are masked: those of the future are, and a watch begins where the list before it ended.
                path = step.Name.Contains("future", StringComparison.Ordinal) ? path.Replace("resourceVersion=7", "resourceVersion=99999999", StringComparison.Ordinal) : path;
                if (path.Contains("resourceVersion=7", StringComparison.Ordinal))
                    path = path.Replace("resourceVersion=7", $"resourceVersion={(await api.SendAsync("GET", Services)).Body["metadata"]!.Str("resourceVersion")}", StringComparison.Ordinal);
                request.Set("path", Node.String(path));
                if (step.Name.StartsWith("list-limit-2", StringComparison.Ordinal))
                    token = Uri.EscapeDataString((await api.SendAsync("GET", path)).Body["metadata"]!.Str("continue"));
                var difference = path.Contains("watch", StringComparison.Ordinal) && request.Int("status") == 200 && path.Contains("timeoutSeconds", StringComparison.Ordinal)
                    ? await WatchAsync(api, request, Meanwhile.GetValueOrDefault(step.Name, []))
                    : await CompareStepAsync(api, step.Name, request);
                if (difference is not null)
                    differences.Add($"{step.Name} {path}: {difference}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Fact]
    public async Task Tables_lists_and_what_describe_asks_for_are_answered_as_they_were()
    {
        await using var api = await RunningApi.StartAsync(null, "tables", "empty");
        foreach (var document in YamlReader.Read(Transcripts.File("tables.yaml")))
        {
            var kind = document.Root!.Str("kind");
            if (kind != "Namespace")
                Assert.Equal(201, (await api.SendAsync("POST", Collection(kind), document.Root.ToString())).Code);
        }

        var differences = new List<string>();
        foreach (var step in Transcripts.Part("tables"))
        {
            foreach (var request in step.Requests)
            {
                // What the controllers of a cluster with Pods add to Services with a selector, and mirrored slices whose names are drawn by lot, are not the manifests'.
                if (request.Str("path").Contains("endpoints", StringComparison.Ordinal) && !request.Str("path").Contains("four-plus", StringComparison.Ordinal) && !request.Str("path").Contains("/clusterip", StringComparison.Ordinal))
                    continue;
                // The manifests were applied; ours were posted.
                WithoutLastApplied(request["response"]);
                if (await CompareStepAsync(api, step.Name, request) is { } difference)
                    differences.Add($"{step.Name} {request.Str("path")}: {difference}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static void WithoutLastApplied(Node? node)
    {
        foreach (var item in node?.Items ?? [])
            WithoutLastApplied(item);
        foreach (var (_, value) in node?.Entries ?? [])
            WithoutLastApplied(value);
        node?["annotations"]?.Remove("kubectl.kubernetes.io/last-applied-configuration");
        if (node?["annotations"] is { Kind: NodeKind.Map, Entries.Count: 0 })
            node.Remove("annotations");
    }

    private static string Collection(string kind) => kind switch
    {
        "EndpointSlice" => "/apis/discovery.k8s.io/v1/namespaces/tables/endpointslices",
        "Endpoints" => "/api/v1/namespaces/tables/endpoints",
        _ => "/api/v1/namespaces/tables/services",
    };

    private static async Task PrepareAsync(RunningApi api, string step)
    {
        if (step == "watch-no-rv")
            await CreateAsync(api, "watched");
        if (step == "list-limit-2")
        {
            for (var i = 0; i < 5; i++)
                await CreateAsync(api, $"l{i}");
        }

        if (step == "put-status")
            await api.SendAsync("PATCH", Services + "/l1", """{"metadata":{"annotations":null}}""", Merge);
        if (step == "namespace-delete-no-wait")
            await api.SendAsync("POST", "/api/v1/namespaces", """{"metadata":{"name":"dying"}}""");
        // The recorded namespace was caught while it was being emptied; something holds this one.
        if (step == "namespace-delete-no-wait")
            await api.SendAsync("POST", "/api/v1/namespaces/dying/services", """{"metadata":{"name":"held","finalizers":["example.com/hold"]},"spec":{"clusterIP":"None"}}""");
    }

    private static async Task CreateAsync(RunningApi api, string name)
    {
        var applied = $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"annotations":{},"name":"{{{name}}}","namespace":"watchdoc"},"spec":{"externalName":"a.example.com","type":"ExternalName"}}""" + "\n";
        var manifest = JsonText.Read($$$"""{"metadata":{"name":"{{{name}}}","annotations":{}},"spec":{"type":"ExternalName","externalName":"a.example.com"}}""").Root!;
        manifest["metadata"]!["annotations"]!.Set("kubectl.kubernetes.io/last-applied-configuration", Node.String(applied));
        Assert.Equal(201, (await api.SendAsync("POST", Services, manifest.ToString())).Code);
    }

    private static async Task<string?> CompareStepAsync(RunningApi api, string step, Node request)
    {
        if (step == "unauthorized")
            return (await api.SendAsync("GET", request.Str("path"), token: "nobody")).Code == 401 ? null : "somebody came in";
        // The message tells the version as it is now.
        if (step == "list-future-rv")
            request["response"]!.Remove("message");
        if (step == "list-future-rv" && await api.SendAsync("GET", request.Str("path")) is var future)
            return Masked.Difference(request["response"]!, future.Body, "", static at => at == "message");
        if (request.Str("method") == "HEAD" || step is "healthz" or "readyz" or "livez" or "accept-yaml")
            return (await api.SendAsync(request.Str("method"), request.Str("path"), accept: request["headers"]!.Str("Accept"))).Code == request.Int("status") ? null : "another code";
        return await RecordedRequestTests.CompareAsync(api, request);
    }

    private static async Task<string?> WatchAsync(RunningApi api, Node request, string?[] meanwhile)
    {
        var recorded = request["response"]!;
        List<Node> events = recorded.Kind switch { NodeKind.List => recorded.Items, NodeKind.Map => [recorded], _ => [] };
        using var message = new HttpRequestMessage(HttpMethod.Get, request.Str("path"));
        message.Headers.TryAddWithoutValidation("Accept", request["headers"]!.Str("Accept"));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", RunningApi.Token);
        using var response = await api.Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        foreach (var change in meanwhile)
        {
            if (change is null)
                await CreateAsync(api, "watched");
            else if (change == "delete")
                await api.SendAsync("DELETE", Services + "/watched");
            else
                await api.SendAsync("PATCH", Services + "/watched", change, Merge);
        }

        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < events.Count; i++)
        {
            var line = await lines.ReadLineAsync();
            if (line is null)
                return $"ended before event {i}";
            if (JsonText.Read(line).Root is not { } ours || Different(events[i], ours) is { } difference)
                return $"event {i}: {line}";
        }

        // Where nothing was recorded nothing comes, until the server ends the watch.
        return events.Count > 0 ? null : await lines.ReadLineAsync();
    }

    private static string? Different(Node recorded, Node ours)
    {
        if (recorded["object"]?.Str("kind") == "Status")
            return ours["object"]!.Str("message").StartsWith("too old resource version: 1 (", StringComparison.Ordinal) ? null : "another message";
        return Masked.Difference(recorded, ours, "", static at => at.EndsWith("managedFields", StringComparison.Ordinal));
    }
}
