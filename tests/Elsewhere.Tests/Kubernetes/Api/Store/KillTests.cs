using System.Diagnostics;
using System.Globalization;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Model;

namespace Elsewhere.Tests.Kubernetes.Api.Store;

/// <summary>The store is killed in the middle of what it does.</summary>
public sealed class KillTests
{
    private const int Kills = 200;

    /// <summary>200 times: nothing that was acknowledged is lost, nothing is half there, versions never go back.</summary>
    [Fact]
    public async Task What_was_acknowledged_outlives_kill_9_at_any_moment()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var path = Path.Combine(Directory.CreateTempSubdirectory("elsewhere-kill-").FullName, "objects.journal");
        var acknowledged = new Dictionary<string, string>();
        ulong highest = 0;
        for (var i = 0; i < Kills; i++)
        {
            var lines = await KillAsync(path, random);
            // What was on its way when the kill came may or may not have arrived.
            var unsure = new HashSet<string>();
            foreach (var line in lines)
            {
                var parts = line.Split(' ');
                acknowledged[parts[0]] = parts[2];
                highest = Math.Max(highest, ulong.Parse(parts[1], CultureInfo.InvariantCulture));
            }

            await using var store = ObjectStore.Open(path, out var finding);
            Assert.True(finding is null, $"seed {seed}, kill {i}: {finding?.Message}");
            Assert.True(store.State.Version >= highest, $"seed {seed}, kill {i}: {store.State.Version} is before {highest}");
            highest = store.State.Version;
            var lost = acknowledged.Where(a => Value(store, a.Key) != a.Value && !IsLater(store, a.Key, a.Value)).Select(static a => a.Key).ToList();
            Assert.True(lost.Count <= 8, $"seed {seed}, kill {i}: {string.Join(", ", lost)}");
            Assert.All(lost, name => Assert.True(unsure.Add(name[..2]), $"seed {seed}, kill {i}: {string.Join(", ", lost)}"));
            foreach (var name in acknowledged.Keys.ToList())
                acknowledged[name] = Value(store, name);
        }

        Assert.True(acknowledged.Count > 40, "hardly anything was written");
    }

    // A writer has one write under way at most: one deletion of its names, or one value with a later number.
    private static bool IsLater(ObjectStore store, string name, string value) =>
        Value(store, name) is { Length: > 0 } now && value.Length > 0 && Number(now) > Number(value);

    private static int Number(string value) => int.Parse(value.Split('-')[0], CultureInfo.InvariantCulture);

    private static string Value(ObjectStore store, string name)
    {
        var data = store.State.Find(Collection.ConfigMaps, new ObjectKey("default", name))?.Parse()["data"];
        return data?.Str("value") ?? "";
    }

    private static async Task<List<string>> KillAsync(string path, Random random)
    {
        var writer = Path.Combine(AppContext.BaseDirectory, "Elsewhere.StoreWriter.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [writer, path, random.Next().ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        var lines = new List<string>();
        var after = random.Next(1, 200);
        // Not by the clock: a slow machine writes as much.
        while (lines.Count < after && await process.StandardOutput.ReadLineAsync() is { } line)
            lines.Add(line);
        process.Kill();
        var rest = await process.StandardOutput.ReadToEndAsync();
        var whole = rest.LastIndexOf('\n');
        if (whole >= 0)
            lines.AddRange(rest[..whole].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await process.WaitForExitAsync();
        return lines;
    }
}
