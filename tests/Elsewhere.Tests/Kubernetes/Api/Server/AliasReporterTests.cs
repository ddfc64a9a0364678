using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

public sealed class AliasReporterTests
{
    private const string Aliases = "/apis/elsewhere.dev/v1alpha1/namespaces/shop/aliases";
    private const string Manifest = """{"apiVersion":"elsewhere.dev/v1alpha1","kind":"Alias","metadata":{"name":"payments"},"spec":{"origins":[{"url":"http://api.example"}]}}""";

    [Fact]
    public async Task A_status_is_written_when_it_is_new_and_not_again()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var made = (await api.SendAsync("POST", Aliases, Manifest)).Body;
        var reporter = new AliasReporter(api.Objects.Core);

        await reporter.WriteAsync([Report(false, "Unreachable"), Report(true, "Healthy") with { Key = new ObjectKey("shop", "nobody") }]);
        var first = await GetAsync(api);
        Assert.NotEqual(Version(made), Version(first));
        var condition = Assert.Single(first["status"]!.ListOf("conditions"));
        Assert.Equal(("OriginReachable", "False", "Unreachable", 1), (condition.Str("type"), condition.Str("status"), condition.Str("reason"), condition.Int("observedGeneration")));
        Assert.Equal(["127.96.0.20"], first["status"]!.Strings("addresses"));
        Assert.Equal("Unreachable", first["status"]!.ListOf("origins")[0].Str("health"));

        await reporter.WriteAsync([Report(false, "Unreachable")]);
        await new AliasReporter(api.Objects.Core).WriteAsync([Report(false, "Unreachable")]);
        Assert.Equal(Version(first), Version(await GetAsync(api)));

        await reporter.WriteAsync([Report(true, "Healthy")]);
        Assert.Equal("True", (await GetAsync(api))["status"]!.ListOf("conditions")[0].Str("status"));
    }

    [Fact]
    public async Task A_client_that_writes_the_object_leaves_its_status_and_the_next_one_names_the_generation()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Aliases, Manifest);
        var reporter = new AliasReporter(api.Objects.Core);
        await reporter.WriteAsync([Report(true, "Healthy")]);

        var put = await api.SendAsync("PUT", $"{Aliases}/payments", Manifest.Replace("api.example", "other.example", StringComparison.Ordinal));
        Assert.Equal("Healthy", put.Body["status"]!.ListOf("conditions")[0].Str("reason"));
        Assert.Equal(1, put.Body["status"]!.ListOf("conditions")[0].Int("observedGeneration"));

        await reporter.WriteAsync([Report(true, "Healthy")]);
        Assert.Equal(2, (await GetAsync(api))["status"]!.ListOf("conditions")[0].Int("observedGeneration"));
    }

    private static AliasReport Report(bool reachable, string reason) => new(
        new ObjectKey("shop", "payments"), [new("OriginReachable", reachable, reason, "")], [new("http://api.example", reason, reachable ? "" : "it refuses connections", [])], ["127.96.0.20"]);

    private static async Task<Node> GetAsync(RunningApi api) => (await api.SendAsync("GET", $"{Aliases}/payments")).Body;

    private static string Version(Node item) => item["metadata"]!.Str("resourceVersion");
}
