using System.Globalization;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>What a client of the API can rely on.</summary>
public sealed class ApiServerTests
{
    private const string Services = "/api/v1/namespaces/shop/services", Slices = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";

    [Fact]
    public async Task Nobody_gets_in_without_the_token_and_everybody_may_ask_for_health_and_version()
    {
        await using var api = await RunningApi.StartAsync();

        foreach (var token in new[] { null, "", "wrong", RunningApi.Token + "x" })
        {
            var refused = await api.SendAsync("GET", "/api/v1/services", token: token);
            Assert.Equal((401, "Unauthorized"), (refused.Code, refused.Body.Str("reason")));
            Assert.Equal(401, (await api.SendAsync("GET", "/apis", token: token)).Code);
        }

        Assert.Equal(401, (await api.SendAsync("GET", "/apis", scheme: "Basic")).Code);
        Assert.Equal(200, (await api.SendAsync("GET", "/apis", scheme: "bEARER")).Code);
        foreach (var path in new[] { "/healthz", "/readyz", "/livez", "/version" })
            Assert.Equal(200, (await api.SendAsync("GET", path, token: null)).Code);
    }

    [Fact]
    public async Task A_body_of_three_mebibytes_is_read_and_one_byte_more_is_refused()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        const int limit = 3 * 1024 * 1024;
        const string start = """{"metadata":{"name":"big"},"data":{"x":"y"}""";

        Assert.Equal(201, (await api.SendAsync("POST", "/api/v1/namespaces/shop/configmaps", start + new string(' ', limit - start.Length - 1) + "}")).Code);
        var refused = await api.SendAsync("POST", "/api/v1/namespaces/shop/configmaps", start + new string(' ', limit - start.Length) + "}");

        Assert.Equal((413, "RequestEntityTooLarge"), (refused.Code, refused.Body.Str("reason")));
    }

    [Theory]
    [InlineData("""{"spec":{"resourceAttributes":{"namespace":"shop","verb":"get","resource":"services"}}}""", 201, "")]
    [InlineData("""{"spec":{"nonResourceAttributes":{"path":"/healthz","verb":"get"}}}""", 201, "")]
    [InlineData("{}", 422, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified")]
    public async Task Whoever_has_the_token_may_do_everything_and_can_ask_so(string question, int code, string complaint)
    {
        await using var api = await RunningApi.StartAsync();
        const string path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

        var answer = await api.SendAsync("POST", path, question);

        Assert.Equal(code, answer.Code);
        if (complaint.Length == 0)
            Assert.True(answer.Body["status"]!.IsTrue("allowed"));
        else
            Assert.Equal($"SelfSubjectAccessReview.authorization.k8s.io \"\" is invalid: {complaint}", answer.Message);
        Assert.Equal(405, (await api.SendAsync("GET", path)).Code);
        Assert.Equal(401, (await api.SendAsync("POST", path, question, token: null)).Code);
    }

    [Fact]
    public async Task The_description_in_protobuf_has_a_type_that_old_clients_can_read()
    {
        await using var api = await RunningApi.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/openapi/v2");
        request.Headers.TryAddWithoutValidation("Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + RunningApi.Token);

        using var answer = await api.Client.SendAsync(request);

        Assert.Equal("application/com.github.proto-openapi.spec.v2.v1.0+protobuf", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_and_stores_nothing()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var said = await api.SendAsync("POST", Services + "?dryRun=All", Clustered("a"));

        Assert.Equal(201, said.Code);
        Assert.StartsWith("10.96.", said.Body["spec"]!.Str("clusterIP"), StringComparison.Ordinal);
        Assert.Equal(404, (await api.SendAsync("GET", Services + "/a")).Code);
    }

    [Fact]
    public async Task Two_services_never_have_one_address_nor_one_node_port()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var made = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => api.SendAsync(
            "POST", Services, $"{{\"metadata\":{{\"name\":\"s{i}\"}},\"spec\":{{\"type\":\"NodePort\",\"ports\":[{{\"port\":80}}]}}}}")));

        Assert.Equal(50, made.Select(static a => a.Body["spec"]!.Str("clusterIP")).Distinct().Count());
        Assert.Equal(50, made.Select(static a => a.Body["spec"]!.ListOf("ports")[0].Int("nodePort")).Distinct().Count());
        var again = await api.SendAsync("POST", Services, Clustered("other", made[7].Body["spec"]!.Str("clusterIP")));
        Assert.Equal(422, again.Code);
        Assert.EndsWith("provided IP is already allocated", again.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_show_one_state_whatever_is_written_meanwhile()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        for (var i = 0; i < 5; i++)
            await api.SendAsync("POST", Services, External($"s{i}"));

        var first = await api.SendAsync("GET", Services + "?limit=2");
        await api.SendAsync("DELETE", Services + "/s3");
        await api.SendAsync("POST", Services, External("s9"));
        var second = await api.SendAsync("GET", $"{Services}?limit=9&continue={first.Body["metadata"]!.Str("continue")}");

        Assert.Equal(3, first.Body["metadata"]!.Int("remainingItemCount"));
        Assert.Equal(["s2", "s3", "s4"], second.Body.ListOf("items").Select(static i => i["metadata"]!.Str("name")));
        Assert.Equal(first.Body["metadata"]!.Str("resourceVersion"), second.Body["metadata"]!.Str("resourceVersion"));
    }

    [Fact]
    public async Task A_watch_tells_of_every_change_in_order_and_a_selector_turns_changes_into_comings_and_goings()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var version = (await api.SendAsync("GET", Services)).Body["metadata"]!.Str("resourceVersion");
        await api.SendAsync("POST", Services, External("a"));
        await api.SendAsync("PATCH", Services + "/a", """{"metadata":{"labels":{"on":"yes"}}}""", "application/merge-patch+json");
        await api.SendAsync("PATCH", Services + "/a", """{"metadata":{"labels":{"on":"no"}}}""", "application/merge-patch+json");
        await api.SendAsync("DELETE", Services + "/a");

        var all = await WatchAsync(api, $"{Services}?watch=true&resourceVersion={version}&timeoutSeconds=1");
        var some = await WatchAsync(api, $"{Services}?watch=true&resourceVersion={version}&labelSelector=on%3Dyes&timeoutSeconds=1");

        Assert.Equal(["ADDED", "MODIFIED", "MODIFIED", "DELETED"], all.Select(static e => e.Str("type")));
        Assert.Equal(all.Select(VersionOf).Order(), all.Select(VersionOf));
        Assert.Equal(["ADDED", "DELETED"], some.Select(static e => e.Str("type")));
        Assert.Equal("yes", some[1]["object"]!["metadata"]!["labels"]!.Str("on"));
        Assert.Equal(VersionOf(all[2]), VersionOf(some[1]));
    }

    [Fact]
    public async Task K1_a_watch_from_before_what_is_known_is_told_to_list_again()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var events = await WatchAsync(api, $"{Services}?watch=true&resourceVersion=1&timeoutSeconds=5");

        var status = Assert.Single(events)["object"]!;
        Assert.Equal(("ERROR", "Expired", 410L), (events[0].Str("type"), status.Str("reason"), status.Int("code")));
    }

    [Fact]
    public async Task K14_a_mirrored_slice_that_is_edited_or_deleted_is_put_back()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, Clustered("a"));
        await api.SendAsync("POST", "/api/v1/namespaces/shop/endpoints", """{"metadata":{"name":"a","labels":{"team":"x"}},"subsets":[{"addresses":[{"ip":"192.0.2.1"}],"ports":[{"port":80}]}]}""");
        var made = await SliceAsync(api, static s => s is not null);
        Assert.Equal("x", made!["metadata"]!["labels"]!.Str("team"));
        var name = made["metadata"]!.Str("name");
        Assert.Matches("^a-[a-z0-9]{5}$", name);

        await api.SendAsync("PATCH", $"{Slices}/{name}", """{"endpoints":[{"addresses":["192.0.2.99"]}]}""", "application/merge-patch+json");
        var back = await SliceAsync(api, static s => s?.ListOf("endpoints")[0].Strings("addresses")[0] == "192.0.2.1" && s["metadata"]!.Int("generation") > 1);
        Assert.Equal(name, back!["metadata"]!.Str("name"));

        await api.SendAsync("DELETE", $"{Slices}/{name}");
        Assert.NotEqual(name, (await SliceAsync(api, s => s is not null && s["metadata"]!.Str("name") != name))!["metadata"]!.Str("name"));

        await api.SendAsync("DELETE", Services + "/a");
        await SliceAsync(api, static s => s is null);
        Assert.Equal(404, (await api.SendAsync("GET", "/api/v1/namespaces/shop/endpoints/a")).Code);
    }

    [Fact]
    public async Task Addresses_that_are_too_many_to_mirror_are_told_of_in_one_event_that_counts()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        const string endpoints = "/api/v1/namespaces/shop/endpoints", events = "/api/v1/namespaces/shop/events";
        await api.SendAsync("POST", Services, Clustered("a"));
        var addresses = string.Join(",", Enumerable.Range(0, 1600).Select(static i => $"{{\"ip\":\"192.0.{i / 250}.{1 + (i % 250)}\"}}"));
        await api.SendAsync("POST", endpoints, $"{{\"metadata\":{{\"name\":\"a\"}},\"subsets\":[{{\"addresses\":[{addresses}],\"ports\":[{{\"port\":80}}]}}]}}");

        Assert.Equal(1000, (await SliceAsync(api, static s => s is not null))!.ListOf("endpoints").Count);
        var told = Assert.Single((await api.SendAsync("GET", events)).Body.ListOf("items"));
        Assert.Equal(("Warning", "TooManyAddressesToMirror", 1L), (told.Str("type"), told.Str("reason"), told.Int("count")));
        Assert.Equal("A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 600 addresses were skipped", told.Str("message"));
        Assert.Equal(("Endpoints", "a"), (told["involvedObject"]!.Str("kind"), told["involvedObject"]!.Str("name")));

        await api.SendAsync("PATCH", endpoints + "/a", """{"metadata":{"labels":{"x":"y"}}}""", "application/merge-patch+json");
        await SliceAsync(api, static s => s?["metadata"]!["labels"]!.Str("x") == "y");
        Assert.Equal(2, Assert.Single((await api.SendAsync("GET", events)).Body.ListOf("items")).Int("count"));
    }

    [Fact]
    public async Task A_namespace_takes_everything_in_it_along_and_accepts_nothing_new_meanwhile()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, External("a"));
        await api.SendAsync("POST", Services, """{"metadata":{"name":"held","finalizers":["example.com/hold"]},"spec":{"type":"ExternalName","externalName":"a.example.com"}}""");

        var deleted = await api.SendAsync("DELETE", "/api/v1/namespaces/shop");
        Assert.Equal("Terminating", deleted.Body["status"]!.Str("phase"));
        await UntilAsync(async () => (await api.SendAsync("GET", Services + "/a")).Code == 404);
        Assert.Equal(403, (await api.SendAsync("POST", Services, External("b"))).Code);
        Assert.Equal(200, (await api.SendAsync("GET", "/api/v1/namespaces/shop")).Code);

        await api.SendAsync("PATCH", Services + "/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        await UntilAsync(async () => (await api.SendAsync("GET", "/api/v1/namespaces/shop")).Code == 404);
        Assert.Equal(403, (await api.SendAsync("DELETE", "/api/v1/namespaces/default")).Code);
    }

    [Theory]
    [InlineData("""{"propagationPolicy":"Background"}""", false)]
    [InlineData("""{"propagationPolicy":"Foreground"}""", false)]
    [InlineData("""{"propagationPolicy":"Orphan"}""", true)]
    [InlineData("""{"orphanDependents":true}""", true)]
    [InlineData("""{"orphanDependents":false}""", false)]
    public async Task What_an_object_owns_goes_with_it_unless_it_is_to_be_orphaned(string options, bool stays)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        const string maps = "/api/v1/namespaces/shop/configmaps";
        var owner = await api.SendAsync("POST", maps, """{"metadata":{"name":"owner"}}""");
        var uid = owner.Body["metadata"]!.Str("uid");
        await api.SendAsync("POST", maps, $"{{\"metadata\":{{\"name\":\"owned\",\"ownerReferences\":[{{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"owner\",\"uid\":\"{uid}\",\"blockOwnerDeletion\":true}}]}}}}");

        await api.SendAsync("DELETE", maps + "/owner", options);

        await UntilAsync(async () => (await api.SendAsync("GET", maps + "/owner")).Code == 404);
        if (!stays)
            await UntilAsync(async () => (await api.SendAsync("GET", maps + "/owned")).Code == 404);
        else
            Assert.False((await api.SendAsync("GET", maps + "/owned")).Body["metadata"]!.Has("ownerReferences"));
    }

    [Fact]
    public async Task A_stale_version_is_a_conflict_and_no_change_is_no_new_version()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var made = await api.SendAsync("POST", Services, External("a"));
        var same = await api.SendAsync("PUT", Services + "/a", made.Text);
        Assert.Equal(made.Body["metadata"]!.Str("resourceVersion"), same.Body["metadata"]!.Str("resourceVersion"));
        await api.SendAsync("PATCH", Services + "/a", """{"metadata":{"labels":{"x":"y"}}}""", "application/merge-patch+json");

        var stale = await api.SendAsync("PUT", Services + "/a", made.Text);

        Assert.Equal((409, "Conflict"), (stale.Code, stale.Body.Str("reason")));
    }

    [Fact]
    public async Task Both_forms_of_events_show_the_same_objects()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var made = await api.SendAsync("POST", "/api/v1/namespaces/shop/events", """{"metadata":{"name":"e"},"involvedObject":{"kind":"Service","name":"a","namespace":"shop"},"reason":"Because","message":"words","type":"Normal"}""");
        Assert.Equal(201, made.Code);

        var other = await api.SendAsync("GET", "/apis/events.k8s.io/v1/namespaces/shop/events?fieldSelector=regarding.name%3Da");

        var item = Assert.Single(other.Body.ListOf("items"));
        Assert.Equal(("words", "a"), (item.Str("note"), item["regarding"]!.Str("name")));
    }

    [Theory]
    [InlineData("metadata.name=a", "a")]
    [InlineData("metadata.name!=a,metadata.namespace==shop", "b")]
    [InlineData("metadata.name=a,,", "a")]
    [InlineData(@"metadata.name=a\,b", "")]
    [InlineData("spec.type=ExternalName,spec.clusterIP=", "a,b")]
    public async Task A_field_selector_takes_what_has_every_value(string selector, string names)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, External("a"));
        await api.SendAsync("POST", Services, External("b"));

        var found = await api.SendAsync("GET", Services + "?fieldSelector=" + Uri.EscapeDataString(selector));

        Assert.Equal(names, string.Join(',', found.Body.ListOf("items").Select(static i => i["metadata"]!.Str("name"))));
    }

    [Theory]
    [InlineData("metadata.name=a,b", "invalid selector: 'metadata.name=a,b'; can't understand 'b'")]
    [InlineData("metadata.name=a=b", "invalid field selector: unescaped character in value: 61")]
    [InlineData(@"metadata.name=a\b", @"invalid field selector: invalid escape sequence: \b")]
    [InlineData(@"metadata.name=a\", @"invalid field selector: invalid escape sequence: \")]
    [InlineData("spec.ports=1", "field label not supported: spec.ports")]
    public async Task A_field_selector_that_cannot_be_read_is_refused_in_the_words_of_the_API(string selector, string message)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var refused = await api.SendAsync("GET", Services + "?fieldSelector=" + Uri.EscapeDataString(selector));

        Assert.Equal((400, message), (refused.Code, refused.Body.Str("message")));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("?propagationPolicy=Background", false)]
    public async Task A_delete_that_names_no_policy_leaves_it_to_the_finalizers_that_are_there(string query, bool stays)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, External("a"));
        await api.SendAsync("PATCH", Services + "/a", """{"metadata":{"finalizers":["example.com/mine","foregroundDeletion"]}}""", "application/merge-patch+json");

        var deleted = await api.SendAsync("DELETE", Services + "/a" + query);

        Assert.Equal(stays, deleted.Body["metadata"]!.Strings("finalizers").Contains("foregroundDeletion"));
    }

    [Theory]
    [InlineData("", """{"propagationPolicy":"Background","orphanDependents":true}""", "Background")]
    [InlineData("", """{"propagationPolicy":"Orphan","orphanDependents":false}""", "Orphan")]
    [InlineData("?propagationPolicy=Foreground&orphanDependents=true", null, "Foreground")]
    public async Task A_delete_that_says_what_becomes_of_the_dependents_twice_is_refused(string query, string? options, string policy)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, External("a"));

        var refused = await api.SendAsync("DELETE", Services + "/a" + query, options);

        Assert.Equal(
            (422, $"DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"{policy}\": orphanDependents and deletionPropagation cannot be both set"),
            (refused.Code, refused.Body.Str("message")));
        Assert.Equal(200, (await api.SendAsync("GET", Services + "/a")).Code);
    }

    private static string External(string name) => $"{{\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{\"type\":\"ExternalName\",\"externalName\":\"a.example.com\"}}}}";

    private static string Clustered(string name, string address = "") =>
        $"{{\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{{(address.Length > 0 ? $"\"clusterIP\":\"{address}\"," : "")}\"ports\":[{{\"port\":80}}]}}}}";

    private static ulong VersionOf(Node change) => ulong.Parse(change["object"]!["metadata"]!.Str("resourceVersion"), CultureInfo.InvariantCulture);

    private static async Task<List<Node>> WatchAsync(RunningApi api, string path) =>
        [.. (await api.SendAsync("GET", path)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => Elsewhere.Kubernetes.Api.JsonText.Read(line).Root!)];

    private static async Task<Node?> SliceAsync(RunningApi api, Func<Node?, bool> asked)
    {
        Node? found = null;
        await UntilAsync(async () => asked(found = (await api.SendAsync("GET", Slices + "?labelSelector=kubernetes.io/service-name%3Da")).Body.ListOf("items").FirstOrDefault()));
        return found;
    }

    private static async Task UntilAsync(Func<Task<bool>> asked)
    {
        for (var i = 0; i < 2000; i++)
        {
            if (await asked())
                return;
            await Task.Yield();
        }

        Assert.Fail("it did not come to pass");
    }
}
