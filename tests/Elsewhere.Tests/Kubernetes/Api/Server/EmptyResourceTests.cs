namespace Elsewhere.Tests.Kubernetes.Api.Server;

/// <summary>Resources of which there is never an object.</summary>
public sealed class EmptyResourceTests
{
    [Fact]
    public async Task Pods_are_none_and_cannot_be_made()
    {
        await using var api = await RunningApi.StartAsync(null, "shop");
        var list = await api.SendAsync("GET", "/api/v1/namespaces/shop/pods");
        Assert.Equal((200, "PodList", 0), (list.Code, list.Body.Str("kind"), list.Body.ListOf("items").Count));
        var one = await api.SendAsync("GET", "/apis/apps/v1/namespaces/shop/deployments/web");
        Assert.Equal((404, "deployments.apps \"web\" not found"), (one.Code, one.Message));
        var deleted = await api.SendAsync("DELETE", "/api/v1/namespaces/shop/pods/web");
        Assert.Equal((404, "pods \"web\" not found"), (deleted.Code, deleted.Message));
        var made = await api.SendAsync("POST", "/api/v1/namespaces/shop/pods", """{"metadata":{"name":"web"}}""");
        Assert.Equal((405, "the server does not allow this method on the requested resource"), (made.Code, made.Message));
        Assert.Equal("", (await api.SendAsync("GET", "/apis/batch/v1/jobs?watch=true&timeoutSeconds=1")).Text);
    }
}
