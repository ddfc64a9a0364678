using System.Globalization;
using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>A gateway that may open few descriptors, and clients that open many connections.</summary>
public sealed class DescriptorTests
{
    private const string Many =
        """
        import os, resource, socket, sys, time
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        held = []
        for _ in range(1000):
            client = socket.socket()
            client.settimeout(5)
            try:
                client.connect((sys.argv[1], 80))
                client.send(b"GET / HTTP/1.1\r\n")
                held.append(client)
            except OSError:
                pass
        open("held", "w").close()
        while not os.path.exists("over"):
            time.sleep(0.05)
        """;

    [RealFact]
    public async Task U10_with_256_descriptors_a_thousand_clients_cost_no_spinning_nor_DNS_and_when_they_have_gone_all_is_well()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("many.py", Many);
        await machine.WriteAsync("site/index.html", "served");
        machine.Start(["python3", "-m", "http.server", "9000", "--bind", "127.0.0.1", "--directory", "site"]);
        await Eventually.TrueAsync(async () => (await machine.RunAsync("nc", "-z", "127.0.0.1", "9000")).ExitCode == 0, () => "the origin listens");
        await machine.WriteAsync("live/alias.yaml",
            """
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: site }
            spec: { origins: [{ url: "http://127.0.0.1:9000" }] }

            """);
        var run = machine.Start(["prlimit", "--nofile=256:256", "elsewhere", "run", "-f", "live"]);
        await run.SaysAsync("elsewhere exec");
        await machine.ServesAsync(run);
        var address = await machine.AskAsync("site.default.svc.cluster.local");
        Assert.Equal("served", await GetAsync(machine, address));
        var process = (await machine.ShellAsync("ss -ltnpH 'sport = :80' | grep -o 'pid=[0-9]*' | head -1 | cut -d = -f 2")).Well().Text;
        Assert.Equal("256", (await machine.ShellAsync($"awk '/Max open files/ {{ print $5 }}' /proc/{process}/limits")).Well().Text);

        machine.Start(["python3", "many.py", address]);
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(Path.Combine(machine.Work, "held"))), () => "a thousand clients have come");

        // Who spins uses a core or more: a hundred ticks a second.
        var spent = (await machine.ShellAsync($"t() {{ awk '{{ print $14 + $15 }}' /proc/{process}/stat; }}; a=$(t); sleep 3; echo $(($(t) - a))")).Well().Text;
        Assert.InRange(int.Parse(spent, CultureInfo.InvariantCulture), 0, 150);
        Assert.Equal(address, await machine.AskAsync("site.default.svc.cluster.local"));

        await machine.WriteAsync("over", "");
        await Eventually.TrueAsync(async () => await GetAsync(machine, address) == "served", () => $"it serves again: {run}");
    }

    private static async Task<string> GetAsync(Machine machine, string address) =>
        (await machine.RunAsync("curl", "-s", "--max-time", "5", "-H", "Host: site", $"http://{address}/")).Text;
}
