using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>O7: a disk that is full costs the write that it has no room for, and nothing else.</summary>
public sealed class FullDiskTests
{
    [RealFact]
    public async Task A_full_disk_refuses_writes_in_the_apis_words_loses_nothing_and_takes_them_again_when_there_is_room()
    {
        await using var machine = await Machine.CreateAsync();
        var state = Path.Combine(machine.Work, "state");
        (await machine.ShellAsync($"mkdir {state} && mount -t tmpfs -o size=2m small {state}")).Well();
        var run = await RunAsync(machine);
        (await machine.RunAsync("kubectl", "create", "service", "externalname", "payments", "--external-name", "a.example.test")).Well();

        // Objects of 100 kB until one finds no room.
        var kept = new List<string>();
        Done refused;
        while (true)
        {
            var name = $"n{kept.Count}";
            var created = await machine.RunAsync(["kubectl", "create", "configmap", name, "--from-file=text=/dev/stdin"], new string((char)('a' + kept.Count), 100_000));
            if (created.ExitCode != 0)
            {
                refused = created;
                break;
            }

            kept.Add(name);
            Assert.True(kept.Count < 26, "the disk does not fill up");
        }

        Assert.NotEmpty(kept);
        Assert.Contains("Internal error occurred: nothing was changed, since it could not be kept", refused.Err, StringComparison.Ordinal);
        Assert.Contains("No space left on device", refused.Err, StringComparison.Ordinal);
        (await machine.ShellAsync($"head -c 4M /dev/zero > {state}/filler; true")).Well();
        var small = await machine.RunAsync("kubectl", "annotate", "service", "payments", "note=" + new string('x', 5000));
        Assert.Contains("No space left on device", small.Err, StringComparison.Ordinal);
        Assert.Equal("a.example.test.", await machine.AskAsync("payments.default.svc.cluster.local", "CNAME"));
        Assert.Equal(kept.Order(StringComparer.Ordinal), await NamesAsync(machine));

        (await machine.ShellAsync($"rm {state}/filler")).Well();
        (await machine.RunAsync("kubectl", "patch", "service", "payments", "-p", """{"spec":{"externalName":"b.example.test"}}""")).Well();
        Assert.Equal("b.example.test.", await machine.AskAsync("payments.default.svc.cluster.local", "CNAME"));

        run.Signal(Signals.Kill);
        await run.EndsAsync();
        await RunAsync(machine);
        Assert.Equal(kept.Order(StringComparer.Ordinal), await NamesAsync(machine));
        foreach (var (name, number) in kept.Select(static (name, number) => (name, number)))
        {
            var text = (await machine.RunAsync("kubectl", "get", "configmap", name, "-o", "jsonpath={.data.text}")).Well().Out;
            Assert.Equal(new string((char)('a' + number), 100_000), text);
        }

        Assert.Equal("b.example.test.", await machine.AskAsync("payments.default.svc.cluster.local", "CNAME"));
    }

    [RealFact]
    public async Task While_the_disk_is_full_files_are_followed_and_what_could_not_be_kept_is_made_up_for_later()
    {
        await using var machine = await Machine.CreateAsync();
        var state = Path.Combine(machine.Work, "state");
        (await machine.ShellAsync($"mkdir {state} && mount -t tmpfs -o size=2m small {state}")).Well();
        await machine.WriteAsync("mine.yaml", Externals("a.example.test"));
        await machine.WriteAsync("other.yaml", External("other", "a.example.test"));
        await RunAsync(machine, "-f", "mine.yaml", "-f", "other.yaml");
        (await machine.RunAsync(["kubectl", "annotate", "service", .. Enumerable.Range(0, 80).Select(static i => $"mine{i}"), "note=mine"])).Well();
        (await machine.ShellAsync($"head -c 4M /dev/zero > {state}/filler; true")).Well();

        // Of a file that takes its objects back from the API the journal would have to say so, and there is no room for that.
        await machine.WriteAsync("mine.yaml", Externals("c.example.test"));
        await machine.WriteAsync("other.yaml", External("other", "c.example.test"));
        await AnswersAsync(machine, "other", "c.example.test.");
        var shown = (await machine.RunAsync("kubectl", "get", "service", "mine0", "-o", "jsonpath={.spec.externalName}")).Well().Text;
        Assert.Equal(shown + ".", await machine.AskAsync("mine0.default.svc.cluster.local", "CNAME"));
        var small = await machine.RunAsync("kubectl", "annotate", "service", "mine0", "more=" + new string('x', 5000));
        Assert.Contains("No space left on device", small.Err, StringComparison.Ordinal);

        (await machine.ShellAsync($"rm {state}/filler")).Well();
        await AnswersAsync(machine, "mine0", "c.example.test.");
        Assert.Equal("c.example.test", (await machine.RunAsync("kubectl", "get", "service", "mine0", "-o", "jsonpath={.spec.externalName}")).Well().Text);

        // The controllers have not stopped meanwhile.
        (await machine.RunAsync("kubectl", "create", "namespace", "short")).Well();
        (await machine.RunAsync("kubectl", "delete", "namespace", "short", "--timeout=20s")).Well();
    }

    private static async Task AnswersAsync(Machine machine, string name, string target) => await Eventually.TrueAsync(
        async () => await machine.AskAsync($"{name}.default.svc.cluster.local", "CNAME") == target, () => $"{name} leads to {target}");

    private static string Externals(string target) => string.Concat(Enumerable.Range(0, 80).Select(i => External($"mine{i}", target)));

    private static string External(string name, string target) =>
        $"apiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ type: ExternalName, externalName: {target} }}\n---\n";

    private static async Task<IEnumerable<string>> NamesAsync(Machine machine) =>
        (await machine.RunAsync("kubectl", "get", "configmaps", "-o", "jsonpath={.items[*].metadata.name}")).Well().Text.Split(' ');

    private static async Task<Running> RunAsync(Machine machine, params string[] more)
    {
        var run = machine.Start(["elsewhere", "run", "--state", "state", .. more]);
        await run.SaysAsync("kubectl --kubeconfig");
        machine.Set("KUBECONFIG", Path.Combine(machine.Work, "state", "kubeconfig"));
        machine.Set("HOME", machine.Work);
        return run;
    }
}
