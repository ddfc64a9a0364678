using Elsewhere.RealTests.World;

namespace Elsewhere.RealTests;

/// <summary>How an Alias does, as kubectl shows it and waits for it.</summary>
public sealed class KubectlReadyTests
{
    [RealFact]
    public async Task An_Alias_is_ready_when_its_origin_answers_and_says_why_when_it_is_not()
    {
        await using var machine = await Machine.CreateAsync();
        var run = machine.Start("elsewhere", "run", "--state", "state");
        await run.SaysAsync("kubectl --kubeconfig");
        machine.Set("KUBECONFIG", Path.Combine(machine.Work, "state", "kubeconfig"));
        machine.Set("HOME", machine.Work);
        await machine.WriteAsync("alias.yaml",
            """
            apiVersion: elsewhere.dev/v1alpha1
            kind: Alias
            metadata: { name: site }
            spec:
              origins: [{ url: "http://127.0.0.1:9000" }]
              healthCheck: { tcp: {}, interval: 1s, unhealthyThreshold: 1 }

            """);

        (await machine.RunAsync("kubectl", "apply", "-f", "alias.yaml")).Well();
        (await machine.RunAsync("kubectl", "wait", "--for=condition=Ready=false", "--timeout=30s", "alias/site")).Well();
        var ill = (await machine.RunAsync("kubectl", "get", "alias", "site")).Well().Out;
        Assert.Matches("NAME +MODE +ORIGIN +ADDRESS +READY +REASON +AGE", ill);
        Assert.Matches(@"site +\S* *http://127\.0\.0\.1:9000 +127\.96\.\d+\.\d+ +False +CheckFails", ill);
        Assert.Contains("refuses connections", (await machine.RunAsync("kubectl", "describe", "alias", "site")).Well().Out, StringComparison.Ordinal);

        machine.Start(["python3", "-m", "http.server", "9000", "--bind", "127.0.0.1"]);
        (await machine.RunAsync("kubectl", "wait", "--for=condition=Ready", "--timeout=30s", "alias/site")).Well();
        Assert.Matches("PROGRAMMED +REACHABLE(.|\n)* True +Ready +True +True ", (await machine.RunAsync("kubectl", "get", "alias", "site", "-o", "wide")).Well().Out);
    }
}
