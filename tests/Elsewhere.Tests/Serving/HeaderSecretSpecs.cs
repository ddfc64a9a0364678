using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Model;
using Elsewhere.Serving.Status;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Forward;

namespace Elsewhere.Tests.Serving;

/// <summary>Header values from Secrets: sent to the alias' own origins, shown to nobody.</summary>
public sealed class HeaderSecretSpecs
{
    private const string Field = "X-Api-Key";

    [Fact]
    public async Task A_retarget_under_load_sends_no_secret_to_the_origin_of_another()
    {
        using var a = Echo();
        using var b = Echo();
        object[] toA = To(a.Port, "of-a"), toB = To(b.Port, "of-b");
        await using var engine = await GatewayEngine.StartAsync(toA);
        using var over = new CancellationTokenSource();
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        var answers = new ConcurrentQueue<string>();
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
                answers.Enqueue(await client.GetStringAsync("/"));
        })).ToArray();

        for (var edit = 0; edit < 30; edit++)
        {
            var (objects, port) = edit % 2 == 0 ? (toB, b.Port) : (toA, a.Port);
            engine.Accept(objects);
            await Eventually.TrueAsync(() => engine.Served.Gateway!.Ports[0].Origins[0].Url.Port == port, "the new origin is served");
            var before = answers.Count;
            await Eventually.TrueAsync(() => answers.Count > before + 4, "clients send on");
        }

        await over.CancelAsync();
        await Task.WhenAll(load);
        Assert.All(a.Requests, static request => Assert.Contains(request.Field(Field), (string?[])["of-a", null]));
        Assert.All(b.Requests, static request => Assert.Contains(request.Field(Field), (string?[])["of-b", null]));

        // Who only asks whether an origin serves has no secret to tell.
        Assert.All(a.Requests.Concat(b.Requests), static request => Assert.True(request.Field(Field) is null == request.Line.StartsWith("GET /healthz ", StringComparison.Ordinal), request.Head));
    }

    [Fact]
    public async Task A_secret_is_in_no_answer_no_finding_no_status_and_no_text_of_the_model()
    {
        const string secret = "k3y-that-nobody-sees";
        await using var engine = await GatewayEngine.StartAsync(To(1, secret));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        var texts = new List<string>();
        foreach (var accept in (string[])["application/json", "text/html"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", accept } } };
            using var answer = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
            texts.Add($"{answer}{await answer.Content.ReadAsStringAsync()}");
        }

        engine.Accept(To(2, $"{secret}\n"));
        await Eventually.TrueAsync(() => engine.Findings.Any(static finding => finding.Code == "gateway-header-value"), "it cannot be sent");
        texts.AddRange(engine.Findings.Select(static finding => finding.ToString()));
        texts.Add(JsonSerializer.Serialize([engine.Status], StatusJson.Default.IReadOnlyListAliasStatus));
        texts.Add(engine.Report.ToString());
        texts.AddRange(engine.Report.Conditions.Select(static condition => condition.ToString()));
        texts.Add(engine.Live.Snapshot.ToString());
        texts.Add(engine.Served.ToString());
        texts.AddRange(GatewayTable.Build(engine.Live.Snapshot).Entries.Select(static entry => $"{entry}{entry.Alias.Gateway}{entry.Alias.Gateway!.Http}{string.Join(',', entry.Alias.Gateway.Http.SetHeaders)}"));

        Assert.All(texts, static text => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
    }

    private static RawOrigin Echo() => new(static request => request.SendAsync(RawOrigin.Answer("ok")));

    private static object[] To(int port, string value) =>
    [
        GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{port}") with
        {
            Http = HttpView.Default with { SetHeaders = [new HeaderView(Field, null, new KeyReference(ReferenceKind.Secret, "token", "value"))] },
            HealthCheck = new("/healthz", [new StatusRange(200, 399)], TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(5), 1, 2),
        },
        new SecretView(new ObjectKey("shop", "token"), "Opaque", [new DataEntry("value", SecretBytes.Of(value))], null),
    ];
}
