namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Parts of objects that are written by themselves, and what counts only when a write does.</summary>
public sealed class SubresourceTests
{
    private const string Services = "/api/v1/namespaces/shop/services";

    [Fact]
    public async Task A_balancer_s_addresses_are_those_of_a_balancer()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, """{"metadata":{"name":"plain"},"spec":{"ports":[{"port":80}]}}""");
        await api.SendAsync("POST", Services, """{"metadata":{"name":"lb"},"spec":{"type":"LoadBalancer","ports":[{"port":80}]}}""");

        var plain = await api.SendAsync("PATCH", Services + "/plain/status", """{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}""", "application/merge-patch+json");
        Assert.Equal((422, "Service \"plain\" is invalid: status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"), (plain.Code, plain.Message));
        var wrong = await api.SendAsync(
            "PATCH", Services + "/lb/status", """{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.01"},{"hostname":"192.0.2.1","ipMode":"VIP"}]}}}""", "application/merge-patch+json");
        Assert.Equal(
            "Service \"lb\" is invalid: [status.loadBalancer.ingress[0].ip: Invalid value: \"192.0.2.01\": must not have leading 0s, status.loadBalancer.ingress[1].ipMode: Forbidden: "
            + "may not be specified when `ip` is not set, status.loadBalancer.ingress[1].hostname: Invalid value: \"192.0.2.1\": must be a DNS name, not an IP address]",
            wrong.Message);
        var right = await api.SendAsync("PATCH", Services + "/lb/status", """{"status":{"loadBalancer":{"ingress":[{"ip":"2001:DB8::1"}]}}}""", "application/merge-patch+json");
        Assert.Equal("VIP", right.Body["status"]!["loadBalancer"]!.ListOf("ingress")[0].Str("ipMode"));
        Assert.Equal(["status.loadBalancer.ingress[0]: IPv6 address \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")"], right.Warnings);
    }

    [Fact]
    public async Task A_namespace_s_finalizers_and_phase_are_written_by_themselves()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var phase = await api.SendAsync("PATCH", "/api/v1/namespaces/shop/status", """{"status":{"phase":"Terminating"}}""", "application/merge-patch+json");
        Assert.Equal("Namespace \"shop\" is invalid: status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty", phase.Message);

        var odd = await api.SendAsync("PUT", "/api/v1/namespaces/shop/finalize", """{"metadata":{"name":"shop"},"spec":{"finalizers":["kubernetes","hold"]}}""");
        Assert.Equal("Namespace \"shop\" is invalid: spec.finalizers[1]: Invalid value: \"hold\": name is neither a standard finalizer name nor is it fully qualified", odd.Message);
        var held = await api.SendAsync("PUT", "/api/v1/namespaces/shop/finalize", """{"metadata":{"name":"shop"},"spec":{"finalizers":["example.com/hold"]}}""");
        Assert.Equal((200, "Active", "example.com/hold"), (held.Code, held.Body["status"]!.Str("phase"), string.Join(' ', held.Body["spec"]!.Strings("finalizers"))));

        // The namespace waits for its finalizer and goes with it.
        Assert.Equal("Terminating", (await api.SendAsync("DELETE", "/api/v1/namespaces/shop")).Body["status"]!.Str("phase"));
        Assert.Equal(200, (await api.SendAsync("GET", "/api/v1/namespaces/shop")).Code);
        Assert.Equal(200, (await api.SendAsync("PUT", "/api/v1/namespaces/shop/finalize", """{"metadata":{"name":"shop"},"spec":{"finalizers":[]}}""")).Code);
        Assert.Equal(404, (await api.SendAsync("GET", "/api/v1/namespaces/shop")).Code);
    }

    [Fact]
    public async Task A_dry_run_does_not_look_at_what_only_a_write_does()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        const string versioned = """{"metadata":{"name":"a","resourceVersion":"5"},"spec":{"ports":[{"port":80}]}}""";
        Assert.Equal(201, (await api.SendAsync("POST", Services + "?dryRun=All", versioned)).Code);
        var refused = await api.SendAsync("POST", Services, versioned);
        Assert.Equal((500, "resourceVersion should not be set on objects to be created", ""), (refused.Code, refused.Message, refused.Body.Str("reason")));

        await api.SendAsync("POST", Services, """{"metadata":{"name":"b"},"spec":{"type":"NodePort","clusterIP":"10.96.1.1","ports":[{"port":80,"nodePort":30080}]}}""");
        const string sameAddress = """{"metadata":{"name":"c"},"spec":{"clusterIP":"10.96.1.1","ports":[{"port":80}]}}""";
        Assert.Equal(201, (await api.SendAsync("POST", Services + "?dryRun=All", sameAddress)).Code);
        Assert.Equal(422, (await api.SendAsync("POST", Services, sameAddress)).Code);
        // A node port is taken for every protocol, in a dry run too.
        const string samePort = """{"metadata":{"name":"c"},"spec":{"type":"NodePort","ports":[{"port":80,"protocol":"UDP","nodePort":30080}]}}""";
        Assert.Equal(
            "Service \"c\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
            (await api.SendAsync("POST", Services + "?dryRun=All", samePort)).Message);
    }

    [Fact]
    public async Task Owners_that_are_named_twice_are_kept_once_with_a_warning()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Services, """{"metadata":{"name":"a"},"spec":{"ports":[{"port":80}]}}""");
        const string owner = """{"apiVersion":"v1","kind":"ConfigMap","name":"x","uid":"u"}""";
        var patched = await api.SendAsync("PATCH", Services + "/a", $$$"""{"metadata":{"ownerReferences":[{{{owner}}},{{{owner}}}]}}""", "application/merge-patch+json");
        Assert.Single(patched.Body["metadata"]!.ListOf("ownerReferences"));
        Assert.StartsWith(".metadata.ownerReferences contains duplicate entries after mutating admission happens; API server dedups", patched.Warnings.Single(), StringComparison.Ordinal);
    }
}
