using System.Net;
using System.Net.Sockets;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Tests.Commands;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Kubernetes.Api.Server;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Serving;

/// <summary>What the API has answered is what DNS and ports do.</summary>
public sealed class AcknowledgedWriteSpecs
{
    private const string Services = "/api/v1/namespaces/default/services";
    private const string Aliases = "/apis/elsewhere.dev/v1alpha1/namespaces/default/aliases";

    [Fact]
    public async Task An_alias_answers_in_dns_and_takes_connections_as_soon_as_the_write_is_answered_200_times_in_a_row()
    {
        using var origin = new Socket(AddressFamily.InterNetwork, SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        origin.Listen(512);
        var port = ((IPEndPoint)origin.LocalEndPoint!).Port;
        await using var live = await LiveApi.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            await CreatedAsync(live, Aliases, $$$"""{"metadata":{"name":"a{{{i}}}"},"spec":{"origins":[{"url":"tcp://127.0.0.1:{{{port}}}"}],"ports":[{"name":"tcp","port":8080}]}}""");

            var answer = await live.AskAsync($"a{i}.default.svc.cluster.local.");
            Assert.Equal(1, answer[7]);
            var address = new IPAddress(answer.AsSpan(^4..));
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await client.ConnectAsync(new IPEndPoint(address, 8080));
        }
    }

    [Fact]
    public async Task Whoever_asks_first_sees_how_the_aliases_of_files_do()
    {
        using var manifests = new Manifests();
        manifests.Write("a.yaml", Manifests.Alias("a", 8080, "127.0.0.1:1").Replace("shop", "default", StringComparison.Ordinal));
        await using var live = await LiveApi.StartAsync([manifests.Path]);

        var first = (await live.Api.SendAsync("GET", $"{Aliases}/a")).Body;

        Assert.Equal(["Accepted", "ResolvedRefs", "Programmed", "OriginReachable", "Ready"], first["status"]!.ListOf("conditions").Select(static one => one.Str("type")));
        Assert.NotEmpty(first["status"]!.Strings("addresses"));
    }

    [Fact]
    public async Task What_a_watch_shows_is_what_dns_answers()
    {
        await using var live = await LiveApi.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Services}?watch=true&resourceVersion={live.Api.Objects.Core.Store.State.Version}");
        request.Headers.Authorization = new("Bearer", RunningApi.Token);
        using var response = await live.Api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        for (var i = 0; i < 20; i++)
        {
            var writing = CreatedAsync(live, Services, $$$"""{"metadata":{"name":"w{{{i}}}"},"spec":{"ports":[{"port":8080}]}}""");
            var line = await lines.ReadLineAsync();
            Assert.Contains($"\"w{i}\"", line, StringComparison.Ordinal);
            // The answer has a record: this name is known, whether or not the write has been answered.
            Assert.Equal(1, (await live.AskAsync($"w{i}.default.svc.cluster.local."))[7]);
            await writing;
        }
    }

    [Fact]
    public async Task A_data_plane_that_does_not_follow_costs_a_second_and_a_warning()
    {
        var time = new FakeTimeProvider();
        await using var live = await LiveApi.StartAsync(follows: false, time: time);
        var writing = CreatedAsync(live, Services, """{"metadata":{"name":"s"},"spec":{"ports":[{"port":8080}]}}""");
        await Eventually.TrueAsync(() => live.Api.Objects.Core.Store.Shown.IsWaiting, "the write waits");

        time.Advance(ShownState.Patience);

        Assert.Contains("DNS and ports do not follow yet", Assert.Single((await writing).Warnings), StringComparison.Ordinal);
    }

    private static async Task<Answer> CreatedAsync(LiveApi live, string path, string body)
    {
        var answer = await live.Api.SendAsync("POST", path, body);
        Assert.True(answer.Code == 201, answer.Text);
        return answer;
    }
}
