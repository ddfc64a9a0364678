using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Elsewhere.RealTests.World;
using Xunit.Abstractions;

namespace Elsewhere.RealTests;

/// <summary>Clients that others wrote stay in step with the API, whatever happens to it.</summary>
public sealed class InStepTests(ITestOutputHelper output)
{
    [RealFact]
    public async Task Informers_and_kubectl_hold_what_a_list_gives_through_writes_edits_compactions_and_kill_9()
    {
        var seed = Random.Shared.Next(1, 1_000_000);
        output.WriteLine($"seed {seed}");
        await using var machine = await Machine.CreateAsync();
        await EditAsync(machine, 0);
        var run = await RunAsync(machine);
        var client = await KubernetesClient.StartAsync(machine);
        var watch = machine.Start("kubectl", "get", "services", "-A", "-w", "-o", "json", "--output-watch-events");

        // Files change while clients write.
        var writing = WriteAsync(client, seed, 400);
        for (var edit = 1; edit <= 5; edit++)
            await EditAsync(machine, edit);
        await writing;
        await ComparedAsync(client, 1);
        await FollowsAsync(machine, watch);

        // Many objects are large: the journal is compacted sooner or later, which replaces the file. A second name of the first one keeps its inode from being
        // given to the file after the next.
        (await machine.RunAsync("ln", Journal(machine), Journal(machine) + ".before")).Well();
        for (var more = 1; more <= 20 && await IsJournalAsync(machine); more++)
            await WriteAsync(client, seed + more, 400);
        await ComparedAsync(client, 2);
        Assert.False(await IsJournalAsync(machine), "The journal is the same file as before.");

        // Nobody after a restart knows what was changed before: watches are told that they are too old, and list again.
        run.Signal(Signals.Kill);
        await run.EndsAsync();
        await RunAsync(machine);
        await WriteAsync(client, seed + 21, 100);
        await ComparedAsync(client, 3);
        client.EndInput();
        Assert.Equal(0, await client.EndsAsync());
        output.WriteLine(client.Out);
    }

    private static string Journal(Machine machine) => Path.Combine(machine.Work, "state", "objects.journal");

    // Whether the file with the second name is the journal still.
    private static async Task<bool> IsJournalAsync(Machine machine) => (await machine.RunAsync("stat", "-c", "%h", Journal(machine) + ".before")).Well().Text == "2";

    private static async Task<Running> RunAsync(Machine machine)
    {
        var run = machine.Start("elsewhere", "run", "-f", "manifests", "--state", "state");
        await run.SaysAsync("kubectl --kubeconfig");
        machine.Set("KUBECONFIG", Path.Combine(machine.Work, "state", "kubeconfig"));
        machine.Set("HOME", machine.Work);
        return run;
    }

    // Of the same names as what clients write.
    private static Task<string> EditAsync(Machine machine, int edit) => machine.WriteAsync(
        "manifests/services.yaml",
        string.Join("---\n", Enumerable.Range(0, 6).Select(number => Manifests.External("red", string.Create(CultureInfo.InvariantCulture, $"n{number + edit}"), $"file-{edit}.example.test"))));

    private static async Task WriteAsync(Running client, int seed, int count)
    {
        await client.TypeAsync(string.Create(CultureInfo.InvariantCulture, $"write {seed} {count}"));
        await client.SaysAsync(string.Create(CultureInfo.InvariantCulture, $"wrote {seed}"));
    }

    private static async Task ComparedAsync(Running client, int times)
    {
        await client.TypeAsync("compare");
        await Eventually.TrueAsync(() => Task.FromResult(client.HasEnded || client.Out.Split("of step").Length + client.Out.Split("in step").Length - 2 >= times), () => $"{client}");
        Assert.False(client.HasEnded, $"{client}");
        Assert.DoesNotContain("out of step", client.Out, StringComparison.Ordinal);
    }

    private static async Task FollowsAsync(Machine machine, Running watch)
    {
        Dictionary<string, JsonNode> listed = [], watched = [];
        await Eventually.TrueAsync(
            async () =>
            {
                var list = JsonNode.Parse((await machine.RunAsync("kubectl", "get", "services", "-A", "-o", "json")).Well().Out)!;
                listed = list["items"]!.AsArray().ToDictionary(static item => KeyOf(item!), static item => Shown(item!));
                watched = Replay(watch.Out);
                return listed.Count == watched.Count && listed.All(item => watched.TryGetValue(item.Key, out var other) && JsonNode.DeepEquals(item.Value, other));
            },
            () => string.Join('\n', listed.Keys.Union(watched.Keys).Select(key => (Listed: listed.GetValueOrDefault(key), Watched: watched.GetValueOrDefault(key)))
                .Where(static pair => !JsonNode.DeepEquals(pair.Listed, pair.Watched)).Take(3).Select(static pair => $"listed {pair.Listed}, watched {pair.Watched}")));
        Assert.NotEmpty(watched);
    }

    // What a client that reads the events holds. The last one may be there in part.
    private static Dictionary<string, JsonNode> Replay(string events)
    {
        var objects = new Dictionary<string, JsonNode>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(events), isFinalBlock: false, new(new() { AllowMultipleValues = true }));
        while (reader.Read() && JsonDocument.TryParseValue(ref reader, out var document))
        {
            var change = JsonObject.Create(document.RootElement)!;
            var item = change["object"]!;
            if (change["type"]!.GetValue<string>() == "DELETED")
                objects.Remove(KeyOf(item));
            else
                objects[KeyOf(item)] = Shown(item);
        }

        return objects;
    }

    // kubectl leaves the managers of fields out of lists, but not out of events.
    private static JsonNode Shown(JsonNode item)
    {
        item["metadata"]!.AsObject().Remove("managedFields");
        return item;
    }

    private static string KeyOf(JsonNode item) => $"{item["metadata"]!["namespace"]}/{item["metadata"]!["name"]}";
}
