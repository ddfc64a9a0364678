using System.IO.Pipelines;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Elsewhere.Http.Origins;
using Elsewhere.Metrics;
using Elsewhere.Tests.Commands;
using Elsewhere.Tests.Http.Forward;
using Elsewhere.Tests.Kubernetes;

namespace Elsewhere.Tests.Metrics;

/// <summary>What who runs this sees of it in numbers.</summary>
public sealed partial class MetricsSpecs : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(20);
    private static readonly MetricFamily[] families = [.. typeof(MetricFamilies).GetProperties(BindingFlags.NonPublic | BindingFlags.Static).Select(static p => (MetricFamily)p.GetValue(null)!)];
    private readonly Manifests manifests = new();
    private readonly HttpClient client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    public void Dispose()
    {
        manifests.Dispose();
        client.Dispose();
    }

    [Fact]
    public async Task Requests_are_counted_by_what_the_client_got_and_everything_is_in_both_formats()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer(
            "x", status: request.Line.Contains("/missing", StringComparison.Ordinal) ? "404 Not Found" : request.Line.Contains("/broken", StringComparison.Ordinal) ? "500 Oh" : "200 OK")));
        manifests.Write("shop.yaml", Alias("payments", origin.Url) + "---\n" + Alias("nowhere", "http://127.0.0.1:1") + "---\n" + Manifests.Relayed("database", 8081, "127.0.0.1", 9));
        await using var run = Start("127.218.0.0/16", "127.0.0.1:0");
        var started = await run.EventAsync("started");
        var (payments, nowhere) = (AddressOf(started, "payments"), AddressOf(started, "nowhere"));

        foreach (var path in new[] { "", "", "missing", "broken" })
            await client.GetAsync($"http://{payments}:8080/{path}");
        await client.GetAsync($"http://{nowhere}:8080/");
        using (var wrong = new HttpRequestMessage(HttpMethod.Get, $"http://{payments}:8080/"))
        {
            wrong.Headers.Host = "someone.else";
            await client.SendAsync(wrong);
        }

        // A certificate is made when it is first asked for; this client does not trust it.
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync($"https://{payments}:8443/"));

        var page = MetricsOf(started);
        var read = await UntilAsync(page, all => Sum(all, "elsewhere_gateway_requests_total") == 6);

        Assert.Equal(families.Length, read.Count);
        Assert.Equal(2, Outcome(read, "payments", "ok"));
        Assert.Equal(1, Outcome(read, "payments", "4xx"));
        Assert.Equal(1, Outcome(read, "payments", "5xx"));
        Assert.Equal(1, Outcome(read, "payments", "client"));
        Assert.Equal(1, Outcome(read, "nowhere", "origin"));
        Assert.Equal(5, One(read, "elsewhere_gateway_request_duration_seconds_count", "alias", "payments"));
        Assert.Equal(1, One(read, "elsewhere_gateway_errors_total", "code", "gateway-origin-unreachable"));
        Assert.Equal(1, One(read, "elsewhere_gateway_errors_total", "code", "gateway-unknown-host"));
        Assert.Equal(3, One(read, "elsewhere_aliases"));
        Assert.Equal(1, One(read, "elsewhere_alias_usable_addresses", "alias", "payments"));
        Assert.InRange(One(read, "elsewhere_certificate_expiry_timestamp_seconds", "alias", "payments"), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), double.MaxValue);
        Assert.All(read.SelectMany(static family => family.Samples).Where(static sample => sample.ByName.ContainsKey("alias")).GroupBy(static sample => sample.ByName["alias"]),
            static alias => Assert.InRange(alias.Count(), 1, 20));

        var open = await ReadAsync(page, "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
        Assert.Equal(families.Select(static family => family.Name), open.Select(static family => family.Name));
    }

    [Fact]
    public async Task What_is_broken_off_or_nobody_waits_for_is_told_apart()
    {
        var begun = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            if (request.Line.Contains("/cut", StringComparison.Ordinal))
            {
                await request.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                request.Stream.Close();
                return;
            }

            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
        });
        await using var rig = await GatewayRig.StartAsync(GatewayRig.Alias("shop/payments", origin.Url));
        using var one = rig.Client("shop/payments");

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => one.GetStringAsync("http://payments/cut"));
        using (var leave = new CancellationTokenSource())
        {
            var waiting = one.GetAsync("http://payments/wait", leave.Token);
            await begun.Task.WaitAsync(patience);
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }

        using var late = new CancellationTokenSource(patience);
        while (rig.Server.Counts.Single().Value.Outcomes.Sum() < 2 && !late.IsCancellationRequested)
            await Task.Yield();
        var counts = rig.Server.Counts.Single().Value.Outcomes;
        Assert.Equal((1, 1), (counts[(int)RequestOutcome.Broken], counts[(int)RequestOutcome.Gone]));
    }

    [Fact]
    public async Task A_counter_goes_on_when_its_alias_is_edited()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        var alias = GatewayRig.Alias("shop/payments", origin.Url);
        await using var rig = await GatewayRig.StartAsync(alias);
        using var one = rig.Client("shop/payments");
        await one.GetStringAsync("http://payments/");

        await rig.ApplyAsync(alias with { Hostnames = [Elsewhere.Model.DnsName.Parse("pay.example")] });
        await one.GetStringAsync("http://pay.example/");

        using var late = new CancellationTokenSource(patience);
        while (rig.Server.Counts.Single().Value.Outcomes[0] < 2 && !late.IsCancellationRequested)
            await Task.Yield();
        Assert.Equal(2, rig.Server.Counts.Single().Value.Outcomes[0]);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.005, 0)]
    [InlineData(0.0050001, 1)]
    [InlineData(12.5, 4)]
    [InlineData(3600, 5)]
    public void A_bucket_holds_what_is_as_long_as_its_end_and_no_longer(double seconds, int bucket)
    {
        var meter = new RequestMeter();
        meter.Took((long)(seconds * TimeSpan.TicksPerSecond));
        Assert.Equal(bucket, meter.Read().Buckets.Index().Single(static pair => pair.Item == 1).Index);
        Assert.Equal(seconds, meter.Read().Seconds, 6);
    }

    [Fact]
    public async Task What_is_odd_in_a_label_is_escaped()
    {
        var pipe = new Pipe();
        var writer = new MetricWriter(pipe.Writer, MetricFormat.Prometheus);
        writer.Begin(new MetricFamily("odd", MetricKind.Gauge, "Odd."));
        writer.Sample(1.5, ("text", "a\\b\"c\nd"));
        await writer.EndAsync(CancellationToken.None);
        await pipe.Writer.CompleteAsync();
        using var reader = new StreamReader(pipe.Reader.AsStream(), Encoding.UTF8);

        var family = Assert.Single(Exposition.Parse(await reader.ReadToEndAsync(), openMetrics: false));

        Assert.Equal(("text=\"a\\\\b\\\"c\\nd\"", 1.5), (family.Samples[0].Labels, family.Samples[0].Value));
    }

    [Fact]
    public async Task Nothing_else_is_served_there_and_nothing_can_be_sent()
    {
        await using var run = Start("127.219.0.0/16", "127.0.0.1:0");
        var page = MetricsOf(await run.EventAsync("started"));

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(page, "/"))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.PostAsync(page, null)).StatusCode);
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, page));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", $"{head.Content.Headers.ContentType}");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_finding_and_the_rest_runs()
    {
        using var other = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await using var run = Start("127.220.0.0/16", $"{other.LocalEndpoint}");

        await run.EventAsync("started");

        Assert.Contains("metrics-not-listening", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_family_is_on_the_page_with_its_kind_and_its_sentence()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md"));
        var rows = Row().Matches(page).Select(static row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value));
        Assert.Equal(
            families.Select(static family => (family.Name + (family.Kind == MetricKind.Counter ? "_total" : ""), family.Kind.ToString().ToLowerInvariant(), family.Help)), rows);
    }

    [Fact]
    public void Every_outcome_is_on_the_page()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md"));
        Assert.All(Enum.GetValues<RequestOutcome>(), outcome => Assert.Contains($"\n| `{MetricsPage.Word(outcome)}` |", page, StringComparison.Ordinal));
    }

    private static string Alias(string name, string url) =>
        $"apiVersion: elsewhere.dev/v1alpha1\nkind: Alias\nmetadata: {{ name: {name}, namespace: shop }}\nspec: {{ origins: [{{ url: \"{url}\" }}], ports: [{{ name: http, port: 8080, appProtocol: http }}, {{ name: https, port: 8443, appProtocol: https }}] }}\n";

    private Cli.Serving Start(string cidr, string metrics) => Cli.Start(
        "run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", cidr, "--upstream-dns", "none", "--dns", "127.0.0.1:0", "--api", "off", "--metrics", metrics, "-o", "json");

    private static string AddressOf(JsonElement started, string name) =>
        started.GetProperty("aliases").EnumerateArray().Single(alias => alias.GetProperty("name").GetString() == name).GetProperty("addresses")[0].GetString()!;

    private static Uri MetricsOf(JsonElement started) =>
        new(started.GetProperty("next").EnumerateArray().Select(static line => line.GetString()!).Single(static line => line.EndsWith("/metrics", StringComparison.Ordinal))["curl ".Length..]);

    private async Task<List<Family>> ReadAsync(Uri page, string accept)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, page);
        ask.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await client.SendAsync(ask);
        var isOpen = answer.Content.Headers.ContentType!.MediaType == "application/openmetrics-text";
        Assert.Equal(accept.Contains("openmetrics", StringComparison.Ordinal), isOpen);
        return Exposition.Parse(await answer.Content.ReadAsStringAsync(), isOpen);
    }

    // A request is counted when it has ended, which its client may know a moment earlier.
    private async Task<List<Family>> UntilAsync(Uri page, Func<List<Family>, bool> enough)
    {
        using var late = new CancellationTokenSource(patience);
        while (true)
        {
            var all = await ReadAsync(page, "text/plain");
            if (enough(all) || late.IsCancellationRequested)
                return all;
        }
    }

    private static double Sum(List<Family> all, string name) => all.SelectMany(static family => family.Samples).Where(sample => sample.Name == name).Sum(static sample => sample.Value);

    private static double Outcome(List<Family> all, string alias, string outcome) =>
        all.SelectMany(static family => family.Samples).Single(sample => sample.Labels == $"namespace=\"shop\",alias=\"{alias}\",outcome=\"{outcome}\"").Value;

    private static double One(List<Family> all, string name, string? label = null, string value = "") =>
        all.SelectMany(static family => family.Samples).Single(sample => sample.Name == name && (label is null || sample.ByName[label] == value)).Value;

    [GeneratedRegex(@"^\| `((?:elsewhere|process)_[a-z_]+)` \| (\w+) \| [^|]* \| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
