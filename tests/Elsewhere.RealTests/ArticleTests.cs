using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>The article's two manifests, unmodified, with the programs that people use. The README's own command is run with the README.</summary>
public sealed class ArticleTests
{
    private const string Article = "examples/article";

    [RealTheory]
    [InlineData("external-service", "default")]
    [InlineData("external-service.default", "my-namespace")]
    [InlineData("external-service.default.svc", "my-namespace")]
    [InlineData("external-service.default.svc.cluster.local", "my-namespace")]
    [InlineData("external-service.default.svc.cluster.local.", "my-namespace")]
    public async Task Option_1_port_80_of_the_service_is_port_9000_of_the_external_host(string name, string podNamespace)
    {
        await using var machine = await Machine.CreateAsync();
        await machine.RunElsewhereAsync("-f", Path.Combine(Installed.Repository, Article));

        var curl = await machine.ElsewhereAsync("exec", "-n", podNamespace, "--", "curl", "-s", $"http://{name}/");

        Assert.Equal("Hello from 1.1.1.1:9000\n", curl.Well().Out);
    }

    [RealFact]
    public async Task Option_1_the_name_has_a_stable_service_address()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.RunElsewhereAsync("-f", Path.Combine(Installed.Repository, Article));

        var dig = (await machine.DigAsync("@127.96.0.10", "external-service.default.svc.cluster.local")).Well();

        Assert.Contains("status: NOERROR", dig.Out, StringComparison.Ordinal);
        Assert.Contains("flags: qr aa rd", dig.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^external-service\.default\.svc\.cluster\.local\.\s+30\s+IN\s+A\s+127\.96\.\d+\.\d+$", dig.Out);
        var address = await machine.AskAsync("external-service.default.svc.cluster.local");
        Assert.Equal("external-service.default.svc.cluster.local.", (await machine.DigAsync("@127.96.0.10", "+short", "-x", address)).Well().Text);
        // The service address needs no name server: any client of the machine may dial it.
        Assert.Equal("Hello from 1.1.1.1:9000\n", (await machine.RunAsync("curl", "-s", $"http://{address}/")).Well().Out);
    }

    [RealFact]
    public async Task Option_2_the_name_is_a_cname_with_its_chain_completed()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.RunElsewhereAsync("-f", Path.Combine(Installed.Repository, Article));

        var dig = (await machine.DigAsync("@127.96.0.10", "database.my-namespace.svc.cluster.local")).Well();

        Assert.Contains("status: NOERROR", dig.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^database\.my-namespace\.svc\.cluster\.local\.\s+30\s+IN\s+CNAME\s+prod\.database\.k8salliance\.com\.$", dig.Out);
        Assert.Matches(@"(?m)^prod\.database\.k8salliance\.com\.\s+\d+\s+IN\s+A\s+203\.0\.113\.5$", dig.Out);
    }

    [RealFact]
    public async Task Option_2_psql_reaches_the_database_by_its_kubernetes_name()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.Internet.DatabaseAsync();
        await machine.RunElsewhereAsync("-f", Path.Combine(Installed.Repository, Article));

        string[] question = ["psql", "-X", "-A", "-t", "-U", "app", "-d", "postgres", "-c", "SELECT inet_server_addr() || ':' || inet_server_port()"];
        var near = await machine.ElsewhereAsync(["exec", "-n", "my-namespace", "--", .. question, "-h", "database"]);
        var far = await machine.ElsewhereAsync(["exec", "--", .. question, "-h", "database.my-namespace"]);

        Assert.Equal("203.0.113.5/32:5432", near.Well().Text);
        Assert.Equal("203.0.113.5/32:5432", far.Well().Text);
    }
}
