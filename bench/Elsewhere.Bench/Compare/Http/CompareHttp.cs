using System.Globalization;

namespace Elsewhere.Bench.Compare.Http;

/// <summary>
/// The gateway beside nginx, HAProxy and YARP in front of the same origin, asked by h2load in turns: <c>dotnet run -c Release --project bench/Elsewhere.Bench --
/// compare http</c>.
/// </summary>
internal static class CompareHttp
{
    private const int Rounds = 3;

    private static readonly Case[] cases =
    [
        new("1 KB, HTTP/1.1 in clear, 64 connections", Secure: false, ["--h1", "-c", "64"], "/small", 60_000),
        new("1 KB, HTTP/1.1 by TLS, 64 connections", Secure: true, ["--h1", "-c", "64"], "/small", 40_000),
        new("1 KB, HTTP/2 by TLS, 8 connections of 8 streams", Secure: true, ["-c", "8", "-m", "8"], "/small", 40_000),
        new("700 KB of HTML with 150 absolute links, rewritten, HTTP/1.1 in clear, 8 connections", Secure: false, ["--h1", "-c", "8"], "/document.html", 1_000),
    ];

    public static async Task<int> RunAsync()
    {
        if (!Server.Exists("h2load") || !Server.Exists("nginx"))
        {
            await Console.Error.WriteLineAsync("needs h2load and nginx: apt-get install nghttp2-client nginx-light");
            return 2;
        }

        var directory = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        var servers = new List<HttpPeer>();
        var peers = new HttpPeers(directory, Server.FreePort());
        var origin = await peers.OriginAsync();
        try
        {
            var certificate = await PemPair.CreateAsync(directory, HttpPeers.ClientName);
            servers.Add(await peers.NginxAsync(certificate));
            servers.Add(await peers.ElsewhereAsync());
            if (Server.Exists("haproxy"))
                servers.Add(await peers.HaproxyAsync(certificate, mapsHost: true));
            servers.Add(peers.Yarp(certificate));
            foreach (var server in servers)
                await DocumentCheck.RunAsync(server);
            var failed = 0;
            foreach (var each in cases)
                failed += await CompareAsync(each, [.. servers.Where(server => server.Rewrites || each.Path == "/small")]);
            return failed == 0 ? 0 : 1;
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            await origin.DisposeAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    // nginx is the first, and what the others are measured by.
    private static async Task<int> CompareAsync(Case each, List<HttpPeer> servers)
    {
        // The first seconds compile.
        foreach (var server in servers)
            await AskAsync(each, server);
        var costs = servers.ToDictionary(static server => server, static _ => new List<Cost>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var server in servers)
                costs[server].Add(await AskAsync(each, server));
        }

        Console.WriteLine($"\n{each.Name}:\n\n| server | CPU µs per request | ratio to nginx | requests per second | resident MiB | failed |\n|---|---|---|---|---|---|");
        foreach (var server in servers)
        {
            var own = costs[server];
            var ratio = own.Zip(costs[servers[0]], static (mine, nginx) => mine.Microseconds / nginx.Microseconds).Order().ElementAt(Rounds / 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {server.Server.Name} | {own.Min(static cost => cost.Microseconds):F1}-{own.Max(static cost => cost.Microseconds):F1} | {ratio:F2} | {own.Select(static cost => cost.PerSecond).Order().ElementAt(Rounds / 2):N0} | {server.Server.ResidentBytes >> 20} | {own.Sum(static cost => cost.Failed)} |"));
        }

        return costs.Values.Sum(static each => each.Sum(static cost => cost.Failed));
    }

    private static async Task<Cost> AskAsync(Case each, HttpPeer server)
    {
        var url = string.Create(
            CultureInfo.InvariantCulture, $"{(each.Secure ? "https" : "http")}://{HttpPeers.ClientName}:{(each.Secure ? server.Secure : server.Plain)}{each.Path}");
        var before = server.Server.ProcessorSeconds;
        var load = await H2Load.RunAsync(each.Options, url, server.At(each.Secure), each.Requests);
        return new Cost((server.Server.ProcessorSeconds - before) * 1e6 / load.Requests, load.PerSecond, load.Failed);
    }

    private sealed record Case(string Name, bool Secure, string[] Options, string Path, int Requests);

    /// <summary>What one round cost a server.</summary>
    private sealed record Cost(double Microseconds, double PerSecond, int Failed);
}
