using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Bench.Compare;

/// <summary>
/// The same GiB over loopback through Elsewhere and through those of nginx (stream module) and HAProxy that are on this machine, in turns:
/// <c>dotnet run -c Release --project bench/Elsewhere.Bench -- compare relay</c>.
/// </summary>
internal static class CompareRelay
{
    private const int Rounds = 3;
    private const long Gibibyte = 1L << 30;
    private const string StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        var servers = new List<(Server Server, IPEndPoint Where)>();
        using var origin = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        origin.Listen();
        _ = Task.Factory.StartNew(() => Serve(origin), TaskCreationOptions.LongRunning);
        var target = ((IPEndPoint)origin.LocalEndPoint!).Port;
        try
        {
            servers.Add(await ElsewhereAsync(directory, target));
            if (File.Exists(StreamModule))
                servers.Add(await NginxAsync(directory, target));
            if (Server.Exists("haproxy"))
                servers.Add(await HaproxyAsync(directory, target));
            foreach (var (_, where) in servers)
                Fetch(where, 64 << 20);
            Console.WriteLine("| relay | CPU seconds per GiB | resident MiB |\n|---|---|---|");
            var costs = servers.ToDictionary(static each => each.Server.Name, static _ => new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var (server, where) in servers)
                {
                    var before = server.ProcessorSeconds;
                    Fetch(where, Gibibyte);
                    costs[server.Name].Add(server.ProcessorSeconds - before);
                }
            }

            foreach (var (server, _) in servers)
            {
                var cost = costs[server.Name].Order().ToList();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {server.Name} | {cost[0]:F2}-{cost[^1]:F2} | {server.ResidentBytes >> 20} |"));
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

    private static void Serve(Socket origin)
    {
        var content = new byte[1 << 20];
        while (true)
        {
            var client = origin.Accept();
            _ = Task.Factory.StartNew(
                () =>
                {
                    using (client)
                    {
                        try
                        {
                            while (true)
                                client.Send(content);
                        }
                        catch (SocketException)
                        {
                            // The client has enough.
                        }
                    }
                },
                TaskCreationOptions.LongRunning);
        }
    }

    private static void Fetch(IPEndPoint where, long size)
    {
        var received = new byte[1 << 18];
        using var socket = Connect(where);
        for (var left = size; left > 0;)
        {
            var count = socket.Receive(received);
            if (count == 0)
                throw new InvalidOperationException($"{where} ended early");
            left -= count;
        }
    }

    private static Socket Connect(IPEndPoint where)
    {
        for (var tries = 0; ; tries++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(where);
                return socket;
            }
            catch (SocketException) when (tries < 200)
            {
                socket.Dispose();
                Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System).Wait();
            }
        }
    }
}
