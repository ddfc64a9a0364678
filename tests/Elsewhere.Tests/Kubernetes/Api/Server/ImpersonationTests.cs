using System.Net.Http.Headers;
using System.Text;
using Elsewhere.Kubernetes.Api;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Requests as somebody else (<c>kubectl --as</c>): nobody but the owner of the token has rights here, and is told so in the API's words.</summary>
public sealed class ImpersonationTests
{
    [Theory]
    [InlineData("forbidden")]
    [InlineData("forbidden-create")]
    [InlineData("forbidden-named")]
    public async Task Somebody_without_rights_is_refused_as_the_recorded_server_did(string step)
    {
        await using var api = await RunningApi.StartAsync(null, "watchdoc");
        var request = Transcripts.Steps[step].Requests[0];

        var (code, body) = await SendAsync(api, request.Str("method"), request.Str("path"), "bob");

        Assert.Equal(request.Int("status"), code);
        Assert.Null(Masked.Difference(request["response"]!, body, ""));
    }

    [Theory]
    [InlineData("GET", "/api/v1/namespaces", "namespaces is forbidden: User \"bob\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope")]
    [InlineData("GET", "/api/v1/namespaces/default", "namespaces \"default\" is forbidden: User \"bob\" cannot get resource \"namespaces\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", "/api/v1/services?watch=true", "services is forbidden: User \"bob\" cannot watch resource \"services\" in API group \"\" at the cluster scope")]
    [InlineData("PUT", "/api/v1/namespaces/default/services/a/status", "services \"a\" is forbidden: User \"bob\" cannot update resource \"services/status\" in API group \"\" in the namespace \"default\"")]
    [InlineData("GET", "/apis/apps/v1/deployments", "deployments.apps is forbidden: User \"bob\" cannot list resource \"deployments\" in API group \"apps\" at the cluster scope")]
    [InlineData("GET", "/", "forbidden: User \"bob\" cannot get path \"/\"")]
    [InlineData("GET", "/metrics", "forbidden: User \"bob\" cannot get path \"/metrics\"")]
    public async Task What_is_refused_is_named(string method, string path, string message)
    {
        await using var api = await RunningApi.StartAsync();
        var (code, body) = await SendAsync(api, method, path, "bob");
        Assert.Equal((403, message), (code, body.Str("message")));
    }

    [Fact]
    public async Task Everybody_may_discover_the_api_and_ask_about_himself()
    {
        await using var api = await RunningApi.StartAsync();
        foreach (var path in new[] { "/api", "/apis", "/api/v1", "/apis/apps", "/openapi/v3", "/version", "/healthz" })
            Assert.Equal(200, (await SendAsync(api, "GET", path, "bob")).Code);

        var (_, self) = await SendAsync(api, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "system:serviceaccount:shop:web", "{}");
        Assert.Equal(["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"], self["status"]!["userInfo"]!.Strings("groups"));
        const string question = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", services = """{"spec":{"resourceAttributes":{"verb":"get","resource":"services"}}}""";
        Assert.Equal("""{"allowed":false}""", (await SendAsync(api, "POST", question, "bob", services)).Body["status"]!.ToString());
        Assert.Equal("""{"allowed":true}""", (await SendAsync(api, "POST", question, "bob", services, "system:masters")).Body["status"]!.ToString());
        Assert.Equal("""{"allowed":true}""", (await SendAsync(api, "POST", question, "bob", """{"spec":{"nonResourceAttributes":{"verb":"get","path":"/healthz"}}}""")).Body["status"]!.ToString());
        Assert.Equal(200, (await SendAsync(api, "GET", "/api/v1/namespaces", "bob", null, "system:masters")).Code);
    }

    private static async Task<(int Code, Node Body)> SendAsync(RunningApi api, string method, string path, string user, string? body = null, string? group = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", RunningApi.Token);
        request.Headers.Add("Impersonate-User", user);
        if (group is not null)
            request.Headers.Add("Impersonate-Group", group);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await api.Client.SendAsync(request);
        return ((int)response.StatusCode, JsonText.Read(await response.Content.ReadAsStringAsync()).Root ?? Node.Null());
    }
}
