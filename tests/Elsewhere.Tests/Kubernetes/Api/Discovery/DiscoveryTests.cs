using Elsewhere.Kubernetes.Api.Discovery;
using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Tests.Kubernetes.Api.Discovery;

/// <summary>Each recorded discovery document, and that we say the same of every kind in it that we serve.</summary>
public sealed class DiscoveryTests
{
    [Theory]
    [InlineData("discovery-api")]
    [InlineData("discovery-apis")]
    [InlineData("discovery-api-v1")]
    [InlineData("discovery-group")]
    [InlineData("discovery-group-version")]
    [InlineData("discovery-aggregated-api")]
    [InlineData("discovery-aggregated-apis")]
    public void A_document_says_what_the_recorded_server_said(string name)
    {
        var request = Transcripts.Steps[name].Requests[0];
        var aggregated = ApiDiscovery.AggregatedVersion(request["headers"]!.Str("Accept"));
        var ours = request.Str("path") switch
        {
            "/api" => aggregated is null ? ApiDiscovery.Versions("<host:port>") : ApiDiscovery.All(core: true, aggregated),
            "/apis" => aggregated is null ? ApiDiscovery.Groups() : ApiDiscovery.All(core: false, aggregated),
            "/api/v1" => ApiDiscovery.Resources("", "v1")!,
            "/apis/discovery.k8s.io" => ApiDiscovery.Group("discovery.k8s.io")!,
            _ => ApiDiscovery.Resources("discovery.k8s.io", "v1")!,
        };
        if (aggregated is not null)
            Assert.Equal(request["responseHeaders"]!.Str("Content-Type"), ApiDiscovery.ContentType(aggregated));
        var recorded = request["response"]!;
        recorded.Remove("_note");
        Contains(recorded, ours, "");
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("application/json", null)]
    [InlineData("*/*", null)]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "v2beta1")]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io;v=v2", "v2")]
    [InlineData("application/json,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", null)]
    [InlineData("application/vnd.kubernetes.protobuf, application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", "v2")]
    public void The_first_form_that_a_client_names_and_we_have_is_taken(string? accept, string? version) => Assert.Equal(version, ApiDiscovery.AggregatedVersion(accept));

    [Fact]
    public void Every_resource_is_found_in_both_forms_and_names_are_used_once()
    {
        foreach (var group in ApiResource.Shown.GroupBy(r => (r.Kind.Group, r.Kind.Version)))
        {
            var names = ApiDiscovery.Resources(group.Key.Group, group.Key.Version)!.ListOf("resources").Where(r => r.Str("singularName").Length > 0).Select(r => r.Str("name"));
            Assert.Equal(group.Select(r => r.Plural), names);
        }

        var all = ApiResource.Shown.Where(r => r.Kind.Group != "events.k8s.io").SelectMany(r => r.ShortNames.Append(r.Plural).Append(r.Singular).Distinct()).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Null(ApiDiscovery.Resources("apps", "v1beta1"));
        Assert.Null(ApiDiscovery.Resources("policy", "v1"));
        Assert.Null(ApiDiscovery.Group("policy"));
    }

    // Lists of things with names may hold more; what the recording says of a thing must be all there is.
    private static void Contains(Node recorded, Node ours, string path)
    {
        Assert.True(recorded.Kind == ours.Kind, path);
        if (recorded.Kind == NodeKind.Map)
        {
            Assert.Equal(recorded.Entries.Select(e => e.Key), ours.Entries.Select(e => e.Key));
            foreach (var (key, value) in recorded.Entries)
                Contains(value, ours[key]!, $"{path}.{key}");
        }
        else if (recorded.Items is [{ Kind: NodeKind.Map }, ..])
        {
            foreach (var item in recorded.Items.Where(i => Name(i) is not ("services/proxy" or "proxy" or "apps")))
                Contains(item, ours.Items.Find(i => Name(i) == Name(item)) ?? Node.Null(), $"{path}[{Name(item)}]");
        }
        else
        {
            Assert.True(Node.Same(recorded, ours), $"{path}: {recorded} {ours}");
        }
    }

    private static string Name(Node node) => ((string[])["name", "resource", "subresource", "version", "groupVersion", "clientCIDR"]).Select(node.Str).FirstOrDefault(n => n.Length > 0)
        ?? node["metadata"]?.Str("name") ?? "";
}
