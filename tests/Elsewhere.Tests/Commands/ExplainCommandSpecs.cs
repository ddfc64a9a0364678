using System.Text.Json;

namespace Elsewhere.Tests.Commands;

public sealed class ExplainCommandSpecs : IDisposable
{
    private readonly Manifests manifests = new();

    public ExplainCommandSpecs() => manifests.Write("all.yaml",
        Manifests.Relayed("payments", 80, "192.0.2.7", 9000) + "---\n" + Manifests.External("database", "payments.shop.svc.cluster.local"));

    public void Dispose() => manifests.Dispose();

    [Theory]
    [InlineData("payments")]
    [InlineData("payments.shop")]
    [InlineData("payments.shop.svc")]
    [InlineData("Payments.shop.svc.cluster.local.")]
    public async Task The_way_of_an_alias_is_told_whichever_form_its_name_has(string name)
    {
        var explain = await Cli.RunAsync("explain", name, "-f", manifests.Path);
        Assert.Equal(0, explain.ExitCode);
        Assert.Contains("Service shop/payments in ", explain.Out, StringComparison.Ordinal);
        Assert.Matches(@"DNS +A +127\.96\.\d+\.\d+  TTL 30\n", explain.Out);
        Assert.Matches(@"AAAA +no such record\n", explain.Out);
        Assert.Matches(@"SRV _web\._tcp  0 100 80 payments\.shop\.svc\.cluster\.local  TTL 30\n", explain.Out);
        Assert.Matches(@"ports +127\.96\.\d+\.\d+:80/TCP web  -> 192\.0\.2\.7:9000\n", explain.Out);
    }

    [Fact]
    public async Task A_chain_is_followed_to_the_address()
    {
        var explain = await Cli.RunAsync("explain", "database.shop", "-f", manifests.Path, "-o", "json");
        Assert.Equal(0, explain.ExitCode);
        var json = JsonDocument.Parse(explain.Out).RootElement;
        var answer = json.GetProperty("dns").EnumerateArray().First(static asked => asked.GetProperty("type").GetString() == "A").GetProperty("answer");
        Assert.Equal(["CNAME", "A"], answer.EnumerateArray().Select(static record => record.GetProperty("type").GetString()!));
        Assert.Equal("payments.shop.svc.cluster.local", answer[0].GetProperty("data").GetString());
    }

    [Fact]
    public async Task All_explains_every_alias()
    {
        var explain = await Cli.RunAsync("explain", "--all", "-f", manifests.Path, "-o", "json");
        Assert.Equal(["database", "payments"],
            JsonDocument.Parse(explain.Out).RootElement.EnumerateArray().Select(static one => one.GetProperty("alias").GetProperty("name").GetString()!));
    }

    [Fact]
    public async Task A_running_instance_tells_how_each_origin_does()
    {
        manifests.Write("all.yaml", Manifests.Alias("payments", 80, "127.0.0.1:1"));
        await using var run = Cli.Start("run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.213.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0", "--api", "off");
        await run.ReadyAsync();

        var explain = await Cli.RunAsync("explain", "payments.shop", "--state", manifests.State);
        Assert.Matches(@"status +tcp://127\.0\.0\.1:1  127\.0\.0\.1:1 Healthy\n", explain.Out);
        var json = JsonDocument.Parse((await Cli.RunAsync("explain", "payments.shop", "--state", manifests.State, "-o", "json")).Out).RootElement;
        Assert.Equal("Healthy", json.GetProperty("status")[0].GetProperty("addresses")[0].GetProperty("health").GetString());
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse((await Cli.RunAsync("explain", "payments.shop", "-f", manifests.Path, "-o", "json")).Out).RootElement.GetProperty("status").ValueKind);
    }

    [Theory]
    [InlineData("paymnets", "did you mean payments.shop?")]
    [InlineData("payments.default", "did you mean payments.shop?")]
    [InlineData("frobnicate", "elsewhere explain --all")]
    public async Task An_unknown_name_is_exit_code_1_with_the_nearest_ones(string name, string says)
    {
        var explain = await Cli.RunAsync("explain", name, "-f", manifests.Path);
        Assert.Equal(1, explain.ExitCode);
        Assert.Contains(says, explain.Error, StringComparison.Ordinal);
        Assert.Empty(explain.Out);
    }

    [Fact]
    public async Task A_running_instance_is_asked()
    {
        await using var run = Cli.Start("run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.205.0.0/16", "--dns", "127.0.0.1:0", "--upstream-dns", "none", "-o", "json");
        var started = await run.EventAsync("started");
        var address = started.GetProperty("aliases").EnumerateArray().Single(static alias => alias.GetProperty("name").GetString() == "payments").GetProperty("addresses")[0].GetString()!;
        var explain = await Cli.RunAsync("explain", "payments.shop", "--state", manifests.State);
        Assert.Equal(0, explain.ExitCode);
        Assert.Matches($@"DNS +A +{address}  TTL 30\n", explain.Out);
        Assert.Contains($"{address}:80/TCP", explain.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_running_instance_that_is_gone_keeps_nobody_from_asking_about_the_rest()
    {
        using var other = new Manifests();
        var gone = other.Write("other.yaml", Manifests.External("other", "api.example"));
        await using var run = Cli.Start("run", "-f", manifests.Path, gone, "--state", manifests.State, "--service-cidr", "127.205.0.0/16", "--dns", "127.0.0.1:0", "--upstream-dns", "none", "-o", "json");
        await run.EventAsync("started");
        other.Delete("other.yaml");

        var explain = await Cli.RunAsync("explain", "payments.shop", "--state", manifests.State);

        Assert.Equal(0, explain.ExitCode);
        Assert.StartsWith("payments.shop", explain.Out, StringComparison.Ordinal);
        Assert.Contains($"there is no {gone}, which the running elsewhere reads: this is without it", explain.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain needs the name", "explain")]
    [InlineData("leave the name out", "explain", "a", "--all")]
    [InlineData("give one of them", "explain", "a", "-f", ".", "--state", "x")]
    [InlineData("no elsewhere is running", "explain", "a", "--state", "/nowhere")]
    [InlineData("there is no /nowhere", "explain", "a", "-f", "/nowhere")]
    public async Task What_cannot_be_explained_is_exit_code_2(string says, params string[] args)
    {
        var explain = await Cli.RunAsync(args);
        Assert.Equal(2, explain.ExitCode);
        Assert.Contains(says, explain.Error, StringComparison.Ordinal);
    }
}
