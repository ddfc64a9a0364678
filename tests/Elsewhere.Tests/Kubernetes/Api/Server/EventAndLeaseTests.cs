namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>What an Event and a Lease may say, and the words in which they are refused.</summary>
public sealed class EventAndLeaseTests
{
    private const string Core = "/api/v1/namespaces/shop/events", Newer = "/apis/events.k8s.io/v1/namespaces/shop/events", Leases = "/apis/coordination.k8s.io/v1/namespaces/shop/leases";
    private const string Time = "\"eventTime\":\"2026-01-01T00:00:00.000000Z\"";

    [Theory]
    [InlineData(Core, """ "involvedObject":{"kind":"Service","name":"a","namespace":"shop"} """, "")]
    [InlineData(Core, """ "involvedObject":{"kind":"Service","name":"a","namespace":"other"} """, "involvedObject.namespace: Invalid value: \"other\": does not match event.namespace")]
    [InlineData(Core, """ "involvedObject":{"kind":"Node","name":"a"} """, "involvedObject.namespace: Invalid value: \"\": does not match event.namespace")]
    [InlineData(Core, """ "involvedObject":{"namespace":"shop"},"reportingComponent":"c","reportingInstance":"i","action":"A",""" + Time, "reason: Required value")]
    [InlineData(Core, """ "involvedObject":{"namespace":"shop"},"reportingComponent":"c","reportingInstance":"","action":"A","reason":"R",""" + Time, "reportingInstance: Required value")]
    [InlineData(Newer, """ "regarding":{"namespace":"shop"},"reportingController":"c","reportingInstance":"i","action":"A","reason":"R","type":"Normal",""" + Time, "")]
    [InlineData(Newer, """ "regarding":{"namespace":"shop"},"reportingController":"c","reportingInstance":"i","action":"A","reason":"R","type":"Odd",""" + Time, "type: Invalid value: \"\": has invalid value: Odd")]
    [InlineData(Newer, """ "regarding":{"namespace":"shop"},"type":"Normal" """, "eventTime: Required value")]
    [InlineData(Newer, """ "regarding":{"namespace":"shop"},"reportingController":"c","reportingInstance":"i","action":"A","reason":"R","type":"Normal","deprecatedCount":1,"series":{"count":1,"lastObservedTime":null},""" + Time, "[series.count: Invalid value: \"\": should be at least 2, series.lastObservedTime: Required value, count: Invalid value: \"\": needs to be unset]")]
    public async Task An_event_is_about_something_of_its_namespace_and_the_newer_form_says_more(string path, string fields, string complaint)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var answer = await api.SendAsync("POST", path, $"{{\"metadata\":{{\"name\":\"e\"}},{fields}}}");

        var group = path == Newer ? ".events.k8s.io" : "";
        Assert.Equal(complaint.Length == 0 ? (201, "") : (422, $"Event{group} \"e\" is invalid: {complaint}"), (answer.Code, answer.Message));
    }

    [Fact]
    public async Task That_an_event_happened_again_may_be_added_and_nothing_else_changed()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Newer, """{"metadata":{"name":"e"},"regarding":{"namespace":"shop"},"reportingController":"c","reportingInstance":"i","action":"A","reason":"R","type":"Normal",""" + Time + "}");
        const string merge = "application/merge-patch+json";

        Assert.Equal(200, (await api.SendAsync("PATCH", Newer + "/e", """{"series":{"count":2,"lastObservedTime":"2026-01-01T00:00:01.000000Z"}}""", merge)).Code);
        var refused = await api.SendAsync("PATCH", Newer + "/e", """{"reason":"Other"}""", merge);

        Assert.Equal((422, "Event.events.k8s.io \"e\" is invalid: reason: Invalid value: \"Other\": field is immutable"), (refused.Code, refused.Message));
    }

    [Theory]
    [InlineData("""{"leaseDurationSeconds":1,"leaseTransitions":0,"holderIdentity":""}""", "")]
    [InlineData("""{"leaseDurationSeconds":0}""", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0")]
    [InlineData("""{"leaseTransitions":-1}""", "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0")]
    public async Task A_lease_lasts_for_some_time(string spec, string complaint)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var answer = await api.SendAsync("POST", Leases, $"{{\"metadata\":{{\"name\":\"l\"}},\"spec\":{spec}}}");

        Assert.Equal(complaint.Length == 0 ? (201, "") : (422, $"Lease.coordination.k8s.io \"l\" is invalid: {complaint}"), (answer.Code, answer.Message));
    }

    [Fact]
    public async Task Leaders_are_not_elected_here_so_that_how_is_not_kept()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var made = await api.SendAsync("POST", Leases, """{"metadata":{"name":"l"},"spec":{"holderIdentity":"me","strategy":"OldestEmulationVersion","preferredHolder":"you"}}""");
        Assert.Equal((201, """{"holderIdentity":"me"}"""), (made.Code, made.Body["spec"]!.ToString()));
    }

    [Theory]
    [InlineData("v1", 201)]
    [InlineData("example.com/v1", 201)]
    [InlineData("/v1", 201)]
    [InlineData("example.com/", 422)]
    [InlineData("example.com/v1/x", 422)]
    [InlineData("/", 422)]
    public async Task An_owner_has_a_version(string version, int code)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var answer = await api.SendAsync("POST", Leases, $$$"""{"metadata":{"name":"l","ownerReferences":[{"apiVersion":"{{{version}}}","kind":"Thing","name":"x","uid":"u"}]}}""");
        Assert.Equal(code, answer.Code);
        if (code == 422)
            Assert.Equal($"Lease.coordination.k8s.io \"l\" is invalid: metadata.ownerReferences.apiVersion: Invalid value: \"{version}\": version must not be empty", answer.Message);
    }
}
