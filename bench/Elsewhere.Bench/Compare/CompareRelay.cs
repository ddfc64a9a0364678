using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Bench.Compare;

/// <summary>
/// The same load over loopback through Elsewhere and through those of nginx (stream module) and HAProxy that are on this machine, in turns:
/// <c>dotnet run -c Release --project bench/Elsewhere.Bench -- compare relay</c>.
/// </summary>
internal static class CompareRelay
{
    private const int Rounds = 3;
    private const long Gibibyte = 1L << 30;
    private const int Clients = 8;
    private const int ConnectionsEach = 1250;
    private const int TripsEach = 2500;
    private const string StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        var servers = new List<(Server Server, IPEndPoint Where)>();
        var target = Server.FreePort();
        using var origin = RelayLoad.Serve(new IPEndPoint(IPAddress.Loopback, target));
        try
        {
            servers.Add(await ElsewhereAsync(directory, target));
            if (File.Exists(StreamModule))
                servers.Add(await NginxAsync(directory, target));
            if (Server.Exists("haproxy"))
                servers.Add(await HaproxyAsync(directory, target));
            foreach (var (_, where) in servers)
            {
                await AcceptsAsync(where);
                RelayLoad.Bulk(where, 1, 64 << 20, 0);
            }

            Console.WriteLine("| relay | CPU seconds per GiB | CPU µs per connection | CPU µs per round trip | resident MiB |\n|---|---|---|---|---|");
            var costs = servers.ToDictionary(static each => each.Server.Name, static _ => new List<Cost>());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var (server, where) in servers)
                    costs[server.Name].Add(Measure(server, where));
            }

            foreach (var (server, _) in servers)
            {
                var cost = costs[server.Name];
                Console.WriteLine($"| {server.Name} | {Range(cost, static each => each.Gibibyte, "F2")} | {Range(cost, static each => each.Connection * 1e6, "F0")} | {Range(cost, static each => each.Trip * 1e6, "F1")} | {server.ResidentBytes >> 20} |");
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

    private static Cost Measure(Server server, IPEndPoint where) => new(
        Spent(server, () => RelayLoad.Bulk(where, 1, Gibibyte, 0)),
        Spent(server, () => RelayLoad.Connections(where, Clients, ConnectionsEach)) / (Clients * ConnectionsEach),
        Spent(server, () => RelayLoad.PingPong(where, Clients, TripsEach)) / (Clients * TripsEach));

    private static double Spent(Server server, Action load)
    {
        var before = server.ProcessorSeconds;
        load();
        return server.ProcessorSeconds - before;
    }

    private static string Range(List<Cost> costs, Func<Cost, double> part, string format) =>
        $"{costs.Min(part).ToString(format, CultureInfo.InvariantCulture)}-{costs.Max(part).ToString(format, CultureInfo.InvariantCulture)}";

    private static async Task<(Server Server, IPEndPoint Where)> ElsewhereAsync(string directory, int target)
    {
        var manifest = Path.Combine(directory, "alias.yaml");
        var port = Server.FreePort();
        // A hand-written Endpoints object may not hold a loopback address; an Alias may.
        await File.WriteAllTextAsync(manifest, string.Create(CultureInfo.InvariantCulture, $$"""
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: blast, namespace: default }
            spec:
              origins: [{ url: "tcp://127.0.0.1:{{target}}" }]
              ports: [{ port: {{port}} }]
            """));
        var dns = Server.FreePort();
        var server = Server.Elsewhere(
            "run", "-f", manifest, "--state", Path.Combine(directory, "state"), "--upstream-dns", "none", "--dns", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{dns}"));
        using var client = new DnsClient(dns);
        byte[]? reply = null;
        await client.UntilAsync("blast", "default", DnsClient.A, answer => (reply = answer) is not null, patience);
        return (server, new IPEndPoint(new IPAddress(reply.AsSpan(^4..)), port));
    }

    private static async Task<(Server Server, IPEndPoint Where)> NginxAsync(string directory, int target)
    {
        var port = Server.FreePort();
        var configuration = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $$"""
            load_module {{StreamModule}};
            daemon off;
            worker_processes 1;
            pid {{directory}}/nginx.pid;
            error_log stderr;
            events { worker_connections 256; }
            stream {
              server { listen 127.0.0.1:{{port}}; proxy_pass 127.0.0.1:{{target}}; proxy_buffer_size 64k; }
            }
            """));
        return (new Server("nginx stream, 64 KiB", ["nginx", "-c", configuration, "-e", "stderr"]), new IPEndPoint(IPAddress.Loopback, port));
    }

    private static async Task<(Server Server, IPEndPoint Where)> HaproxyAsync(string directory, int target)
    {
        var port = Server.FreePort();
        var configuration = Path.Combine(directory, "haproxy.cfg");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            global
              nbthread 1
            defaults
              mode tcp
              option splice-auto
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            listen blast
              bind 127.0.0.1:{port}
              server origin 127.0.0.1:{target}

            """));
        return (new Server("haproxy, splice-auto", ["haproxy", "-db", "-f", configuration]), new IPEndPoint(IPAddress.Loopback, port));
    }

    private static async Task AcceptsAsync(IPEndPoint where)
    {
        for (var tries = 0; ; tries++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(where);
                return;
            }
            catch (SocketException) when (tries < 200)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    /// <summary>Processor seconds of a relay for one of each.</summary>
    private sealed record Cost(double Gibibyte, double Connection, double Trip);
}
