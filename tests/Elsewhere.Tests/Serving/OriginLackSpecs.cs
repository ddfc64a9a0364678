using System.Net;
using System.Text.Json;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Forward;

namespace Elsewhere.Tests.Serving;

/// <summary>An alias that has nobody to ask tells its clients what is missing, and what to do, in the words of its finding.</summary>
public sealed class OriginLackSpecs
{
    private const string Value = "s3cret-value";

    [Fact]
    public async Task A_Secret_or_a_key_that_a_header_needs_is_named_with_the_remedy()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("served"));
        var alias = With(origin.Port, new HeaderView("Authorization", null, new KeyReference(ReferenceKind.Secret, "token", "value")));
        await using var engine = await GatewayEngine.StartAsync(alias);

        await SaysAsync(engine, "gateway-reference-missing", "there is no Secret 'token' in the namespace 'shop', which should hold the key 'value'; ", "Create it in the same namespace");

        engine.Accept(alias, Secret(new DataEntry("other", SecretBytes.Of(Value))));
        await SaysAsync(engine, "gateway-reference-missing", "the Secret 'token' has no key 'value'; ", "Create it in the same namespace");

        engine.Accept(alias, Secret(new DataEntry("value", SecretBytes.Of($"{Value}\n"))));
        await SaysAsync(engine, "gateway-header-value", "the value of 'Authorization' has a line break", "Store the value without a line break");

        engine.Accept(alias, Secret(new DataEntry("value", SecretBytes.Of(Value))));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        await Eventually.SameAsync(async () => (await client.GetAsync("/")).IsSuccessStatusCode ? null : "it is not served although all is there");
        Assert.Equal(Value, Assert.Single(origin.Requests).Field("Authorization"));
    }

    [Fact]
    public async Task A_drained_alias_and_one_that_no_policy_allows_say_so()
    {
        var alias = With(9);
        await using var engine = await GatewayEngine.StartAsync(alias with { Origins = [alias.Origins[0] with { Weight = 0 }] });
        await SaysAsync(engine, "alias-drained", "every origin of payments.shop has weight 0", "Give one of the origins a weight above 0.");

        engine.Accept(alias, new AliasPolicyView("partners", ["shop"], [], null));
        await SaysAsync(engine, "origin-not-allowed", "partners allows no origin 127.0.0.1", "Allow it in an AliasPolicy");
    }

    [Fact]
    public async Task Certificates_for_an_origin_that_are_not_there_are_named_with_the_remedy()
    {
        var alias = GatewayRig.Alias(GatewayEngine.Key, "https://127.0.0.1:9");
        await using var engine = await GatewayEngine.StartAsync(alias with { Origins = [alias.Origins[0] with { Tls = OriginTlsView.Default with { ClientCertificate = "client" } }] });

        await SaysAsync(engine, "gateway-reference-missing", "there is no Secret 'client' in the namespace 'shop', which should hold the key 'tls.crt'", "Create it in the namespace of the alias", HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task An_address_that_may_not_be_dialled_is_named_with_its_origin_and_what_would_allow_it()
    {
        await using var engine = await GatewayEngine.StartAsync(With(9), new AliasPolicyView("partners", ["shop"], [new(["*.example"], [], []), new([], [Cidr.Parse("10.0.0.0/8")], [])], null));
        engine.Accept(GatewayRig.Alias(GatewayEngine.Key, "http://169.254.169.254"));

        await SaysAsync(engine, "origin-denied", "http://169.254.169.254:80 has the address 169.254.169.254, which ", null, HttpStatusCode.BadGateway);
        Assert.DoesNotContain("allow-origin", await BodyAsync(engine), StringComparison.Ordinal);
    }

    private static async Task SaysAsync(GatewayEngine engine, string finding, string what, string? remedy, HttpStatusCode status = HttpStatusCode.ServiceUnavailable)
    {
        await Eventually.TrueAsync(() => engine.Findings.Any(one => one.Code == finding && one.Message.Contains(what, StringComparison.Ordinal)), $"{finding} says {what}");
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        client.DefaultRequestHeaders.Add("Accept", "application/json");
        using var answer = await client.GetAsync("/");
        Assert.Equal(status, answer.StatusCode);
        using var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var detail = problem.RootElement.GetProperty("detail").GetString();
        Assert.Contains(what, detail, StringComparison.Ordinal);
        Assert.Contains(remedy ?? "", detail, StringComparison.Ordinal);
        Assert.DoesNotContain(Value, detail, StringComparison.Ordinal);
    }

    private static async Task<string> BodyAsync(GatewayEngine engine)
    {
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        return await (await client.GetAsync("/")).Content.ReadAsStringAsync();
    }

    private static SecretView Secret(DataEntry entry) => new(new ObjectKey("shop", "token"), "Opaque", [entry], null);

    private static AliasView With(int port, params HeaderView[] headers) =>
        GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{port}") with { Http = HttpView.Default with { SetHeaders = headers.ToSeq() } };
}
