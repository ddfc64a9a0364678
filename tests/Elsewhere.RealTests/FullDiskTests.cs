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

    private static async Task<IEnumerable<string>> NamesAsync(Machine machine) =>
        (await machine.RunAsync("kubectl", "get", "configmaps", "-o", "jsonpath={.items[*].metadata.name}")).Well().Text.Split(' ');

    private static async Task<Running> RunAsync(Machine machine)
    {
        var run = machine.Start("elsewhere", "run", "--state", "state");
        await run.SaysAsync("kubectl --kubeconfig");
        machine.Set("KUBECONFIG", Path.Combine(machine.Work, "state", "kubeconfig"));
        machine.Set("HOME", machine.Work);
        return run;
    }
}
