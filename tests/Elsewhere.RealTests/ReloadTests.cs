using Elsewhere.RealTests.World;
using Xunit.Abstractions;

namespace Elsewhere.RealTests;

/// <summary>An edited file takes effect at once, and a mistake in it takes nothing away.</summary>
public sealed class ReloadTests(ITestOutputHelper output)
{
    private const string Name = "payments.shop.svc.cluster.local";

    [RealFact]
    public async Task A_file_that_is_edited_added_or_deleted_takes_effect()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live/payments.yaml", External("payments", "one.example.test"));
        await machine.RunElsewhereAsync("-f", "live");
        Assert.Equal("one.example.test.", await machine.AskAsync(Name, "CNAME"));

        await machine.WriteAsync("live/payments.yaml", External("payments", "two.example.test"));
        await SaysAsync(machine, Name, "two.example.test.", "edited by rename");

        await File.WriteAllTextAsync(Path.Combine(machine.Work, "live/payments.yaml"), External("payments", "three.example.test"));
        await SaysAsync(machine, Name, "three.example.test.", "edited in place");

        await machine.WriteAsync("live/orders.yaml", External("orders", "orders.example.test"));
        await SaysAsync(machine, "orders.shop.svc.cluster.local", "orders.example.test.", "added");

        File.Delete(Path.Combine(machine.Work, "live/orders.yaml"));
        await SaysAsync(machine, "orders.shop.svc.cluster.local", "", "deleted");
        Assert.Equal("three.example.test.", await machine.AskAsync(Name, "CNAME"));
    }

    [RealFact]
    public async Task A_broken_file_keeps_what_it_said_last_and_disturbs_no_other()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live/payments.yaml", External("payments", "one.example.test"));
        await machine.WriteAsync("live/orders.yaml", External("orders", "orders.example.test"));
        var run = await machine.RunElsewhereAsync("-f", "live");

        await machine.WriteAsync("live/payments.yaml", "kind: Service\nmetadata: { name: [\n");
        await run.SaysAsync("payments.yaml");
        Assert.Equal("one.example.test.", await machine.AskAsync(Name, "CNAME"));

        await machine.WriteAsync("live/orders.yaml", External("orders", "elsewhere.example.test"));
        await SaysAsync(machine, "orders.shop.svc.cluster.local", "elsewhere.example.test.", "beside a broken file");

        await machine.WriteAsync("live/payments.yaml", External("payments", "two.example.test"));
        await SaysAsync(machine, Name, "two.example.test.", "repaired");
    }

    [RealFact]
    public async Task The_relay_follows_an_edit()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("relay.yaml", Manifests.Relayed("shop", "payments", Internet.OriginOne));
        await machine.RunElsewhereAsync("-f", "relay.yaml");
        var address = await machine.AskAsync(Name);
        Task<Done> Curl() => machine.RunAsync("curl", "-s", "--max-time", "10", $"http://{address}/");
        Assert.Equal($"Hello from {Internet.OriginOne}:9000", (await Curl()).Well().Text);

        await machine.WriteAsync("relay.yaml", Manifests.Relayed("shop", "payments", Internet.OriginTwo));
        await Eventually.OutputAsync(Curl, done => done.Text == $"Hello from {Internet.OriginTwo}:9000");

        Assert.Equal(address, await machine.AskAsync(Name));
    }

    private static string External(string name, string target) => Manifests.External("shop", name, target);

    private async Task SaysAsync(Machine machine, string name, string expected, string what)
    {
        var took = await Eventually.TrueAsync(
            async () => await machine.AskAsync(name, "CNAME") == expected, () => $"{name} is not {expected}: {what}");
        output.WriteLine($"{what}: seen by dig after {took.TotalMilliseconds:F0} ms, its own start included");
    }
}
