using System.Globalization;
using Elsewhere.RealTests.World;
using Xunit.Abstractions;

namespace Elsewhere.RealTests;

/// <summary>The location changes; no client sees it.</summary>
public sealed class RetargetTests(ITestOutputHelper output)
{
    private const int Edits = 100;

    [RealFact]
    public async Task A_hundred_retargets_under_load_fail_no_connection()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live/payments.yaml", Manifests.Relayed("shop", "payments", Internet.OriginOne));
        await machine.RunElsewhereAsync("-f", "live");
        var address = await machine.AskAsync("payments.shop.svc.cluster.local");

        // Each of curl's requests is a connection of its own, four at a time, until the file says stop. Each writes how it ended.
        var load = machine.Start(
            "sh", "-c",
            $"""
            while [ ! -e stop ]; do
              curl -sS -Z --parallel-max 4 --no-keepalive -H 'Connection: close' --max-time 20 -w '%{"{exitcode}"}\n' 'http://{address}/?[1-200]' 2>>meter >>answers
            done
            """);
        for (var edit = 1; edit <= Edits; edit++)
        {
            var target = edit % 2 == 0 ? Internet.OriginOne : Internet.OriginTwo;
            await machine.WriteAsync("live/payments.yaml", Manifests.Relayed("shop", "payments", target));
            await Eventually.OutputAsync(
                () => machine.RunAsync("curl", "-sS", "--max-time", "20", $"http://{address}/"),
                done => done.Well().Text == $"Hello from {target}:9000");
        }

        await machine.WriteAsync("stop", "");
        Assert.Equal(0, await load.EndsAsync());

        var answers = (await machine.ShellAsync("sort answers | uniq -c")).Well();
        var counts = answers.Lines.Select(line => line.Trim().Split(' ', 2)).ToDictionary(line => line[1], line => int.Parse(line[0], CultureInfo.InvariantCulture));
        Assert.Equal(["0", $"Hello from {Internet.OriginOne}:9000", $"Hello from {Internet.OriginTwo}:9000"], counts.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(0, counts["0"] % 200);
        Assert.Equal(counts["0"], counts.Values.Sum() - counts["0"]);
        output.WriteLine($"{Edits} retargets, {counts["0"]} connections, none failed");
    }

    [RealFact]
    public async Task An_endpoint_that_does_not_answer_costs_no_connection_while_another_does()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("live.yaml", Manifests.Relayed("shop", "payments", Internet.Database, Internet.OriginOne));
        await machine.RunElsewhereAsync("-f", "live.yaml");
        var address = await machine.AskAsync("payments.shop.svc.cluster.local");

        // Nobody listens on port 9000 of the database's host: the connection is refused, and the next endpoint takes it.
        var curl = (await machine.RunAsync("curl", "-sS", "--no-keepalive", "-H", "Connection: close", $"http://{address}/?[1-10]")).Well();

        Assert.Equal(Enumerable.Repeat($"Hello from {Internet.OriginOne}:9000", 10), curl.Lines);
    }

    [RealFact]
    public async Task A_udp_port_is_relayed_too()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync(
            "live.yaml",
            $$"""
            kind: Service
            apiVersion: v1
            metadata: { name: names }
            spec:
              ports: [{ name: dns, port: 5353, protocol: UDP }]
            ---
            kind: EndpointSlice
            apiVersion: discovery.k8s.io/v1
            metadata: { name: names-1, labels: { kubernetes.io/service-name: names } }
            addressType: IPv4
            ports: [{ name: dns, port: 53, protocol: UDP }]
            endpoints: [{ addresses: [{{Internet.NameServer}}] }]
            """);
        await machine.RunElsewhereAsync("-f", "live.yaml");
        var address = await machine.AskAsync("names.default.svc.cluster.local");

        Assert.Equal(Internet.OriginOne, (await machine.DigAsync($"@{address}", "-p", "5353", "+short", "www.example.test")).Well().Text);
    }
}
