using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Elsewhere.Bench.Compare;

/// <summary>
/// The same 10,000 names and the same questions (60 % A, 20 % AAAA, 20 % no such name, by dnsperf) to Elsewhere and to those of NSD and Knot that are
/// on this machine, in turns: <c>dotnet run -c Release --project bench/Elsewhere.Bench -- compare dns</c>.
/// </summary>
internal static partial class CompareDns
{
    private const int Names = 10_000;
    private const int Rounds = 3;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        if (!Server.Exists("dnsperf"))
        {
            await Console.Error.WriteLineAsync("needs dnsperf: apt-get install dnsperf");
            return 2;
        }

        var directory = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        var servers = new List<(Server Server, int Port)>();
        try
        {
            var questions = await WriteQuestionsAsync(directory);
            servers.Add(await ElsewhereAsync(directory));
            await WriteZoneAsync(directory);
            if (Server.Exists("nsd"))
                servers.Add(await NsdAsync(directory));
            if (Server.Exists("knotd"))
                servers.Add(await KnotAsync(directory));
            foreach (var (_, port) in servers)
            {
                using var client = new DnsClient(port);
                await client.UntilAsync(Clusters.NameOf(0), Clusters.NamespaceOf(0), DnsClient.A, static answer => answer is not null, patience);
                // The first seconds compile.
                await AskAsync(questions, port, 5);
            }

            Console.WriteLine("| server | CPU µs per query | queries per CPU second | resident MiB |\n|---|---|---|---|");
            var costs = servers.ToDictionary(static each => each.Server.Name, static _ => new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var (server, port) in servers)
                {
                    var before = server.ProcessorSeconds;
                    var count = await AskAsync(questions, port, 4);
                    costs[server.Name].Add((server.ProcessorSeconds - before) / count);
                }
            }

            foreach (var (server, _) in servers)
            {
                var cost = costs[server.Name].Order().ToList();
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {server.Name} | {cost[0] * 1e6:F2}-{cost[^1] * 1e6:F2} | {1 / cost[cost.Count / 2]:N0} | {server.ResidentBytes >> 20} |"));
            }

            return 0;
        }
        finally
        {
            foreach (var (server, _) in servers)
                await server.DisposeAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<(Server Server, int Port)> ElsewhereAsync(string directory)
    {
        var manifests = Directory.CreateDirectory(Path.Combine(directory, "manifests")).FullName;
        foreach (var team in Enumerable.Range(0, Names).GroupBy(Clusters.NamespaceOf))
            await File.WriteAllTextAsync(Path.Combine(manifests, $"{team.Key}.yaml"), string.Join("---\n", team.Select(Clusters.Manifest)));
        var port = Server.FreePort();
        return (Server.Elsewhere("dns", "-f", manifests, "--listen", Listen(port), "--upstream-dns", "none"), port);
    }

    private static async Task<(Server Server, int Port)> NsdAsync(string directory)
    {
        var port = Server.FreePort();
        var configuration = Path.Combine(directory, "nsd.conf");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            server:
              ip-address: 127.0.0.1
              port: {port}
              username: ""
              server-count: 1
              zonesdir: "{directory}"
              pidfile: "{directory}/nsd.pid"
              xfrdfile: "{directory}/xfrd.state"
              zonelistfile: "{directory}/zone.list"
              xfrdir: "{directory}"
              database: ""
            remote-control:
              control-enable: no
            zone:
              name: "cluster.local"
              zonefile: "cluster.zone"
            """));
        return (new Server("nsd", ["nsd", "-d", "-c", configuration]), port);
    }

    private static async Task<(Server Server, int Port)> KnotAsync(string directory)
    {
        var port = Server.FreePort();
        var configuration = Path.Combine(directory, "knot.conf");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            server:
                listen: 127.0.0.1@{port}
                rundir: "{directory}"
                udp-workers: 1
                tcp-workers: 1
            database:
                storage: "{directory}"
            zone:
              - domain: cluster.local
                storage: "{directory}"
                file: cluster.zone
                zonefile-sync: -1
            """));
        return (new Server("knot", ["knotd", "-c", configuration]), port);
    }

    private static Task WriteZoneAsync(string directory) => File.WriteAllLinesAsync(
        Path.Combine(directory, "cluster.zone"),
        [
            "$ORIGIN cluster.local.", "$TTL 30", "@ IN SOA ns.dns hostmaster 1 7200 1800 86400 5", "@ IN NS ns.dns", "ns.dns IN A 127.0.0.1",
            .. Enumerable.Range(0, Names).Select(static number => Clusters.IsExternalName(number)
                ? $"{Clusters.NameOf(number)}.{Clusters.NamespaceOf(number)}.svc IN CNAME {Clusters.NameOf(number)}.example.test."
                : string.Create(CultureInfo.InvariantCulture, $"{Clusters.NameOf(number)}.{Clusters.NamespaceOf(number)}.svc IN A 127.96.{1 + number / 250}.{1 + number % 250}")),
        ]);

    private static async Task<string> WriteQuestionsAsync(string directory)
    {
        var random = new Random(1);
        var path = Path.Combine(directory, "questions");
        await File.WriteAllLinesAsync(path, Enumerable.Range(0, 50_000).Select(_ =>
        {
            var number = random.Next(Names / 10) * 10;
            var name = $"{Clusters.NameOf(number)}.{Clusters.NamespaceOf(number)}.svc.cluster.local";
            return random.Next(5) switch { 0 => $"{name} AAAA", 1 => $"no-{name} A", _ => $"{name} A" };
        }));
        return path;
    }

    private static async Task<long> AskAsync(string questions, int port, int seconds)
    {
        using var dnsperf = Process.Start(new ProcessStartInfo(
            "dnsperf",
            ["-s", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-d", questions, "-l", seconds.ToString(CultureInfo.InvariantCulture), "-c", "4", "-T", "1", "-q", "200"])
        {
            RedirectStandardOutput = true,
        })!;
        var text = await dnsperf.StandardOutput.ReadToEndAsync();
        await dnsperf.WaitForExitAsync();
        return long.Parse(Completed().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static string Listen(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    [GeneratedRegex(@"Queries completed:\s+(\d+)")]
    private static partial Regex Completed();
}
