using System.CommandLine;
using Elsewhere.Bench.Compare.Http;

namespace Elsewhere.Bench.Compare.Conformance;

/// <summary>
/// The gateway, nginx and HAProxy in front of a small ASP.NET application, and that application itself, before two suites of other people: <c>dotnet run -c Release
/// --project bench/Elsewhere.Bench -- compare conformance --probe Http11Probe.dll --h2spec h2spec</c>.
/// </summary>
internal static class CompareConformance
{
    public static Task<int> RunAsync(string[] arguments)
    {
        var probe = new Option<FileInfo>("--probe") { Description = "Http11Probe.dll, the library of github.com/MDA2AV/Http11Probe" };
        var h2spec = new Option<FileInfo>("--h2spec") { Description = "the program h2spec" };
        var command = new RootCommand("Conformance, side by side") { probe.AcceptExistingOnly(), h2spec.AcceptExistingOnly() };
        command.SetAction(result => RunAsync(result.GetValue(probe)?.FullName, result.GetValue(h2spec)?.FullName));
        return command.Parse(arguments).InvokeAsync();
    }

    private static async Task<int> RunAsync(string? probePath, string? h2spec)
    {
        var probe = probePath is null ? null : new Http11Probe(probePath);
        var directory = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        var servers = new List<HttpPeer>();
        try
        {
            var certificate = await PemPair.CreateAsync(directory, HttpPeers.ClientName);
            var application = HttpPeers.Kestrel(certificate);
            servers.Add(application);
            var peers = new HttpPeers(directory, application.Plain);
            servers.Insert(0, await peers.ElsewhereAsync());
            if (Server.Exists("nginx"))
                servers.Add(await peers.NginxAsync(certificate));
            if (Server.Exists("haproxy"))
                servers.Add(await peers.HaproxyAsync(certificate, mapsHost: false));
            foreach (var server in servers)
                await DocumentCheck.RunAsync(server);
            Console.WriteLine("| server | pass | warn | fail | of them MUST | h2spec passed | h2spec failed |\n|---|---|---|---|---|---|---|");
            var left = new List<string>();
            foreach (var server in servers)
            {
                var http1 = probe is null ? null : await probe.RunAsync(server.Host, server.Plain);
                (int Passed, int Failed)? http2 = h2spec is null ? null : await H2Spec.RunAsync(h2spec, server.Host, server.Secure);
                Console.WriteLine($"| {server.Server.Name} | {http1?.Pass} | {http1?.Warn} | {http1?.Fail} | {http1?.Must} | {http2?.Passed} | {http2?.Failed} |");
                if (server == servers[0])
                    left.AddRange(http1?.NotPassed ?? []);
            }

            Console.WriteLine($"\nWhat {servers[0].Server.Name} does not pass:\n{string.Join('\n', left)}");
            return left.Any(static each => each.StartsWith("Fail Must", StringComparison.Ordinal)) ? 1 : 0;
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            Directory.Delete(directory, recursive: true);
        }
    }
}
