using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Elsewhere.Http.Forward;
using Elsewhere.Http.Http1;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>The gateway's own answers, as the one who wrote the client reads them.</summary>
public sealed class ErrorAnswerSpecs
{
    [Theory]
    [InlineData("application/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("APPLICATION/JSON", true)]
    [InlineData("application/json, text/plain, */*", true)]
    [InlineData("text/html, application/json;q=0.9", false)]
    [InlineData("text/plain;q=0.5, application/json;q=0.9", true)]
    [InlineData("text/plain, application/json;q=0", false)]
    [InlineData("application/json;q=0", false)]
    [InlineData("application/json; charset=utf-8; q=0.001", true)]
    [InlineData("application/json;q=1.000", true)]
    [InlineData("application/json;q=nonsense", true)]
    [InlineData("application/json5x, text/html", false)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false)]
    [InlineData("*/*", false)]
    [InlineData("", false)]
    public void Who_names_JSON_and_not_text_with_a_higher_weight_gets_JSON(string accept, bool json) =>
        Assert.Equal(json, AcceptField.PrefersJson(Encoding.Latin1.GetBytes(accept)));

    [Fact]
    public async Task Text_says_what_is_wrong_what_to_do_whose_side_it_is_and_which_alias()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));

        var answer = await rig.Client("shop/payments").GetStringOfAsync("http://payments/");

        Assert.Equal(
            "502 The origin could not be connected to\nhttp://127.0.0.1:1 refuses connections\n"
            + "-> Dial the origin with curl -v on the machine of the gateway, and see since when: elsewhere explain payments.shop\n"
            + "alias: payments.shop, side: origin, code: gateway-origin-unreachable\n",
            answer);
    }

    [Fact]
    public async Task A_problem_document_says_the_same()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));
        using var client = rig.Client("shop/payments");
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");

        var problem = JsonDocument.Parse(await client.GetStringOfAsync("http://payments/")).RootElement;

        Assert.Equal(["type", "title", "status", "detail", "code", "side", "remedy", "alias"], problem.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("payments.shop", problem.GetProperty("alias").GetString());
        Assert.EndsWith("elsewhere explain payments.shop", problem.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HEAD_gets_the_header_that_GET_gets_and_no_body()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));

        var answer = await rig.RawAsync("shop/payments", "HEAD / HTTP/1.1\r\nHost: payments\r\nConnection: close\r\n\r\n");

        Assert.Contains("Elsewhere-Error: gateway-origin-unreachable\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/grpc", "http://127.0.0.1:1", "14", "gateway-origin-unreachable")]
    [InlineData("application/grpc+proto", "http://127.0.0.1:1", "14", "gateway-origin-unreachable")]
    [InlineData("application/grpc", "http://nobody.example", "14", "gateway-origin-unresolved")]
    public async Task A_gRPC_client_gets_a_status_of_gRPC_with_the_reason(string type, string origin, string status, string code)
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin));

        using var answer = await CallAsync(rig, type);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/grpc", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(status, Assert.Single(answer.Headers.GetValues("grpc-status")));
        Assert.Contains($"({code})", Assert.Single(answer.Headers.GetValues("grpc-message")), StringComparison.Ordinal);
        Assert.Equal(code, Assert.Single(answer.Headers.GetValues("Elsewhere-Error")));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task GRPC_in_a_browser_is_HTTP_and_gets_a_status_of_HTTP()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));

        using var answer = await CallAsync(rig, "application/grpc-web");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.False(answer.Headers.Contains("grpc-status"));
    }

    [Theory]
    [InlineData(400, 13)]
    [InlineData(421, 2)]
    [InlineData(429, 14)]
    [InlineData(500, 2)]
    [InlineData(502, 14)]
    [InlineData(503, 14)]
    [InlineData(504, 14)]
    [InlineData(508, 2)]
    public void Statuses_of_HTTP_become_those_that_gRPC_itself_makes_of_them(int http, int grpc) => Assert.Equal(grpc, GrpcAnswer.StatusOf(http));

    [Fact]
    public void What_is_no_visible_ASCII_is_encoded_in_a_message_of_gRPC() => Assert.Equal("50%25 of %C3%BC%0A", GrpcAnswer.Encode("50% of ü\n"));

    [Fact]
    public async Task Plain_HTTP_on_the_port_for_TLS_is_told_so_and_counted()
    {
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", "http://127.0.0.1:1"));

        var answer = await rig.RawAsync("shop/payments", "GET / HTTP/1.1\r\nHost: payments\r\n\r\n", GatewayRig.Secure);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("use https://", answer, StringComparison.Ordinal);
        Assert.Contains("Elsewhere-Error: request-http-on-https-port\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(1, rig.Refused("request-http-on-https-port"));
    }

    private static Task<HttpResponseMessage> CallAsync(GatewayRig rig, string type)
    {
        var call = new HttpRequestMessage(HttpMethod.Post, "https://payments:8443/shop.Payments/Pay")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 0]),
        };
        call.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return rig.Client("shop/payments", GatewayRig.Secure).SendAsync(call);
    }
}

/// <summary>A body whatever the status is.</summary>
internal static class AnyStatus
{
    public static async Task<string> GetStringOfAsync(this HttpClient client, string url) => await (await client.GetAsync(url)).Content.ReadAsStringAsync();
}
