using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Elsewhere.Bench.Compare;

namespace Elsewhere.Bench.Api;

/// <summary>
/// The embedded API of the real program: aliases made through it, watches of all of them, and writes at a steady rate, half of which change where an alias
/// leads and half only what is written about it. <c>dotnet run -c Release --project bench/Elsewhere.Bench -- api [ALIASES [WATCHES [WRITES_PER_SECOND [SECONDS]]]]</c>.
/// </summary>
internal static class ApiBench
{
    private const int Connections = 64;
    private const int SampleEvery = 5;
    private const string MergePatch = "application/merge-patch+json";
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(120);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var numbers = arguments.Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var size = numbers.ElementAtOrDefault(0) is > 0 and var s ? s : 10_000;
        var watches = arguments.Length > 1 ? numbers[1] : 100;
        var rate = numbers.ElementAtOrDefault(2) is > 0 and var r ? r : 1000;
        var seconds = numbers.ElementAtOrDefault(3) is > 0 and var t ? t : 30;
        var state = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        try
        {
            var (dns, api) = (Server.FreePort(), Server.FreePort());
            await using (var server = Start(state, dns, api))
                await MeasureAsync(server, state, api, size, watches, rate, seconds);
            await RestartAsync(state, dns, api, size);
            return 0;
        }
        finally
        {
            Directory.Delete(state, recursive: true);
        }
    }

    private static Server Start(string state, int dns, int api) => Server.Elsewhere(
        "run", "--state", state, "--service-cidr", "127.81.0.0/16", "--upstream-dns", "none", "--dns", Local(dns), "--api", Local(api), "-o", "json");

    private static string Local(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    private static async Task MeasureAsync(Server server, string state, int port, int size, int watches, int rate, int seconds)
    {
        var access = await AccessAsync(state, port);
        var connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => ApiConnection.OpenAsync(access)));
        Show("resident memory before anything", $"{server.ResidentBytes >> 20} MiB");
        var from = Stopwatch.GetTimestamp();
        await CreateAsync(connections, size);
        Show($"created {size} aliases", $"{size / Stopwatch.GetElapsedTime(from).TotalSeconds:F0} a second, {Connections} at a time");
        Show("resident memory then", $"{server.ResidentBytes >> 20} MiB");
        var newest = await ExpectAsync(connections[0], 201, "POST", "/api/v1/namespaces", "application/json", """{"metadata":{"name":"newest"}}""");
        var version = JsonDocument.Parse(newest).RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString()!;
        var watchers = await Watchers.OpenAsync(watches, access, version);
        var load = new WriteLoad(connections, rate, TimeSpan.FromSeconds(seconds), size);
        var (before, clock) = (server.ProcessorSeconds, Stopwatch.GetTimestamp());
        var writing = load.RunAsync();
        while (await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(SampleEvery), TimeProvider.System)) != writing)
        {
            Show(
                $"after {Stopwatch.GetElapsedTime(clock).TotalSeconds:F0} s",
                $"{server.ResidentBytes >> 20} MiB resident, journal {new FileInfo(Path.Combine(state, "objects.journal")).Length >> 20} MiB, {load.Done} writes, {watchers.Events} events");
        }

        await writing;
        var (elapsed, cost) = (Stopwatch.GetElapsedTime(clock).TotalSeconds, server.ProcessorSeconds - before);
        await UntilAsync(() => watchers.IsDone(load.Done) || watchers.Ended > 0);
        await watchers.DisposeAsync();
        var (latencies, lags) = (load.Latencies, watchers.Lags);
        Show("writes a second", $"{load.Done / elapsed:F0} of {rate}");
        Show("latency of a write", Percentiles(latencies));
        Show($"from sending until each of {watches} watches had it", Percentiles(lags));
        Show("watches that were cut off", $"{watchers.Ended}");
        Show("processor time of the server", $"{cost / elapsed:F2} cores, {cost / load.Done * 1000:F2} ms a write");
        foreach (var connection in connections)
            connection.Dispose();
    }

    private static async Task CreateAsync(ApiConnection[] connections, int size)
    {
        foreach (var space in Enumerable.Range(0, size).Select(Clusters.NamespaceOf).Distinct())
            await ExpectAsync(connections[0], 201, "POST", "/api/v1/namespaces", "application/json", $$$"""{"metadata":{"name":"{{{space}}}"}}""");
        var next = -1;
        await Task.WhenAll(connections.Select(async connection =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) < size;)
            {
                foreach (var (path, body) in Objects(number))
                    await ExpectAsync(connection, 201, "POST", path, "application/yaml", body);
            }
        }));
    }

    private static IEnumerable<(string Path, string Body)> Objects(int number)
    {
        var manifest = Clusters.Manifest(number).Split("---\n");
        yield return ($"/api/v1/namespaces/{Clusters.NamespaceOf(number)}/services", manifest[0]);
        if (manifest.Length > 1)
            yield return ($"/apis/discovery.k8s.io/v1/namespaces/{Clusters.NamespaceOf(number)}/endpointslices", manifest[1]);
    }

    /// <summary>Sends a request whose answer must be of that status.</summary>
    public static async Task<ReadOnlyMemory<byte>> ExpectAsync(ApiConnection connection, int status, string method, string path, string type = MergePatch, string body = "")
    {
        var (got, answer) = await connection.SendAsync(method, path, type, body);
        return got == status ? answer : throw new InvalidOperationException($"{method} {path}: {got} {Encoding.UTF8.GetString(answer.Span)}");
    }

    private static async Task RestartAsync(string state, int dns, int api, int size)
    {
        var from = Stopwatch.GetTimestamp();
        await using var server = Start(state, dns, api);
        using var client = new DnsClient(dns);
        await client.UntilAsync(Clusters.NameOf(0), Clusters.NamespaceOf(0), DnsClient.A, static answer => answer is not null, patience);
        var (answers, cost) = (Stopwatch.GetElapsedTime(from), server.ProcessorSeconds);
        Show("started again until DNS answers", $"{answers.TotalMilliseconds:F0} ms, {cost * 1000:F0} ms of processor time, {server.ResidentBytes >> 20} MiB");
        using var connection = await ApiConnection.OpenAsync(await AccessAsync(state, api));
        await ExpectAsync(connection, 200, "GET", $"/api/v1/namespaces/{Clusters.NamespaceOf(size - 1)}/services/{Clusters.NameOf(size - 1)}");
        Show("started again until the API answers", $"{Stopwatch.GetElapsedTime(from).TotalMilliseconds:F0} ms");
    }

    // The API is there when this file is.
    private static async Task<ApiAccess> AccessAsync(string state, int port)
    {
        await UntilAsync(() => File.Exists(Path.Combine(state, "instance.json")));
        var token = await File.ReadAllTextAsync(Path.Combine(state, "api.token"));
        return new(port, token.Trim(), X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(state, "api.pem"))));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var from = Stopwatch.GetTimestamp(); !condition();)
        {
            if (Stopwatch.GetElapsedTime(from) > patience)
                throw new TimeoutException();
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static string Percentiles(List<double> sorted) => sorted.Count == 0 ? "none" : string.Create(
        CultureInfo.InvariantCulture, $"p50 {sorted[sorted.Count / 2]:F1} ms, p99 {sorted[(int)(sorted.Count * 0.99)]:F1} ms, worst {sorted[^1]:F1} ms");

    private static void Show(string what, string value) => Console.WriteLine($"{what,-55} {value}");
}
