using Elsewhere.Kubernetes.Read;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>The EndpointSlices that a recorded server made of Endpoints come out here, and go as they went there.</summary>
public sealed class RecordedMirrorTests : IAsyncLifetime
{
    private const string Services = "/api/v1/namespaces/mirror/services", Endpoints = "/api/v1/namespaces/mirror/endpoints";
    private const string Slices = "/apis/discovery.k8s.io/v1/namespaces/mirror/endpointslices";
    private const string Port = """{"name":"http","port":8080,"protocol":"TCP"}""";
    private RunningApi api = null!;

    public async Task InitializeAsync() => api = await RunningApi.StartAsync(null, "mirror");

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Addresses_labels_and_notes_of_Endpoints_are_mirrored_as_recorded()
    {
        var recorded = Transcripts.Mirroring("plain");
        var endpoints = recorded["endpoints"]!;
        foreach (var given in (ReadOnlySpan<string>)["uid", "resourceVersion", "creationTimestamp"])
            endpoints["metadata"]!.Remove(given);
        await ServiceAsync("m1");
        Assert.Equal(201, (await api.SendAsync("POST", Endpoints, endpoints.ToString())).Code);

        await Eventually.SameAsync(async () => Compare(recorded, await SlicesAsync("m1")));
    }

    [Fact]
    public async Task No_more_than_a_thousand_addresses_are_mirrored_and_an_event_says_so()
    {
        var recorded = Transcripts.Mirroring("1500 ready + 100 not ready in one subset");
        await ServiceAsync("m2");
        await EndpointsAsync("m2", $$"""{"addresses":{{Addresses(0, 1500)}},"notReadyAddresses":{{Addresses(1500, 100)}},"ports":[{{Port}}]}""");

        await Eventually.SameAsync(async () =>
        {
            var slices = (await SlicesAsync("m2")).Select(static s => $"{s.ListOf("endpoints").Count} {s.ListOf("endpoints").Count(static e => e["conditions"]!.Str("ready") == "true")}");
            var events = (await api.SendAsync("GET", "/api/v1/namespaces/mirror/events")).Body.ListOf("items")
                .Select(static e => string.Join('|', e.Str("type"), e.Str("reason"), e.Str("message"), e["involvedObject"]!.Str("kind")));
            var was = string.Join('\n', recorded.ListOf("slices").Select(static s => $"{s.Str("endpoints")} {s.Str("ready")}").Concat(recorded.ListOf("events").Select(static e => string.Join('|', e.Items.Select(static i => i.Text)))));
            return Same(was, string.Join('\n', slices.Concat(events)));
        });
    }

    [Theory]
    [InlineData("two subsets of 600 with different ports", 8081)]
    [InlineData("two subsets of 600 with the same ports", 8080)]
    public async Task Subsets_of_the_same_ports_share_a_slice(string name, int second)
    {
        await ServiceAsync("m5");
        await EndpointsAsync("m5", $$"""{"addresses":{{Addresses(0, 600)}},"ports":[{{Port}}]},{"addresses":{{Addresses(600, 600)}},"ports":[{"name":"http","port":{{second}},"protocol":"TCP"}]}""");

        await Eventually.SameAsync(async () => Same(
            string.Join('\n', Transcripts.Mirroring(name).ListOf("slices").Select(static s => $"{s.ListOf("ports")[0].Text} {s.Str("endpoints")}").Order()),
            string.Join('\n', (await SlicesAsync("m5")).Select(static s => $"{s.ListOf("ports")[0].Str("port")} {s.ListOf("endpoints").Count}").Order())));
    }

    [Fact]
    public async Task A_Service_brings_the_slices_and_takes_them_with_it()
    {
        var recorded = Transcripts.Mirroring("Endpoints before the Service; then the Service; then the Service deleted");
        await EndpointsAsync("m4", $$"""{"addresses":{{Addresses(0, 1)}},"ports":[{{Port}}]}""");
        await SettledAsync();
        Assert.Equal(recorded.Str("slices_without_service"), $"{(await SlicesAsync("m4")).Count}");
        await ServiceAsync("m4");
        await Eventually.SameAsync(async () => await SlicesAsync("m4") is [var slice]
            ? Masked.Difference(recorded["owner"]!, slice["metadata"]!["ownerReferences"], "owner")
            : "no slice");

        await api.SendAsync("DELETE", Services + "/m4");
        await Eventually.SameAsync(async () => (await SlicesAsync("m4")).Count > 0 ? "slices stay" : null);
        await Eventually.SameAsync(async () => (await api.SendAsync("GET", Endpoints + "/m4")).Code != 404 ? "Endpoints stay" : null);
    }

    [Fact]
    public async Task A_slice_that_a_hand_wrote_outlives_its_Service()
    {
        await ServiceAsync("m8");
        await api.SendAsync("POST", Slices, $$$"""{"metadata":{"name":"by-hand","labels":{"kubernetes.io/service-name":"m8"}},"addressType":"IPv4","endpoints":[{"addresses":["192.0.2.1"]}],"ports":[{{{Port}}}]}""");
        await api.SendAsync("DELETE", Services + "/m8");
        await SettledAsync();
        Assert.Equal(Transcripts.Mirroring("hand-written slice after its Service is deleted").Str("still_there"), (await SlicesAsync("m8")).Count == 1 ? "true" : "false");
    }

    [Fact]
    public async Task A_label_keeps_Endpoints_from_being_mirrored_for_as_long_as_it_says_true()
    {
        await ServiceAsync("m9");
        await EndpointsAsync("m9", $$"""{"addresses":{{Addresses(0, 1)}},"ports":[{{Port}}]}""", "\"labels\":{\"endpointslice.kubernetes.io/skip-mirror\":\"true\"},");
        await SettledAsync();
        Assert.Empty(await SlicesAsync("m9"));
        foreach (var (label, count) in (List<(string, int)>)[("null", 1), ("\"true\"", 0), ("\"false\"", 1)])
        {
            await api.SendAsync("PATCH", Endpoints + "/m9", $$$$"""{"metadata":{"labels":{"endpointslice.kubernetes.io/skip-mirror":{{{{label}}}}}}}""", "application/merge-patch+json");
            await Eventually.SameAsync(async () => Same($"{count}", $"{(await SlicesAsync("m9")).Count}"));
        }
    }

    private static string? Compare(Node recorded, List<Node> ours)
    {
        var expected = recorded.ListOf("slices");
        if (expected.Count != ours.Count)
            return $"{ours.Count} slices instead of {expected.Count}";
        for (var i = 0; i < ours.Count; i++)
        {
            // Names end in letters that are drawn.
            var (was, name) = (expected[i].Copy(), ours[i]["metadata"]!.Str("name"));
            var drawn = was["metadata"]!.Str("name").Split('<')[0];
            if (!name.StartsWith(drawn, StringComparison.Ordinal) || name.Length != drawn.Length + 5)
                return $"the name {name}";
            was["metadata"]!.Set("name", Node.String(name));
            // Ports come in an order that means nothing.
            ours[i].ListOf("ports").Sort(static (a, b) => string.CompareOrdinal(a.Str("name"), b.Str("name")));
            if (Masked.Difference(was, ours[i], "") is { } difference)
                return difference;
        }

        return null;
    }

    private static string? Same(string expected, string actual) => expected == actual ? null : $"{actual}\ninstead of\n{expected}";

    private static string Addresses(int from, int count) => $"[{string.Join(',', Enumerable.Range(from, count).Select(static i => $"{{\"ip\":\"198.18.{i / 250}.{(i % 250) + 1}\"}}"))}]";

    private async Task ServiceAsync(string name) =>
        Assert.Equal(201, (await api.SendAsync("POST", Services, $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"clusterIP":"None","ports":[{{{Port}}}]}}""")).Code);

    private async Task EndpointsAsync(string name, string subsets, string metadata = "") =>
        Assert.Equal(201, (await api.SendAsync("POST", Endpoints, $$$"""{"metadata":{{{{metadata}}}"name":"{{{name}}}"},"subsets":[{{{subsets}}}]}""")).Code);

    private async Task<List<Node>> SlicesAsync(string service) =>
        [.. (await api.SendAsync("GET", $"{Slices}?labelSelector=kubernetes.io/service-name={service}")).Body.ListOf("items")];

    // Controllers take changes in their order: once what came last is mirrored, nothing is to come of what was before it.
    private async Task SettledAsync()
    {
        await ServiceAsync("last");
        await EndpointsAsync("last", $$"""{"addresses":{{Addresses(0, 1)}},"ports":[{{Port}}]}""");
        await Eventually.SameAsync(async () => (await SlicesAsync("last")).Count == 1 ? null : "what came last is not mirrored");
    }
}
