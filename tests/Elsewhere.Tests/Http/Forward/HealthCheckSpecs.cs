using System.Collections.Concurrent;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Health checks speak to an origin as requests do: through the same clients, TLS and proxy.</summary>
public sealed class HealthCheckSpecs
{
    private const string Key = "shop/payments";

    [Fact]
    public async Task T6_with_a_Secret_that_turns_bad_checks_go_on_with_what_was_good_as_requests_do()
    {
        var (ca, clients) = (new TestCa(), new TestCa("Client CA"));
        var checks = new ConcurrentQueue<string>();
        await using var origin = await SecureAsync(ca, checks, HttpProtocols.Http1AndHttp2);
        var alias = Checked(origin.Port, "/healthz");
        var secret = clients.Secret(clients.Issue(["elsewhere"], client: true));
        await using var rig = await GatewayRig.StartAsync(alias, Bundle(ca.Bundle), Secret(secret.Chain, secret.PrivateKey));
        await Eventually.TrueAsync(() => checks.Count > 2, "it is checked");

        foreach (var broken in (object[][])[[Bundle(SecretBytes.Of("rubbish")), Secret(secret.Chain, secret.PrivateKey)], [Bundle(ca.Bundle), Secret(secret.Chain, SecretBytes.Of("rubbish"))], []])
        {
            await rig.ApplyAsync([alias, .. broken]);
            checks.Clear();
            await Eventually.TrueAsync(() => checks.Count > 2, "it is checked on");
            using var client = rig.Client(Key);
            Assert.Equal("served", await client.GetStringAsync("http://payments/"));
            Assert.Equal(AddressHealth.Up, Assert.Single(rig.Server.Origins.Addresses).Health);
        }

        Assert.All(checks, static check => Assert.Equal("HTTP/2 elsewhere-health-check CN=elsewhere", check));
    }

    [Theory]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http2, "HTTP/2")]
    public async Task A_check_speaks_what_the_origin_agrees_on(HttpProtocols protocols, string expected)
    {
        var ca = new TestCa();
        var checks = new ConcurrentQueue<string>();
        await using var origin = await SecureAsync(ca, checks, protocols);
        await using var rig = await GatewayRig.StartAsync(Unshown(Checked(origin.Port, "/healthz")), Bundle(ca.Bundle));

        await Eventually.TrueAsync(() => checks.Count > 2, "it is checked");

        Assert.All(checks, check => Assert.StartsWith($"{expected} ", check, StringComparison.Ordinal));
        Assert.Equal(AddressHealth.Up, Assert.Single(rig.Server.Origins.Addresses).Health);
    }

    [Fact]
    public async Task Each_check_is_a_connection_of_its_own_with_one_request_in_it_whatever_is_open_already()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("ok"));
        await using var rig = await GatewayRig.StartAsync(Plain(origin.Url, "/healthz"));
        using var client = rig.Client(Key);
        await client.GetStringAsync("http://payments/");

        await Eventually.TrueAsync(() => Checks(origin).Count > 2, "it is checked");

        var check = Checks(origin)[0];
        Assert.Equal($"127.0.0.1:{origin.Port}", check.Field("Host"));
        Assert.Equal("elsewhere-health-check", check.Field("User-Agent"));
        Assert.Equal(Checks(origin).Count, Checks(origin).Select(static request => request.Stream).Distinct().Count());
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "does not answer in HTTP/1: its first line is no status line")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "sends both Content-Length and Transfer-Encoding")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "answered 503 to GET /healthz")]
    public async Task What_is_wrong_with_the_answer_to_a_check_is_named(string answer, string expected)
    {
        using var origin = new RawOrigin(answer);
        await using var rig = await GatewayRig.StartAsync(Plain(origin.Url, "/healthz"));
        var address = Assert.Single(rig.Server.Origins.Addresses);

        await Eventually.TrueAsync(() => address.Health == AddressHealth.CheckFails, "the check fails");

        Assert.Equal($"http://127.0.0.1:{origin.Port} at 127.0.0.1:{origin.Port} {expected}", address.Status.Reason);
    }

    [Fact]
    public async Task An_origin_that_never_answers_a_check_fails_it_in_its_time()
    {
        using var origin = new RawOrigin(static _ => Task.CompletedTask);
        await using var rig = await GatewayRig.StartAsync(Plain(origin.Url, "/healthz", TimeSpan.FromMilliseconds(200)));
        var address = Assert.Single(rig.Server.Origins.Addresses);

        await Eventually.TrueAsync(() => address.Health == AddressHealth.CheckFails, "the check fails");

        Assert.EndsWith(" did not answer GET /healthz within 0.2 s", address.Status.Reason, StringComparison.Ordinal);
    }

    private static List<RawRequest> Checks(RawOrigin origin) => [.. origin.Requests.Where(static request => request.Line == "GET /healthz HTTP/1.1")];

    private static AliasView Plain(string url, string path, TimeSpan? timeout = null) => GatewayRig.Alias(Key, url) with { HealthCheck = Check(path, timeout) };

    private static AliasView Checked(int port, string path)
    {
        var alias = Plain($"https://127.0.0.1:{port}", path);
        var tls = OriginTlsView.Default with { CaCertificates = new KeyReference(ReferenceKind.ConfigMap, "ca", "ca.crt"), ClientCertificate = "client" };
        return alias with { Origins = [alias.Origins[0] with { Tls = tls }] };
    }

    private static AliasView Unshown(AliasView alias) => alias with { Origins = [alias.Origins[0] with { Tls = alias.Origins[0].Tls! with { ClientCertificate = "" } }] };

    private static HealthCheckView Check(string path, TimeSpan? timeout) =>
        new(path, [new StatusRange(200, 399)], TimeSpan.FromMilliseconds(30), timeout ?? TimeSpan.FromSeconds(5), 1, 1);

    private static ConfigMapView Bundle(SecretBytes pem) => new(new ObjectKey("shop", "ca"), [new DataEntry("ca.crt", pem)], null);

    private static SecretView Secret(SecretBytes chain, SecretBytes key) =>
        new(new ObjectKey("shop", "client"), "kubernetes.io/tls", [new DataEntry("tls.crt", chain), new DataEntry("tls.key", key)], null);

    private static Task<KestrelOrigin> SecureAsync(TestCa ca, ConcurrentQueue<string> checks, HttpProtocols protocols) => KestrelOrigin.StartAsync(
        async context =>
        {
            var shown = context.Connection.ClientCertificate;
            if (context.Request.Path == "/healthz")
                checks.Enqueue($"{context.Request.Protocol} {context.Request.Headers.UserAgent} {shown?.Subject ?? "-"}");
            else
                await context.Response.WriteAsync("served");
        },
        protocols,
        ca.Issue(["127.0.0.1"]),
        asksForCertificate: true);
}
