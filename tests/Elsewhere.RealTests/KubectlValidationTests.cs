using System.Text.Json;
using System.Text.RegularExpressions;
using Elsewhere.RealTests.World;
using Elsewhere.Tests.Kubernetes.Validation;

namespace Elsewhere.RealTests;

/// <summary>What kubectl tells its user of each manifest of <c>specs/validation</c>: the words of a real server, in kubectl's own dress.</summary>
public sealed class KubectlValidationTests
{
    [RealFact]
    public async Task Kubectl_says_of_every_recorded_manifest_what_it_said_of_the_recorded_server()
    {
        await using var machine = await Machine.CreateAsync();
        await machine.WriteAsync("spaces/shop.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: legacy}}\n");
        var run = machine.Start("elsewhere", "run", "-f", "spaces", "--state", "state", "--service-cidr", "10.96.0.0/16,fd00:10:96::/112");
        await run.SaysAsync("kubectl --kubeconfig");
        machine.Set("KUBECONFIG", Path.Combine(machine.Work, "state", "kubeconfig"));
        machine.Set("HOME", machine.Work);
        var version = await machine.RunAsync("kubectl", "version", "--client", "-o", "json");
        var minor = int.Parse(Regex.Match(version.Out, "\"minor\": \"(\\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

        var differences = new List<string>();
        foreach (var recorded in ValidationCases.Recorded)
        {
            if (recorded.TryGetProperty("kubectl", out var expected) && await CompareAsync(machine, recorded, expected, minor) is { } difference)
                differences.Add($"{recorded.GetProperty("id")}: {difference}");
        }

        Assert.Equal("", string.Join('\n', differences));
    }

    private static async Task<string?> CompareAsync(Machine machine, JsonElement recorded, JsonElement expected, int minor)
    {
        await machine.WriteAsync("manifest.yaml", ValidationCases.Expand(recorded));
        var space = Regex.Match(recorded.GetProperty("request").GetString()!, "/namespaces/([^/]+)/").Groups[1].Value;
        var done = await machine.RunAsync(
            "kubectl", "--namespace", space.Length > 0 ? space : "default", "create", "--dry-run=server", minor < 25 ? "--validate=true" : "--validate=strict", "-f", "manifest.yaml");

        // Before 1.25 kubectl itself compared files with the API's description, and said so; that is stricter with what is required.
        if (minor < 25 && done.ExitCode == 1 && done.Err.Contains("error: ", StringComparison.Ordinal) && !done.Err.Contains("from server", StringComparison.Ordinal))
            return null;
        var said = expected.TryGetProperty("message", out var message) ? message.GetString()!
            : expected.TryGetProperty("warnings", out var warnings) ? string.Join('\n', warnings.EnumerateArray().Select(w => "Warning: " + w.GetString()))
            : "";
        return (done.ExitCode, done.Err.Trim()) == (expected.GetProperty("exit").GetInt32(), said.Trim()) ? null : $"{done.ExitCode} {done.Err.Trim()}";
    }
}
