namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Secrets and ConfigMaps as Kubernetes 1.36 keeps them, and what may be done to an object that is being deleted.</summary>
public sealed class DataTests
{
    private const string Secrets = "/api/v1/namespaces/shop/secrets", Maps = "/api/v1/namespaces/shop/configmaps", Merge = "application/merge-patch+json";
    private const string Fixed = "field is immutable when `immutable` is set";

    [Fact]
    public async Task Texts_written_to_a_secret_are_among_its_data_and_never_handed_back()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var made = await api.SendAsync("POST", Secrets, """{"metadata":{"name":"a"},"data":{"x":"b2xk","y":"b2xk"},"stringData":{"x":"new","z":"ü"}}""");
        Assert.Equal((201, """{"x":"bmV3","y":"b2xk","z":"w7w="}""", false), (made.Code, made.Body["data"]!.ToString(), made.Body.Has("stringData")));

        var patched = await api.SendAsync("PATCH", Secrets + "/a", """{"stringData":{"y":"late"}}""", Merge);
        Assert.Equal((200, """{"x":"bmV3","y":"bGF0ZQ==","z":"w7w="}"""), (patched.Code, patched.Body["data"]!.ToString()));
        Assert.DoesNotContain("stringData", (await api.SendAsync("GET", Secrets + "/a")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_declared_immutable_keeps_its_data_and_may_still_be_labelled_and_deleted()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        foreach (var (path, kind) in new[] { (Secrets, "Secret"), (Maps, "ConfigMap") })
        {
            await api.SendAsync("POST", path, """{"metadata":{"name":"a"},"immutable":true,"data":{"x":"b2xk"}}""");

            var changed = await api.SendAsync("PATCH", path + "/a", """{"data":{"x":"bmV3"}}""", Merge);
            Assert.Equal((422, $"{kind} \"a\" is invalid: data: Forbidden: {Fixed}"), (changed.Code, changed.Message));
            var freed = await api.SendAsync("PATCH", path + "/a", """{"immutable":null}""", Merge);
            Assert.Equal((422, $"{kind} \"a\" is invalid: immutable: Forbidden: {Fixed}"), (freed.Code, freed.Message));

            Assert.Equal(200, (await api.SendAsync("PATCH", path + "/a", """{"metadata":{"labels":{"x":"y"}}}""", Merge)).Code);
            Assert.Equal(200, (await api.SendAsync("DELETE", path + "/a")).Code);
        }
    }

    [Theory]
    [InlineData(Secrets, """ "type":"kubernetes.io/tls","data":{"tls.crt":""} """, "data[tls.key]: Required value")]
    [InlineData(Secrets, """ "type":"kubernetes.io/basic-auth" """, "[data[username]: Required value, data[password]: Required value]")]
    [InlineData(Secrets, """ "type":"kubernetes.io/ssh-auth","data":{"ssh-privatekey":""} """, "data[ssh-privatekey]: Required value")]
    [InlineData(Secrets, """ "type":"kubernetes.io/service-account-token" """, "metadata.annotations[kubernetes.io/service-account.name]: Required value")]
    [InlineData(Secrets, """ "type":"kubernetes.io/dockercfg" """, "data[.dockercfg]: Required value")]
    [InlineData(
        Secrets,
        """ "type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"[]"} """,
        "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData(
        Secrets,
        """ "data":{"a/b":""} """,
        "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")]
    [InlineData(Maps, """ "data":{"..":""} """, "data[..]: Invalid value: \"..\": must not be '..'")]
    [InlineData(Maps, """ "data":{"..a":""} """, "data[..a]: Invalid value: \"..a\": must not start with '..'")]
    [InlineData(Maps, """ "data":{"a":""},"binaryData":{"a":""} """, "data[a]: Invalid value: \"a\": duplicate of key present in binaryData")]
    public async Task Data_that_breaks_a_rule_is_refused_in_the_servers_words(string path, string fields, string complaint)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");

        var refused = await api.SendAsync("POST", path, $"{{\"metadata\":{{\"name\":\"a\"}},{fields}}}");

        Assert.Equal((422, $"{(path == Secrets ? "Secret" : "ConfigMap")} \"a\" is invalid: {complaint}"), (refused.Code, refused.Message));
    }

    [Theory]
    [InlineData(Secrets, "stringData", "data: Too long: may not be more than 1048576 bytes")]
    [InlineData(Maps, "data", "[]: Too long: may not be more than 1048576 bytes")]
    public async Task A_mebibyte_of_data_is_kept_and_one_byte_more_is_refused(string path, string field, string complaint)
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        string Body(string name, int bytes) => $"{{\"metadata\":{{\"name\":\"{name}\"}},\"{field}\":{{\"x\":\"{new string('x', bytes)}\"}}}}";

        Assert.Equal(201, (await api.SendAsync("POST", path, Body("fits", 1024 * 1024))).Code);
        Assert.EndsWith("is invalid: " + complaint, (await api.SendAsync("POST", path, Body("big", 1024 * 1024 + 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secrets_type_stays()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Secrets, """{"metadata":{"name":"a"}}""");

        var changed = await api.SendAsync("PATCH", Secrets + "/a", """{"type":"example.com/other"}""", Merge);

        Assert.Equal("Secret \"a\" is invalid: type: Invalid value: \"example.com/other\": field is immutable", changed.Message);
    }

    [Fact]
    public async Task An_object_that_is_being_deleted_may_lose_finalizers_and_gets_no_new_ones()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        await api.SendAsync("POST", Maps, """{"metadata":{"name":"a","finalizers":["example.com/one"]}}""");
        await api.SendAsync("DELETE", Maps + "/a");

        var refused = await api.SendAsync("PATCH", Maps + "/a", """{"metadata":{"finalizers":["example.com/one","example.com/two","example.com/three"]}}""", Merge);

        Assert.Equal(422, refused.Code);
        Assert.Equal(
            "ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"example.com/three\", \"example.com/two\"}",
            refused.Message);
        Assert.Equal(200, (await api.SendAsync("PATCH", Maps + "/a", """{"metadata":{"finalizers":null}}""", Merge)).Code);
        Assert.Equal(404, (await api.SendAsync("GET", Maps + "/a")).Code);
    }
}
