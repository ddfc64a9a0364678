using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Forward;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Serving.Status;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Forward;
using Elsewhere.Tests.Http.Tls;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Serving;

/// <summary>What comes and goes while nobody edits anything: through the whole engine.</summary>
public sealed class StandingFindingsSpecs
{
    private static readonly string[] Names = ["payments", "payments.shop", "payments.shop.svc", "payments.shop.svc.cluster.local"];

    [Fact]
    public async Task R4_a_bomb_that_is_cut_off_is_a_finding_and_counted()
    {
        using var origin = new RawOrigin(request => request.SendAsync(Bomb()));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);

        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        await Eventually.TrueAsync(() => Has(engine, "decode-limit"), "the finding stands");

        // The client may see its response broken off a moment before that is counted.
        await Eventually.TrueAsync(() => engine.Status.Requests.Single(static one => one.Code == RequestFaults.DecodeLimit).Count == 3, "each of the three is counted");
        Assert.Contains($"http://127.0.0.1:{origin.Port}", engine.Findings.Single(static finding => finding.Code == "decode-limit").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_not_coded_as_it_says_is_another_finding()
    {
        using var origin = new RawOrigin(request => request.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone"));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetStringAsync("/"));

        await Eventually.TrueAsync(() => Has(engine, "decode-failure"), "the finding stands");
    }

    [Theory]
    [InlineData("text/html; charset=utf-16le", "", "<\0h\0>\0", "charset=utf-16le', whose charset is no superset of ASCII")]
    [InlineData("text/html; charset=x-martian", "", "<h>", "whose charset is not known")]
    [InlineData("text/html", "Content-Encoding: zstd\r\n", "<h>", "Content-Encoding 'zstd', which cannot be undone")]
    [InlineData("text/html", "", "\u00ff\u00fe<\0h\0", "is UTF-16 by its first bytes")]
    public async Task R6_R3_a_text_that_cannot_be_read_goes_on_untouched_and_is_a_finding(string type, string fields, string body, string expected)
    {
        using var origin = new RawOrigin(request => request.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}"));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);

        Assert.Equal(body, Encoding.Latin1.GetString(await client.GetByteArrayAsync("/")));

        await Eventually.TrueAsync(() => Has(engine, "body-unmapped"), "the finding stands");
        Assert.Contains(expected, engine.Findings.Single(static finding => finding.Code == "body-unmapped").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_clients_send_and_is_refused_is_one_finding_for_all_of_them_and_each_code_is_counted()
    {
        using var origin = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("a")));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));

        for (var i = 0; i < 20; i++)
        {
            await RefusedAsync(engine, "GET / HTTP/1.1\nHost: payments\n\n");
            await RefusedAsync(engine, "GET / HTTP/1.1\r\nHost: payments\r\nHost: payments\r\n\r\n");
        }

        await Eventually.TrueAsync(() => Has(engine, "requests-refused"), "the finding stands");
        Assert.Single(engine.Findings, static finding => finding.Code == "requests-refused");
        Assert.Equal([20L, 20L], engine.Status.Requests.Select(static one => one.Count));
    }

    [Fact]
    public void What_befalls_clients_of_an_unknown_alias_is_told_of_nobody()
    {
        var faults = new RequestFaults(new FakeTimeProvider(), static () => { });

        faults.Add(null, ClientRefusals.Http2Flood, static () => "a client was refused: http2-flood");

        var finding = Assert.Single(RequestFaultFindings.Of(Live.Nothing(ResolveOptions.Default), faults));
        Assert.Equal(("requests-refused", ObjectRef.None), (finding.Code, finding.Object));
        Assert.Contains("http2-flood", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_is_told_once_until_it_was_quiet_for_a_while()
    {
        var time = new FakeTimeProvider();
        var told = 0;
        var faults = new RequestFaults(time, () => told++);
        var (shop, blog) = (new ObjectKey("shop", "a"), new ObjectKey("blog", "a"));

        for (var i = 0; i < 1000; i++)
            faults.Add(shop, "code", () => $"case {i}");
        faults.Add(blog, "code", static () => "another");
        Assert.Equal(2, told);
        Assert.Equal(time.GetUtcNow() + RequestFaults.Window, faults.Until);
        Assert.Equal([("blog", 1L, "another", true), ("shop", 1000L, "case 0", true)], faults.All.Select(static f => (f.Alias!.Value.Namespace, f.Count, f.Detail, f.IsRecent)));

        time.Advance(RequestFaults.Window);
        Assert.DoesNotContain(faults.All, static fault => fault.IsRecent);
        Assert.Null(faults.Until);
        faults.Add(shop, "code", static () => "again");
        Assert.Equal(3, told);
        Assert.Equal((1001L, "again"), faults.All.Where(static f => f.IsRecent).Select(static f => (f.Count, f.Detail)).Single());

        faults.Retain(new HashSet<ObjectKey> { blog });
        Assert.Equal([blog], faults.All.Select(static fault => fault.Alias));
    }

    [Fact]
    public async Task T1_a_certificate_that_comes_to_its_end_is_told_without_an_edit_and_so_is_its_end()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var own = new TestCa("Company CA").Secret(Names);
        var alias = At(9) with { Certificate = own.Secret.Name };
        var secret = new SecretView(new ObjectKey("shop", own.Secret.Name), "kubernetes.io/tls", [new("tls.crt", own.Chain), new("tls.key", own.PrivateKey)], null);
        await using var engine = await GatewayEngine.StartAsync(time, alias, secret);
        Assert.DoesNotContain(engine.Findings, static finding => finding.Code.StartsWith("certificate-", StringComparison.Ordinal));
        var end = engine.Status.Certificate!.NotAfter!.Value;

        await PassAsync(time, end - TimeSpan.FromDays(14), () => Has(engine, "certificate-ending"));
        await PassAsync(time, end, () => Has(engine, "certificate-unusable") && !Has(engine, "certificate-ending"));
        Assert.Null(engine.Status.Certificate!.Secret);
        Assert.Contains("expired", engine.Status.Certificate.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_an_address_does_is_known_with_its_last_error_also_after_it_has_recovered()
    {
        using var alive = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("a")));
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        taken.Stop();
        await using var engine = await GatewayEngine.StartAsync(GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{alive.Port}", $"http://127.0.0.1:{port}", "http://169.254.169.254"));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        Assert.Equal("a", await client.GetStringAsync("/"));
        Assert.Equal("a", await client.GetStringAsync("/"));

        Assert.Equal([OriginHealth.Healthy, OriginHealth.Unreachable, OriginHealth.Denied], engine.Status.Origins.Select(static origin => Assert.Single(origin.Addresses).Health));
        var ill = engine.Status.Origins[1].Addresses[0];
        Assert.Equal($"127.0.0.1:{port}", ill.Address);
        Assert.NotNull(ill.Since);
        Assert.Equal(ill.Reason, ill.LastError);

        using var back = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("b")), new IPEndPoint(IPAddress.Loopback, port));
        await Eventually.TrueAsync(() => engine.Status.Origins[1].Addresses[0].Health == OriginHealth.Healthy, "it has recovered");
        var well = engine.Status.Origins[1].Addresses[0];
        Assert.Null(well.Reason);
        Assert.Equal((ill.LastError, true), (well.LastError, well.Since > ill.Since));
    }

    [Fact]
    public async Task The_socket_answers_for_one_alias_or_for_all_and_for_nothing_else()
    {
        using var origin = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("a")));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));
        var directory = Directory.CreateTempSubdirectory("elsewhere-status-").FullName;
        var status = engine.Status;
        await using (StatusSocket.Start(directory, only => only is null || only == Given(GatewayEngine.Key) ? [status] : [], TimeProvider.System))
        {
            var one = Assert.Single((await StatusSocket.AskAsync(directory, Given(GatewayEngine.Key), default))!);
            Assert.Equal(status.Origins[0].Addresses, one.Origins[0].Addresses);
            Assert.Single((await StatusSocket.AskAsync(directory, null, default))!);
            Assert.Empty((await StatusSocket.AskAsync(directory, new ObjectKey("shop", "nobody"), default))!);
        }

        var deep = Directory.CreateDirectory(Path.Combine(directory, new string('x', 200)));
        Assert.ThrowsAny<IOException>(() => StatusSocket.Start(deep.FullName, static _ => [], TimeProvider.System));
        deep.Delete();

        Assert.Null(await StatusSocket.AskAsync(directory, null, default));
        Assert.Empty(Directory.GetFiles(directory));
        Directory.Delete(directory);

        static ObjectKey Given(string key) => Model.Resolving.Given.Key(key);
    }

    // The clock goes on until it is so: the engine looks again when it is time, whatever it does meanwhile.
    private static async Task PassAsync(FakeTimeProvider time, DateTimeOffset until, Func<bool> holds)
    {
        time.Advance(until - time.GetUtcNow());
        await Eventually.TrueAsync(holds, $"at {until}", () => time.Advance(TimeSpan.FromSeconds(1)));
    }

    private static bool Has(GatewayEngine engine, string code) => engine.Findings.Any(finding => finding.Code == code);

    private static AliasView At(int port) => GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{port}");

    private static async Task RefusedAsync(GatewayEngine engine, string bytes)
    {
        using var socket = await GatewayRig.DialAsync(new IPEndPoint(engine.Served.ServiceAddresses[0], GatewayRig.Plain), CancellationToken.None);
        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
        Assert.NotEqual(0, await socket.ReceiveAsync(new byte[4096]));
    }

    private static string Bomb()
    {
        using var coded = new MemoryStream();
        using (var gzip = new GZipStream(coded, CompressionLevel.SmallestSize))
            gzip.Write(new byte[8 << 20].AsSpan());
        var body = Encoding.Latin1.GetString(coded.ToArray());
        return $"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }
}
