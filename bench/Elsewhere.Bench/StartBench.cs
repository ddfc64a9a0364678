using System.Diagnostics;
using System.Globalization;
using Elsewhere.Bench.Compare;

namespace Elsewhere.Bench;

/// <summary>
/// The real program with many aliases: from its start until the last alias answers, its memory then, and from an edit of one file until
/// the answer shows it. <c>dotnet run -c Release --project bench/Elsewhere.Bench -- start [ALIASES]</c>.
/// </summary>
internal static class StartBench
{
    private const int Edits = 20;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var size = arguments is [var text] ? int.Parse(text, CultureInfo.InvariantCulture) : 10_000;
        var directory = Directory.CreateTempSubdirectory("elsewhere-bench-").FullName;
        try
        {
            foreach (var team in Enumerable.Range(0, size).GroupBy(Clusters.NamespaceOf))
                await File.WriteAllTextAsync(Path.Combine(directory, $"{team.Key}.yaml"), string.Join("---\n", team.Select(Clusters.Manifest)));
            await MeasureAsync(directory, size);
            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task MeasureAsync(string directory, int size)
    {
        var state = Path.Combine(directory, ".state");
        var port = Server.FreePort();
        var from = Stopwatch.GetTimestamp();
        await using var server = Server.Elsewhere(
            "run", "-f", directory, "--state", state, "--dns", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "--upstream-dns", "none");
        using var dns = new DnsClient(port);
        await dns.UntilAsync(Clusters.NameOf(0), Clusters.NamespaceOf(0), DnsClient.A, static answer => answer is not null, patience);
        var started = Stopwatch.GetElapsedTime(from);
        var (startCost, resident) = (server.ProcessorSeconds, server.ResidentBytes);
        var edits = new List<double>();
        for (var edit = 0; edit < Edits; edit++)
            edits.Add(await EditAsync(directory, dns, edit));
        edits.Sort();
        var editCost = (server.ProcessorSeconds - startCost) / Edits;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            aliases                                    {size}
            start until DNS answers                    {started.TotalMilliseconds:F0} ms
            processor time until then                  {startCost * 1000:F0} ms
            resident memory then                       {resident >> 20} MiB
            resident memory after {Edits} edits              {server.ResidentBytes >> 20} MiB
            edit of one file until DNS shows it        median {edits[Edits / 2]:F0} ms, worst {edits[^1]:F0} ms
            processor time for one edit                {editCost * 1000:F0} ms
            """));
    }

    // Alternates the target of the first ExternalName in the first file.
    private static async Task<double> EditAsync(string directory, DnsClient dns, int edit)
    {
        const int edited = 9;
        var path = Path.Combine(directory, $"{Clusters.NamespaceOf(edited)}.yaml");
        var target = string.Create(CultureInfo.InvariantCulture, $"edit-{edit}.example.test");
        var text = string.Join("---\n", Enumerable.Range(0, 20).Select(Clusters.Manifest))
            .Replace($"{Clusters.NameOf(edited)}.example.test", target, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path + ".new", text);
        var from = Stopwatch.GetTimestamp();
        File.Move(path + ".new", path, overwrite: true);
        var label = System.Text.Encoding.ASCII.GetBytes(target.Split('.')[0]);
        await dns.UntilAsync(Clusters.NameOf(edited), Clusters.NamespaceOf(edited), DnsClient.Cname, answer => answer is not null && answer.AsSpan().IndexOf(label) >= 0, patience);
        return Stopwatch.GetElapsedTime(from).TotalMilliseconds;
    }
}
