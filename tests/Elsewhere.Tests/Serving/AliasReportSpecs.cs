using System.Net;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;
using Elsewhere.Tests.Http.Forward;
using Elsewhere.Tests.Model.Resolving;

namespace Elsewhere.Tests.Serving;

/// <summary>The status that the API shows of an Alias, through the whole engine.</summary>
public sealed class AliasReportSpecs
{
    private static readonly AliasPolicyView Nothing = new("nothing", [], [], null);

    [Fact]
    public async Task An_alias_whose_origin_answers_is_all_well()
    {
        using var origin = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("a")));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));

        Assert.Equal(["Accepted True Accepted", "ResolvedRefs True ResolvedRefs", "Programmed True Programmed", "OriginReachable True Healthy", "Ready True Ready"], Conditions(engine));
        Assert.Equal(engine.Served.ServiceAddresses.Select(static address => address.ToString()), engine.Report.Addresses);
        Assert.Equal(($"http://127.0.0.1:{origin.Port}", "Healthy"), engine.Report.Origins.Select(static one => (one.Url, one.Health)).Single());
    }

    [Fact]
    public async Task An_origin_that_no_policy_allows_is_no_origin()
    {
        await using var engine = await GatewayEngine.StartAsync(At(9), Nothing);

        Assert.Equal(["Accepted False NotAllowed", "ResolvedRefs True ResolvedRefs", "Programmed True Programmed", "OriginReachable False NoOrigin", "Ready False NotAllowed"], Conditions(engine));
        Assert.Contains("nothing allows no origin 127.0.0.1", engine.Report.Conditions[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_no_policy_allows_is_not_answered_and_one_that_is_allowed_is_dialled_by_clients()
    {
        var alias = Given.Alias(GatewayEngine.Key, AliasMode.ExternalName, "https://api.example");
        await using var engine = await GatewayEngine.StartAsync(alias, Nothing);
        Assert.Equal(["Accepted False NotAllowed", "ResolvedRefs True ResolvedRefs", "Programmed False NotAccepted", "OriginReachable Unknown DialledByClients", "Ready False NotAllowed"], Conditions(engine));

        engine.Accept(alias);
        await Eventually.TrueAsync(() => Conditions(engine)[2] == "Programmed True Programmed", "the name is answered");
        Assert.Equal("Ready True Ready", Conditions(engine)[4]);
    }

    [Fact]
    public async Task A_Secret_that_is_not_there_and_one_that_cannot_be_used_are_told_apart()
    {
        var alias = At(9) with { Certificate = "tls" };
        await using var engine = await GatewayEngine.StartAsync(alias);
        Assert.Equal("ResolvedRefs False RefNotFound", Conditions(engine)[1]);
        Assert.Equal("Ready False RefNotFound", Conditions(engine)[4]);

        engine.Accept(alias, new SecretView(new ObjectKey("shop", "tls"), "kubernetes.io/tls", [new("tls.crt", SecretBytes.Of("x")), new("tls.key", SecretBytes.Of("y"))], null));
        await Eventually.TrueAsync(() => Conditions(engine)[1] == "ResolvedRefs False InvalidRef", "it cannot be used");
    }

    [Fact]
    public async Task An_origin_that_refuses_connections_is_unreachable_and_one_that_may_not_be_dialled_is_denied()
    {
        await using var engine = await GatewayEngine.StartAsync(At(1));
        using var client = engine.Client(GatewayRig.Plain, HttpVersion.Version11);
        using (await client.GetAsync("/"))
            Assert.Equal(["Programmed True Programmed", "OriginReachable False Unreachable", "Ready False Unreachable"], Conditions(engine)[2..]);
        Assert.Contains("refuses connections", engine.Report.Conditions[4].Message, StringComparison.Ordinal);

        engine.Accept(GatewayRig.Alias(GatewayEngine.Key, "http://169.254.169.254"));
        await Eventually.TrueAsync(() => Conditions(engine)[3] == "OriginReachable False Denied", "it is denied");
    }

    [Fact]
    public async Task An_Alias_whose_name_a_Service_has_is_not_accepted()
    {
        await using var engine = await GatewayEngine.StartAsync(At(9), Given.ExternalName(GatewayEngine.Key, "api.example"));

        Assert.Equal(["Accepted False NameTaken", "ResolvedRefs Unknown NotAccepted", "Programmed False NotAccepted", "OriginReachable Unknown NotAccepted", "Ready False NameTaken"], Conditions(engine));
    }

    [Fact]
    public async Task An_edit_that_is_not_in_effect_yet_is_not_ready_though_the_origins_from_before_serve()
    {
        using var origin = new RawOrigin(static request => request.SendAsync(RawOrigin.Answer("a")));
        await using var engine = await GatewayEngine.StartAsync(At(origin.Port));

        engine.Accept(At(1));

        await Eventually.TrueAsync(() => Conditions(engine)[4] == "Ready False RetargetFailed", "the summary says so");
        Assert.Equal(["Programmed False RetargetFailed", "OriginReachable True Healthy"], Conditions(engine)[2..4]);
    }

    private static AliasView At(int port) => GatewayRig.Alias(GatewayEngine.Key, $"http://127.0.0.1:{port}");

    private static string[] Conditions(GatewayEngine engine) =>
        [.. engine.Report.Conditions.Select(static one => $"{one.Type} {one.Status?.ToString() ?? "Unknown"} {one.Reason}")];
}
