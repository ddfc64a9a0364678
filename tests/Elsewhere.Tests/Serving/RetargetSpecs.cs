using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;
using Elsewhere.Serving.Status;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Forward;
using Elsewhere.Tests.Http.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit.Abstractions;

namespace Elsewhere.Tests.Serving;

/// <summary>An alias that is pointed elsewhere, through the whole engine and over real sockets.</summary>
public sealed class RetargetSpecs(ITestOutputHelper output)
{
    private const int Edits = 100;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_origin_that_is_dead_is_not_switched_to_until_it_lives_and_no_client_notices()
    {
        var closed = new TaskCompletionSource();
        using var old = Named("old", 0, () => closed.TrySetResult());
        var port = FreePort();
        await using var engine = await GatewayEngine.StartAsync(At(old.Port));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        Assert.Equal("old", await client.GetStringAsync("/"));

        engine.Accept(At(port));
        await Eventually.TrueAsync(() => engine.Findings.Any(IsFailed), "the retarget has failed");
        var finding = engine.Findings.Single(IsFailed);
        Assert.Equal(("spec.origins", "payments"), (finding.Field, finding.Object.Name));
        Assert.StartsWith($"http://127.0.0.1:{port} at 127.0.0.1:{port} ", finding.Message, StringComparison.Ordinal);
        Assert.Equal("old", await client.GetStringAsync("/"));

        using var next = Named("new", port);
        var answers = new HashSet<string>();
        await Eventually.TrueAsync(() => answers.Contains("new"), "the new origin serves", () => answers.Add(client.GetStringAsync("/").GetAwaiter().GetResult()));
        Assert.Subset(new HashSet<string> { "old", "new" }, answers);
        Assert.DoesNotContain(engine.Findings, IsFailed);
        await closed.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task An_origin_that_fails_its_health_check_is_not_switched_to()
    {
        using var old = Named("old", 0);
        using var ill = new RawOrigin(request => request.SendAsync(RawOrigin.Answer("ill", status: "500 Internal Server Error")));
        var check = new HealthCheckView("/healthz", [new StatusRange(200, 399)], TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(2), 1, 2);
        await using var engine = await GatewayEngine.StartAsync(At(old.Port) with { HealthCheck = check });

        engine.Accept(At(ill.Port) with { HealthCheck = check });

        await Eventually.TrueAsync(() => engine.Findings.Any(IsFailed), "the retarget has failed");
        Assert.Contains(" answered 500 to GET /healthz; ", engine.Findings.Single(IsFailed).Message, StringComparison.Ordinal);
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        Assert.Equal("old", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task An_origin_that_speaks_HTTP2_in_clear_and_nothing_else_is_checked_and_switched_to_as_it_speaks()
    {
        var checks = 0;
        await using var old = await StartPriorAsync("old", () => Interlocked.Increment(ref checks));
        await using var next = await StartPriorAsync("new", static () => { });
        var check = new HealthCheckView("/healthz", [new StatusRange(200, 200)], TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), 1, 1);
        AliasView To(int port) => At(port) with { HealthCheck = check, Ports = [new("h2c", GatewayRig.Plain, Protocol.Tcp, "", "kubernetes.io/h2c")] };
        await using var engine = await GatewayEngine.StartAsync(To(old.Port));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version20);
        Assert.Equal("old", await client.GetStringAsync("/"));
        await Eventually.TrueAsync(() => Volatile.Read(ref checks) > 2, "it is checked");
        Assert.Equal(OriginHealth.Healthy, engine.Status.Origins[0].Addresses[0].Health);

        engine.Accept(To(next.Port));

        await UntilServedAsync(engine, next.Port);
        Assert.DoesNotContain(engine.Findings, IsFailed);
        Assert.Equal("new", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task A_request_in_flight_ends_at_the_old_origin_and_then_its_connection_closes()
    {
        var closed = new TaskCompletionSource();
        var (arrived, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var old = new RawOrigin(
            async request =>
            {
                arrived.TrySetResult();
                await release.Task;
                await request.SendAsync(RawOrigin.Answer("old"));
            },
            new IPEndPoint(IPAddress.Loopback, 0),
            () => closed.TrySetResult());
        using var next = Named("new", 0);
        await using var engine = await GatewayEngine.StartAsync(At(old.Port));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        var inFlight = client.GetStringAsync("/");
        await arrived.Task.WaitAsync(Deadline);

        engine.Accept(At(next.Port));
        await UntilServedAsync(engine, next.Port);

        Assert.Equal("new", await client.GetStringAsync("/"));
        Assert.False(inFlight.IsCompleted || closed.Task.IsCompleted);
        release.SetResult();
        Assert.Equal("old", await inFlight);
        await closed.Task.WaitAsync(Deadline);
    }

    [Theory]
    [InlineData(1, GatewayRig.Plain, false)]
    [InlineData(1, GatewayRig.Secure, true)]
    [InlineData(2, GatewayRig.Plain, true)]
    [InlineData(2, GatewayRig.Secure, false)]
    public async Task A_hundred_retargets_under_load_fail_no_request(int version, int port, bool isSecureOrigin)
    {
        var ca = new TestCa();
        await using var a = await StartAsync("a", ca, isSecureOrigin);
        await using var b = await StartAsync("b", ca, isSecureOrigin);
        object[] toA = Verified(a.Port, ca, isSecureOrigin), toB = Verified(b.Port, ca, isSecureOrigin);
        await using var engine = await GatewayEngine.StartAsync(toA);
        using var over = new CancellationTokenSource();
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var sent = 0;
        using var client = engine.Client(port, new Version(version, version == 1 ? 1 : 0));
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(LoadAsync)).ToArray();

        for (var edit = 0; edit < Edits; edit++)
        {
            var before = Volatile.Read(ref sent);
            var (objects, origin, name) = edit % 2 == 0 ? (toB, b, "b") : (toA, a, "a");
            engine.Accept(objects);
            await UntilServedAsync(engine, origin.Port);
            Assert.Equal(name, await client.GetStringAsync("/"));
            await Eventually.TrueAsync(() => Volatile.Read(ref sent) > before + 4, "clients send on");
        }

        await over.CancelAsync();
        await Task.WhenAll(load);
        output.WriteLine($"{Edits} retargets, {sent} requests, {failures.Count} failed");
        Assert.True(failures.IsEmpty, string.Join('\n', failures.Distinct()));

        async Task LoadAsync()
        {
            for (var i = 0; !over.IsCancellationRequested; i++)
            {
                try
                {
                    using var answer = i % 2 == 0 ? await client.GetAsync("/") : await client.PostAsync("/", new ByteArrayContent(new byte[10_000]));
                    var body = await answer.Content.ReadAsStringAsync();
                    if (body is not ("a" or "b"))
                        failures.Enqueue($"{answer.StatusCode} {body}");
                }
                catch (HttpRequestException e)
                {
                    failures.Enqueue(e.ToString());
                }

                Interlocked.Increment(ref sent);
            }
        }
    }

    [Fact]
    public async Task T6_CA_certificates_that_are_gone_or_bad_leave_what_was_there_until_they_are_back()
    {
        var ca = new TestCa();
        await using var origin = await StartAsync("served", ca, isSecure: true);
        var good = Verified(origin.Port, ca, isSecure: true);
        await using var engine = await GatewayEngine.StartAsync(good);
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        Assert.Equal("served", await client.GetStringAsync("/"));

        foreach (var (bad, text) in (IEnumerable<(object[], string)>)[
            ([good[0]], "there is no ConfigMap 'ca' in the namespace 'shop'"),
            ([good[0], new ConfigMapView(new ObjectKey("shop", "ca"), [new DataEntry("other", ca.Bundle)], null)], "the ConfigMap 'ca' has no key 'ca.crt'"),
            ([good[0], new ConfigMapView(new ObjectKey("shop", "ca"), [new DataEntry("ca.crt", SecretBytes.Of("rubbish"))], null)], "ConfigMap shop/ca: ca.crt "),
        ])
        {
            engine.Accept(bad);
            await Eventually.TrueAsync(() => engine.Findings.Any(finding => IsFailed(finding) && finding.Message.Contains(text, StringComparison.Ordinal)), $"{text} is said");
            using var another = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
            Assert.Equal("served", await another.GetStringAsync("/"));
            Assert.Equal("served", await client.GetStringAsync("/"));

            engine.Accept(good);
            await Eventually.TrueAsync(() => !engine.Findings.Any(IsFailed), "all is well again");
        }
    }

    [Fact]
    public async Task T6_CA_certificates_that_were_never_there_are_named_to_the_client_and_nobody_is_dialled()
    {
        var ca = new TestCa();
        await using var origin = await StartAsync("served", ca, isSecure: true);
        var good = Verified(origin.Port, ca, isSecure: true);
        await using var engine = await GatewayEngine.StartAsync(good[0]);
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);

        using var answer = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains("there is no ConfigMap 'ca' in the namespace 'shop'", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        engine.Accept(good);
        await Eventually.TrueAsync(() => client.GetAsync("/").GetAwaiter().GetResult().IsSuccessStatusCode, "it is served as soon as they are there");
    }

    private static bool IsFailed(Finding finding) => finding.Code == "retarget-failed";

    private static Task UntilServedAsync(GatewayEngine engine, int port) =>
        Eventually.TrueAsync(() => engine.Served.Gateway!.Ports[0].Origins[0].Url.Port == port, "the new origin is served");

    private static RawOrigin Named(string name, int port, Action? closed = null) =>
        new(request => request.SendAsync(RawOrigin.Answer(name)), new IPEndPoint(IPAddress.Loopback, port), closed);

    private static AliasView At(int port) => GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{port}");

    private static Task<KestrelOrigin> StartAsync(string name, TestCa ca, bool isSecure) => KestrelOrigin.StartAsync(
        async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync(name);
        },
        isSecure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1,
        isSecure ? ca.Issue(["127.0.0.1"]) : null);

    private static Task<KestrelOrigin> StartPriorAsync(string name, Action checkedOnce) => KestrelOrigin.StartAsync(
        async context =>
        {
            if (context.Request.Path == "/healthz")
                checkedOnce();
            else
                await context.Response.WriteAsync(name);
        },
        HttpProtocols.Http2);

    private static object[] Verified(int port, TestCa ca, bool isSecure)
    {
        if (!isSecure)
            return [At(port)];
        var alias = GatewayRig.Alias(GatewayEngine.Key, $"https://127.0.0.1:{port}");
        var tls = OriginTlsView.Default with { CaCertificates = new KeyReference(ReferenceKind.ConfigMap, "ca", "ca.crt") };
        return [alias with { Origins = [alias.Origins[0] with { Tls = tls }] }, new ConfigMapView(new ObjectKey("shop", "ca"), [new DataEntry("ca.crt", ca.Bundle)], null)];
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
