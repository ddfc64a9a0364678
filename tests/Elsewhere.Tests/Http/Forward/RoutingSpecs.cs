using System.Net;
using System.Text.Json;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Relay;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Http2;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Whose a request is.</summary>
public sealed class RoutingSpecs
{
    private const string Empty = "HTTP/1.1 204 No Content\r\n\r\n";

    [Theory]
    [InlineData("payments")]
    [InlineData("payments.shop")]
    [InlineData("payments.shop.svc")]
    [InlineData("payments.shop.svc.cluster.local")]
    [InlineData("PAYMENTS.Shop.SVC.cluster.local.")]
    [InlineData("pay.example.org")]
    public async Task An_alias_answers_to_all_its_names_and_the_origin_hears_its_own(string host)
    {
        using var origin = new RawOrigin(Empty);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url) with { Hostnames = [DnsName.Parse("pay.example.org")] });

        var answer = await rig.RawAsync("shop/payments", $"GET / HTTP/1.1\r\nHost: {host}:8080\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
        Assert.Equal($"127.0.0.1:{origin.Port}", Assert.Single(origin.Requests).Field("Host"));
    }

    [Fact]
    public async Task The_dialled_address_decides_between_two_aliases_of_one_short_name()
    {
        using var one = new RawOrigin(RawOrigin.Answer("one"));
        using var two = new RawOrigin(RawOrigin.Answer("two"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", one.Url), GatewayRig.Alias("bank/payments", two.Url));

        Assert.Equal("one", await rig.Client("shop/payments").GetStringAsync("http://payments/"));
        Assert.Equal("two", await rig.Client("bank/payments").GetStringAsync("http://payments/"));
        Assert.Equal("two", await rig.Client("bank/payments", GatewayRig.Secure).GetStringAsync("https://payments/"));
    }

    [Fact]
    public async Task P21_a_host_that_is_none_of_the_alias_names_is_misdirected_and_told_what_is_known()
    {
        using var origin = new RawOrigin(Empty);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.RawAsync("shop/payments", "GET / HTTP/1.1\r\nHost: payments.bank\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 421 ", answer, StringComparison.Ordinal);
        Assert.Contains("payments.shop.svc.cluster.local", answer, StringComparison.Ordinal);
        Assert.Contains("Elsewhere-Error: gateway-unknown-host", answer, StringComparison.Ordinal);
        Assert.Empty(origin.Requests);
    }

    [Theory]
    [InlineData(GatewayRig.Plain, "http")]
    [InlineData(GatewayRig.Secure, "https")]
    public async Task P21_a_connection_of_HTTP_2_that_is_used_for_another_alias_is_told_so_and_lives_on(int port, string scheme)
    {
        using var origin = new RawOrigin(RawOrigin.Answer("here"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url), GatewayRig.Alias("shop/orders", origin.Url));
        using var client = port == GatewayRig.Secure
            ? await RawHttp2.ConnectAsync(rig.At("shop/payments", port), rig.Trusting("payments.shop"))
            : await RawHttp2.ConnectAsync(rig.At("shop/payments", port));

        Assert.Equal("here", await AskAsync(1, "payments.shop"));
        Assert.Contains("code: gateway-unknown-host\n", await AskAsync(3, "orders.shop"), StringComparison.Ordinal);
        Assert.Equal("here", await AskAsync(5, "payments.shop.svc"));
        Assert.Equal(2, origin.Requests.Count);

        async Task<string> AskAsync(int stream, string authority)
        {
            await client.SendAsync(RawHttp2.Headers(stream, RawHttp2.Request(authority: authority, scheme: scheme)));
            return System.Text.Encoding.UTF8.GetString((await client.ReadUntilAsync(frame => frame.Type == FrameType.Data && frame.Stream == stream && frame.Payload.Length > 0))!.Payload);
        }
    }

    [Fact]
    public async Task A_client_that_takes_JSON_gets_a_problem_document()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));
        using var client = rig.Client("shop/payments");
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");

        var answer = await client.GetAsync("http://payments/");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("gateway-origin-unreachable", problem.GetProperty("code").GetString());
        Assert.Equal("origin", problem.GetProperty("side").GetString());
        Assert.Equal(502, problem.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task An_absolute_form_is_served_as_its_origin_form()
    {
        using var origin = new RawOrigin(Empty);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.RawAsync("shop/payments", "GET http://payments.shop/a?b HTTP/1.1\r\nHost: payments.shop\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
        Assert.Equal("GET /a?b HTTP/1.1", Assert.Single(origin.Requests).Line);
    }

    [Theory]
    [InlineData("/a//b/../c/./d")]
    [InlineData("/%2f%2E%2e/%41?x=%20+&y=[1]|{2}^`\"<>")]
    [InlineData("/?")]
    [InlineData("/a;b=c,d@e:f!$'()*~?q=a/b?c")]
    [InlineData("//evil.example/x")]
    public async Task P19_a_target_goes_out_byte_by_byte_as_it_came(string target)
    {
        using var origin = new RawOrigin(Empty);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        await rig.RawAsync("shop/payments", $"GET {target} HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n");

        Assert.Equal($"GET {target} HTTP/1.1", Assert.Single(origin.Requests).Line);
    }

    [Fact]
    public async Task P19_a_tunnel_is_refused_and_a_question_about_the_server_is_answered_here()
    {
        using var origin = new RawOrigin(Empty);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        Assert.StartsWith("HTTP/1.1 405 ", await rig.RawAsync("shop/payments", "CONNECT payments:8080 HTTP/1.1\r\nHost: payments:8080\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await rig.RawAsync("shop/payments", "OPTIONS * HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.Empty(origin.Requests);
    }

    [Fact]
    public async Task P20_an_alias_that_leads_to_itself_says_so_instead_of_going_round()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/round", "http://round.shop:8080"));
        rig.With("round.shop", rig.At("shop/round").Address);

        var answer = await rig.Client("shop/round").GetAsync("http://round/");

        Assert.Equal(HttpStatusCode.LoopDetected, answer.StatusCode);
        Assert.Contains("gateway-loop", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task P20_two_aliases_that_lead_to_each_other_say_so_after_one_round()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/a", "http://b.shop:8080"), GatewayRig.Alias("shop/b", "http://a.shop:8080"));
        rig.With("b.shop", rig.At("shop/b").Address).With("a.shop", rig.At("shop/a").Address);

        foreach (var (first, client) in new[] { ("a", rig.Client("shop/a")), ("b", rig.Client("shop/b")) })
        {
            var answer = await client.GetAsync($"http://{first}/");

            Assert.Equal(HttpStatusCode.LoopDetected, answer.StatusCode);
            Assert.Equal("gateway-loop", Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
            Assert.Equal(
                $"508 The request came back to the alias that it went through\nan origin of {first}.shop leads back to it\n"
                + $"-> Give the alias the origin's real name or address, not a name of this cluster.\nalias: {first}.shop, side: elsewhere, code: gateway-loop\n",
                await answer.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("a, b;x=1, c", "d", HttpStatusCode.NoContent)]
    [InlineData("a, b, c, d, e", "f, g, h, i, j", HttpStatusCode.NoContent)]
    [InlineData("a, b, c, d, e", "f, g, h, i, j, k", HttpStatusCode.LoopDetected)]
    [InlineData("a, a, a, a, a, a, a, a, a, a, a", "", HttpStatusCode.LoopDetected)]
    public async Task P20_a_request_that_went_through_more_than_ten_proxies_goes_no_further_whoever_they_were(string one, string other, HttpStatusCode status)
    {
        using var origin = new RawOrigin(Empty);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://payments/");
        request.Headers.Add("CDN-Loop", other.Length == 0 ? [one] : [one, other]);

        var answer = await rig.Client("shop/payments").SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.NoContent ? 1 : 0, origin.Requests.Count);
    }

    [Fact]
    public async Task P20_a_redirect_to_itself_is_mapped_and_passed_on_each_time_and_the_client_counts()
    {
        using var origin = new RawOrigin(request => request.SendAsync($"HTTP/1.1 302 Found\r\nLocation: http://{request.Field("Host")}/round\r\nContent-Length: 0\r\n\r\n"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/round", origin.Url));
        using var handler = new SocketsHttpHandler
        {
            MaxAutomaticRedirections = 10,
            ConnectCallback = async (_, cancellation) => new System.Net.Sockets.NetworkStream(await GatewayRig.DialAsync(rig.At("shop/round"), cancellation), ownsSocket: true),
        };
        using var client = new HttpClient(handler);

        var answer = await client.GetAsync("http://round:8080/round");

        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("http://round:8080/round", answer.Headers.Location?.ToString());
        Assert.Equal(11, origin.Requests.Count);
        Assert.Equal(0, rig.Server.Requests);
    }

    [Fact]
    public async Task P20_a_chain_of_two_aliases_is_no_loop()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("through both"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/front", "http://back.shop:8080"), GatewayRig.Alias("shop/back", origin.Url));
        rig.With("back.shop", rig.At("shop/back").Address);

        Assert.Equal("through both", await rig.Client("shop/front").GetStringAsync("http://front/"));
    }

    [Theory]
    [InlineData("GET /x HTTP/1.0\r\n\r\n", "Location: http://{0}/y\r\n")]
    [InlineData("GET http://payments.shop:8080/x HTTP/1.0\r\n\r\n", "Location: http://payments.shop:8080/y\r\n")]
    [InlineData("GET /x HTTP/1.0\r\nHost: payments.shop:8080\r\n\r\n", "Location: http://payments.shop:8080/y\r\n")]
    public async Task P19_a_request_of_HTTP_1_0_that_names_no_host_is_for_the_alias_at_the_address(string request, string location)
    {
        using var origin = new RawOrigin(request => request.SendAsync($"HTTP/1.1 302 Found\r\nLocation: http://{request.Field("Host")}/y\r\nContent-Length: 0\r\n\r\n"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));

        var answer = await rig.RawAsync("shop/payments", request);

        Assert.Contains(string.Format(null, location, rig.At("shop/payments")), answer, StringComparison.Ordinal);
        Assert.Equal("GET /x HTTP/1.1", Assert.Single(origin.Requests).Line);
    }

    [Fact]
    public async Task TLS_on_a_plain_port_and_plain_HTTP_on_a_TLS_port_are_told_so()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));

        Assert.Contains("speaks plain HTTP", await rig.RawAsync("shop/payments", "\x16\x03\x01\x02\x00"), StringComparison.Ordinal);
        Assert.Contains("to a port that speaks TLS", await rig.RawAsync("shop/payments", "GET / HTTP/1.1\r\n\r\n", GatewayRig.Secure), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alias_that_goes_takes_its_listener_with_it_and_leaves_the_others()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("here"));
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/a", origin.Url), GatewayRig.Alias("shop/b", origin.Url));
        var gone = rig.At("shop/a");

        await rig.ApplyAsync(GatewayRig.Alias("shop/b", origin.Url));

        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => GatewayRig.DialAsync(gone, CancellationToken.None));
        Assert.Equal("here", await rig.Client("shop/b").GetStringAsync("http://b/"));
    }

    [Fact]
    public async Task U10_listeners_leave_descriptors_for_the_rest_and_the_ones_too_many_are_named()
    {
        var options = ResolveOptions.Default with { ServiceCidrs = [Cidr.Parse($"127.{100 + (Environment.ProcessId % 100)}.252.0/24")] };
        var snapshot = Elsewhere.Model.Resolve.Run(
            Given.View(GatewayRig.Alias("shop/a", "http://127.0.0.1:1"), GatewayRig.Alias("shop/b", "http://127.0.0.1:1")), options);
        await using var server = new GatewayServer(
            new GatewayOptions { Resolve = static (_, _) => ValueTask.FromResult<OriginState?>(null), Certificates = static (_, _) => null, MostListeners = 3 }, TimeProvider.System);

        var problems = await server.ApplyAsync(GatewayTable.Build(snapshot), TimeSpan.Zero);

        var problem = Assert.Single(problems);
        Assert.Equal((RelayProblemKind.NoDescriptors, new ObjectKey("shop", "b")), (problem.Kind, problem.Alias));
        Assert.Contains("ulimit -n", problem.Remedy, StringComparison.Ordinal);
    }
}
