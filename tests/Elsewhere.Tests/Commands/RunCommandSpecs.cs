using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.State;

namespace Elsewhere.Tests.Commands;

public sealed class RunCommandSpecs : IDisposable
{
    private readonly Manifests manifests = new();

    public void Dispose() => manifests.Dispose();

    [Fact]
    public async Task An_alias_is_dialled_by_name_and_address()
    {
        using var origin = new Greeter("origin one");
        manifests.Write("payments.yaml", Manifests.Alias("payments", 8080, $"127.0.0.1:{origin.Port}"));
        await using var run = Cli.Start("run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.201.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0", "-o", "json");
        var started = await run.EventAsync("started");
        var alias = Assert.Single(started.GetProperty("aliases").EnumerateArray());
        var address = alias.GetProperty("addresses")[0].GetString()!;
        Assert.Equal("payments", alias.GetProperty("name").GetString());
        Assert.Equal($"127.0.0.1:{origin.Port}", alias.GetProperty("ports")[0].GetProperty("backends")[0].GetString());
        Assert.Equal("origin one", await Greeter.HearAsync(address, 8080));
        Assert.Equal(address, await AskAsync(DnsOf(started), "payments.shop.svc.cluster.local"));
        Assert.NotEmpty(started.GetProperty("next").EnumerateArray());

        var instance = StateDirectory.ReadInstance(manifests.State)!.Info;
        Assert.Equal(Environment.ProcessId, instance.ProcessId);
        Assert.Contains(DnsOf(started).ToString(), instance.DnsListeners);
        Assert.Equal(0, await run.StopAsync());
        await run.EventAsync("stopped");
        Assert.Null(StateDirectory.ReadInstance(manifests.State));
    }

    [Fact]
    public async Task Text_shows_the_table_the_dns_and_what_to_type_next()
    {
        manifests.Write("payments.yaml", Manifests.Relayed("payments", 8080, "192.0.2.7", 9000) + "---\n" + Manifests.External("database", "db.example"));
        await using var run = Cli.Start("run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.202.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0");
        await run.ReadyAsync();
        Assert.Matches(@"NAME +ADDRESS +PORT +GOES TO\n", run.Out);
        Assert.Matches(@"payments\.shop +127\.202\.\d+\.\d+ +8080/TCP web +192\.0\.2\.7:9000\n", run.Out);
        Assert.Matches(@"database\.shop +CNAME +any +db\.example\n", run.Out);
        Assert.Contains("other names are SERVFAIL", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"dig @\S+ (-p \d+ )?payments\.shop\.svc\.cluster\.local", run.Out);
        Assert.DoesNotContain('\x1b', run.Out);
    }

    [Fact]
    public async Task The_example_says_who_plays_its_origins_until_somebody_does()
    {
        var example = Path.Combine(Kubernetes.Repository.Root, "examples", "gateway");
        await using var run = Cli.Start(
            "run", "-f", example, "--state", manifests.State, "--service-cidr", "127.214.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0", "--api", "off", "-o", "json");

        var started = await run.EventAsync("started");
        Assert.Contains("elsewhere demo --serve ", started.GetProperty("next")[0].GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(started.GetProperty("next").EnumerateArray(), static line => line.GetString()!.Contains("curl", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("off", false)]
    [InlineData("127.0.0.1:0", true)]
    public async Task The_api_is_where_it_is_asked_for_or_nowhere(string api, bool served)
    {
        manifests.Write("database.yaml", Manifests.External("database", "db.example"));
        await using var run = Cli.Start(
            "run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.209.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0", "--api", api);
        await run.ReadyAsync();

        Assert.Equal(served, run.Out.Contains("kubectl --kubeconfig", StringComparison.Ordinal));
        Assert.Equal(served, File.Exists(Path.Combine(manifests.State, "kubeconfig")));
        Assert.Equal(0, await run.StopAsync());
    }

    [Theory]
    [InlineData("all", @"shop\.shop +127\.210\.\d+\.\d+ +80")]
    [InlineData("annotated", @"shop\.shop +CNAME +any +shop\.example\n")]
    public async Task The_gateway_serves_all_or_those_that_ask(string gateway, string row)
    {
        manifests.Write("shop.yaml", Manifests.External("shop", "shop.example"));
        await using var run = Cli.Start(
            "run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.210.0.0/16", "--upstream-dns", "none", "--api", "off", "--gateway", gateway);
        await run.ReadyAsync();

        Assert.Matches(row, run.Out);
    }

    [Theory]
    [InlineData("--dns", "run")]
    [InlineData("--service-cidr", "run")]
    [InlineData("--service-cidr", "dns", "--listen", "127.0.0.1:0", "-f", "-")]
    [InlineData("--cluster-domain", "run")]
    [InlineData("--cluster-domain", "dns", "--listen", "127.0.0.1:0", "-f", "-")]
    [InlineData("--upstream-dns", "run")]
    [InlineData("--upstream-dns", "dns", "--listen", "127.0.0.1:0", "-f", "-")]
    [InlineData("--gateway", "run")]
    [InlineData("--api", "run")]
    [InlineData("--allow-origin", "run")]
    [InlineData("--deny-origin", "run")]
    [InlineData("--output", "run")]
    [InlineData("--output", "lint", "-")]
    [InlineData("--output", "explain", "--all")]
    [InlineData("--output", "demo")]
    [InlineData("--output", "ca")]
    [InlineData("--listen", "dns", "-f", "-")]
    public async Task An_option_refuses_what_it_cannot_take_by_its_name(string option, params string[] args)
    {
        var run = await Cli.RunAsync([.. args, option, "..?"]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{option}: '..?'", run.Error, StringComparison.Ordinal);
        Assert.Contains("->", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("169.254.169.254", "metadata service")]
    [InlineData("169.254.0.0/16", "link-local")]
    [InlineData("fe80::/10", "link-local")]
    [InlineData("224.0.0.0/4", "multicast")]
    public async Task What_is_never_dialled_cannot_be_allowed(string range, string reason)
    {
        var run = await Cli.RunAsync("run", "--allow-origin", range);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"--allow-origin: '{range}'", run.Error, StringComparison.Ordinal);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_api_that_is_no_address_is_refused_with_what_it_may_be()
    {
        var run = await Cli.RunAsync("run", "-f", manifests.Path, "--api", "nowhere");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("neither ADDR:PORT", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_run_on_the_same_state_is_refused_and_says_why()
    {
        manifests.Write("database.yaml", Manifests.External("database", "db.example"));
        string[] args = ["run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.203.0.0/16", "--upstream-dns", "none", "-o", "json"];
        await using var first = Cli.Start(args);
        await first.EventAsync("started");
        var second = await Cli.RunAsync(args);
        Assert.Equal(2, second.ExitCode);
        Assert.Contains($"another elsewhere (process {Environment.ProcessId})", second.Error, StringComparison.Ordinal);
        Assert.Empty(second.Out);
    }

    [Theory]
    [InlineData("there is no /nowhere", "-f", "/nowhere")]
    [InlineData("is no range", "-f", ".", "--service-cidr", "x")]
    [InlineData("did you mean '--state'?", "-f", ".", "--stat", "x")]
    public async Task A_line_that_cannot_be_run_is_exit_code_2(string says, params string[] args)
    {
        var run = await Cli.RunAsync(["run", .. args]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_stay_over_a_restart_even_when_others_come()
    {
        manifests.Write("b.yaml", Manifests.Relayed("b", 8080, "192.0.2.7", 9000));
        string[] args = ["run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.204.0.0/28", "--upstream-dns", "none", "-o", "json"];
        string before;
        await using (var run = Cli.Start(args))
            before = AddressOf(await run.EventAsync("started"), "b");
        foreach (var name in new[] { "a", "c", "d", "e", "f" })
            manifests.Write($"{name}.yaml", Manifests.Relayed(name, 8080, "192.0.2.7", 9000));
        await using var again = Cli.Start(args);
        Assert.Equal(before, AddressOf(await again.EventAsync("started"), "b"));
    }

    [Fact]
    public async Task The_life_of_an_alias_from_file_to_file()
    {
        using var one = new Greeter("one");
        using var two = new Greeter("two");
        manifests.Write("kept.yaml", Manifests.External("kept", "kept.example"));
        await using var run = Cli.Start("run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.206.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0", "-o", "json");
        var dns = DnsOf(await run.EventAsync("started"));

        manifests.Write("payments.yaml", Manifests.Alias("payments", 8080, $"127.0.0.1:{one.Port}"));
        var added = await run.EventAsync("changed", static change => change.GetProperty("added").GetArrayLength() == 1);
        var address = added.GetProperty("added")[0].GetProperty("addresses")[0].GetString()!;
        Assert.Equal(address, await AskAsync(dns, "payments.shop.svc.cluster.local"));
        Assert.Equal("one", await Greeter.HearAsync(address, 8080));

        manifests.Write("payments.yaml", Manifests.Alias("payments", 8080, $"127.0.0.1:{two.Port}"));
        var retargeted = await run.EventAsync("changed", static change => change.GetProperty("changed").GetArrayLength() == 1);
        Assert.Equal(address, retargeted.GetProperty("changed")[0].GetProperty("addresses")[0].GetString());
        Assert.Equal("two", await Greeter.HearAsync(address, 8080));

        manifests.Write("payments.yaml", "kind: [");
        await run.EventAsync("changed", static change => change.GetProperty("newFindings").EnumerateArray().Any(static finding => finding.GetProperty("code").GetString() == "file-keeps-last-good"));
        Assert.Equal("two", await Greeter.HearAsync(address, 8080));

        manifests.Delete("payments.yaml");
        var gone = await run.EventAsync("changed", static change => change.GetProperty("removed").GetArrayLength() == 1);
        Assert.Equal("payments.shop", gone.GetProperty("removed")[0].GetString());
        Assert.NotEmpty(gone.GetProperty("goneFindings").EnumerateArray());
        // DNS speaks of it no more; the port closes when the TTL has passed.
        Assert.Equal(Rcode.NXDomain, (await QueryAsync(dns, "payments.shop.svc.cluster.local"))!.Rcode);
        Assert.Equal("two", await Greeter.HearAsync(address, 8080));
    }

    [Fact]
    public async Task A_change_is_told_in_one_short_line()
    {
        manifests.Write("a.yaml", Manifests.External("a", "a.example") + "---\n" + Manifests.External("b", "b.example"));
        await using var run = Cli.Start("run", "-f", manifests.Path, "--state", manifests.State, "--service-cidr", "127.207.0.0/16", "--upstream-dns", "none", "--dns", "127.0.0.1:0");
        await run.ReadyAsync();
        manifests.Write("a.yaml", Manifests.External("b", "c.example") + "---\n" + Manifests.External("c", "c.example"));
        Assert.Matches(@"^\d\d:\d\d:\d\d new: c\.shop; changed: b\.shop; gone: a\.shop \([0-9.]+ ms\)$", await run.SaysAsync("new: c.shop"));
    }

    private static string AddressOf(JsonElement started, string name) =>
        started.GetProperty("aliases").EnumerateArray().Single(alias => alias.GetProperty("name").GetString() == name).GetProperty("addresses")[0].GetString()!;

    private static IPEndPoint DnsOf(JsonElement started) => IPEndPoint.Parse(started.GetProperty("dns").EnumerateArray()
        .First(listener => listener.GetProperty("address").GetString()!.StartsWith("127.0.0.1:", StringComparison.Ordinal)).GetProperty("address").GetString()!);

    private static async Task<string> AskAsync(IPEndPoint server, string name) =>
        new IPAddress(Assert.Single((await QueryAsync(server, name))!.Answer).Rdata.Span).ToString();

    private static async Task<UpstreamReply?> QueryAsync(IPEndPoint server, string name)
    {
        await using var resolver = new UpstreamResolver(new UpstreamOptions([server]) { ProbeForLoops = false }, TimeProvider.System);
        return await resolver.QueryAsync(DnsName.Parse(name), RecordType.A, RecordClass.In, CancellationToken.None);
    }

    /// <summary>Says one line to whoever connects.</summary>
    private sealed class Greeter : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        internal Greeter(string text)
        {
            listener.Start();
            _ = GreetAsync(text);
        }

        internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Dispose() => listener.Dispose();

        internal static async Task<string> HearAsync(string address, int port)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPText.Parse(address), port);
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadToEndAsync();
        }

        private async Task GreetAsync(string text)
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    await client.GetStream().WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }
    }
}
