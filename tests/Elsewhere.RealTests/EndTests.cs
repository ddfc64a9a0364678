using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>How <c>elsewhere run</c> ends, and what is there when it comes back.</summary>
public sealed class EndTests
{
    [RealTheory]
    [InlineData(Signals.Term)]
    [InlineData(Signals.Int)]
    public async Task D25_a_signal_ends_it_well(int signal)
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live.yaml", Manifests.Relayed("shop", "payments", Internet.OriginOne));
        var run = await machine.RunElsewhereAsync("-f", "live.yaml");

        run.Signal(signal);

        Assert.Equal(0, await run.EndsAsync());
    }

    [RealFact]
    public async Task A_transfer_under_way_is_completed_before_the_end()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live.yaml", Manifests.Relayed("shop", "payments", Internet.OriginOne));
        var run = await machine.RunElsewhereAsync("-f", "live.yaml");
        var address = await machine.AskAsync("payments.shop.svc.cluster.local");
        var slow = machine.Start("nc", address, "80");
        await slow.TypeAsync("GET / HTTP/1.1\r");
        await Eventually.OutputAsync(() => machine.ShellAsync($"ss -Htn state established dst {Internet.OriginOne}:9000"), done => done.Text.Length > 0);

        run.Signal(Signals.Term);
        await Eventually.OutputAsync(() => machine.RunAsync("curl", "-s", $"http://{address}/"), done => done.ExitCode == 7);
        await slow.TypeAsync("Host: payments\r");
        await slow.TypeAsync("Connection: close\r");
        await slow.TypeAsync("\r");

        await slow.SaysAsync($"Hello from {Internet.OriginOne}:9000");
        Assert.Equal(0, await run.EndsAsync());
    }

    [RealFact]
    public async Task Killed_at_any_moment_it_comes_back_with_the_same_addresses()
    {
        await using var machine = await Machine.CreateAsync();
        var random = new Random(20260101);
        string[] names = [.. Enumerable.Range(1, 20).Select(number => $"alias-{number}")];
        async Task<string[]> AddressesAsync() => (await machine.DigAsync(["@127.96.0.10", "+short", .. names.Select(name => $"{name}.shop.svc.cluster.local")])).Well().Lines;
        foreach (var name in names)
            await machine.WriteAsync($"live/{name}.yaml", Manifests.Relayed("shop", name, Internet.OriginOne));
        var run = await machine.RunElsewhereAsync("-f", "live");
        var before = await AddressesAsync();
        Assert.Equal(names.Length, before.Distinct().Count());

        for (var round = 0; round < 8; round++)
        {
            run.Signal(Signals.Kill);
            await run.EndsAsync();
            run = machine.Start("elsewhere", "run", "-f", "live");
            // Some of these come before it has read the state, some while it writes it, some after.
            await machine.WriteAsync("live/more.yaml", Manifests.Relayed("shop", $"more-{round}", Internet.OriginTwo));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 900)), TimeProvider.System);
        }

        run.Signal(Signals.Kill);
        await run.EndsAsync();
        run = await machine.RunElsewhereAsync("-f", "live");
        Assert.Equal(before, await AddressesAsync());
        Assert.DoesNotContain("StateBroken", run.Out + run.Err, StringComparison.Ordinal);
        Assert.Equal(0, await run.TermAsync());
    }

    [RealFact]
    public async Task Who_may_not_bind_port_53_learns_what_allows_it_and_has_the_rest()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live.yaml", Manifests.Relayed("shop", "payments", Internet.OriginOne).Replace("port: 80,", "port: 8080,", StringComparison.Ordinal));

        var run = machine.Start([.. Machine.Nobody, Installed.Command, "run", "-f", "live.yaml", "--dns", "127.0.0.1:5300"]);
        await machine.ServesAsync(run, "127.0.0.1", "5300");

        await run.SaysAsync("net.ipv4.ip_unprivileged_port_start");
        var address = (await machine.DigAsync("@127.0.0.1", "-p", "5300", "+short", "payments.shop.svc.cluster.local")).Well().Text;
        Assert.Equal($"Hello from {Internet.OriginOne}:9000", (await machine.RunAsync("curl", "-s", $"http://{address}:8080/")).Well().Text);
        Assert.Equal(0, await run.TermAsync());
    }
}
