using System.Text.RegularExpressions;
using Elsewhere.RealTests.World;
using Xunit.Abstractions;

namespace Elsewhere.RealTests;

/// <summary>kubectl on one machine, as its users know it; DNS and relays follow. Debian's kubectl is 1.20, others have newer ones: both work.</summary>
public sealed class KubectlTests(ITestOutputHelper output)
{
    private const string Payments = "payments.default.svc.cluster.local";

    [RealFact]
    public async Task The_article_is_applied_looked_at_and_deleted()
    {
        await using var machine = await StartAsync();
        var article = Path.Combine(Installed.Repository, "examples", "article");

        Assert.Contains("namespace/my-namespace created", (await KubectlAsync(machine, "create", "namespace", "my-namespace")).Out, StringComparison.Ordinal);
        await KubectlAsync(machine, "apply", "-f", article);
        Assert.Contains("unchanged", (await KubectlAsync(machine, "apply", "-f", article)).Out, StringComparison.Ordinal);

        var address = (await KubectlAsync(machine, "get", "service", "external-service", "-o", "jsonpath={.spec.clusterIP}")).Text;
        Assert.Equal(address, await machine.AskAsync("external-service.default.svc.cluster.local"));
        await GreetsAsync(machine, address, "1.1.1.1");
        Assert.Equal("prod.database.k8salliance.com.", await machine.AskAsync("database.my-namespace.svc.cluster.local", "CNAME"));

        Assert.Matches(@"external-service +ClusterIP +127\.96\.\d+\.\d+ +<none> +80/TCP", (await KubectlAsync(machine, "get", "services")).Out);
        Assert.Matches(@"database +ExternalName +<none> +prod\.database\.k8salliance\.com +<none> +\S+ +<none>", (await KubectlAsync(machine, "get", "svc", "-A", "-o", "wide")).Out);
        Assert.Contains("externalName: prod.database", (await KubectlAsync(machine, "get", "svc", "database", "-n", "my-namespace", "-o", "yaml")).Out, StringComparison.Ordinal);
        Assert.Contains("\"externalName\": \"prod.database", (await KubectlAsync(machine, "get", "svc", "database", "-n", "my-namespace", "-o", "json")).Out, StringComparison.Ordinal);
        Assert.Matches(@"external-service +ClusterIP", (await KubectlAsync(machine, "get", "svc", "-o", "custom-columns=N:.metadata.name,T:.spec.type")).Out);
        Assert.Contains("Endpoints:", (await KubectlAsync(machine, "describe", "service", "external-service")).Out, StringComparison.Ordinal);
        Assert.Contains("externalName", (await KubectlAsync(machine, "explain", "service.spec")).Out, StringComparison.Ordinal);
        Assert.Contains("origins", (await KubectlAsync(machine, "explain", "alias.spec")).Out, StringComparison.Ordinal);
        Assert.Equal("yes", (await KubectlAsync(machine, "auth", "can-i", "create", "services")).Text);
        Assert.Matches(@"aliases +als +elsewhere\.dev", (await KubectlAsync(machine, "api-resources")).Out);
        Assert.Contains("external-service-", (await KubectlAsync(machine, "get", "endpointslices")).Out, StringComparison.Ordinal);

        // The Endpoints go with their Service, as in a cluster: perhaps before kubectl asks for it.
        await KubectlAsync(machine, "delete", "--ignore-not-found", "-f", article);
        await Eventually.TrueAsync(async () => (await machine.DigAsync("@127.96.0.10", "external-service.default.svc.cluster.local")).Out.Contains("NXDOMAIN", StringComparison.Ordinal), () => "it still resolves");
        await KubectlAsync(machine, "delete", "namespace", "my-namespace");
        Assert.DoesNotContain("my-namespace", (await KubectlAsync(machine, "get", "ns")).Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task An_object_is_changed_in_every_way_that_there_is_and_dns_follows_each()
    {
        await using var machine = await StartAsync();
        await KubectlAsync(machine, "create", "service", "externalname", "payments", "--external-name", "a.example.test");
        await AnswersAsync(machine, "a", "create");
        await KubectlAsync(machine, "patch", "service", "payments", "-p", """{"spec":{"externalName":"b.example.test"}}""");
        await AnswersAsync(machine, "b", "strategic merge patch");
        await KubectlAsync(machine, "patch", "service", "payments", "--type=merge", "-p", """{"spec":{"externalName":"c.example.test"}}""");
        await AnswersAsync(machine, "c", "merge patch");
        await KubectlAsync(machine, "patch", "service", "payments", "--type=json", "-p", """[{"op":"replace","path":"/spec/externalName","value":"d.example.test"}]""");
        await AnswersAsync(machine, "d", "json patch");
        machine.Set("EDITOR", "sed -i s/d.example.test/e.example.test/");
        await KubectlAsync(machine, "edit", "service", "payments");
        await AnswersAsync(machine, "e", "edit");
        var file = await machine.WriteAsync("payments.yaml", Manifests.External("default", "payments", "f.example.test"));
        await KubectlAsync(machine, "replace", "-f", file);
        await AnswersAsync(machine, "f", "replace");
        await machine.WriteAsync("payments.yaml", Manifests.External("default", "payments", "g.example.test"));
        var difference = await machine.RunAsync("kubectl", "diff", "-f", file);
        Assert.Equal(1, difference.ExitCode);
        Assert.Contains("+  externalName: g.example.test", difference.Out, StringComparison.Ordinal);
        Assert.Contains("(server dry run)", (await KubectlAsync(machine, "apply", "--dry-run=server", "-f", file)).Out, StringComparison.Ordinal);
        await AnswersAsync(machine, "f", "dry run");
        await KubectlAsync(machine, "apply", "-f", file);
        await AnswersAsync(machine, "g", "apply");

        await KubectlAsync(machine, "label", "service", "payments", "team=x");
        await KubectlAsync(machine, "annotate", "service", "payments", "note=hello");
        Assert.Contains("payments", (await KubectlAsync(machine, "get", "svc", "-l", "team=x", "-o", "name")).Out, StringComparison.Ordinal);
        // By default old kubectl would prune versions of kinds that Kubernetes serves no more.
        string[] allowed = await MinorAsync(machine) < 26 ? ["--prune-whitelist=core/v1/Service"] : [];
        await KubectlAsync(machine, ["apply", "--prune", .. allowed, "-l", "team=x", "-f", await machine.WriteAsync("other.yaml", Manifests.External("default", "other", "a.example.test").Replace("name: other,", "name: other, labels: { team: x },", StringComparison.Ordinal))]);
        await Eventually.TrueAsync(async () => await machine.AskAsync(Payments, "CNAME") == "", () => "it was not pruned");
    }

    [RealFact]
    public async Task Lists_are_shown_selected_replaced_and_deleted_and_what_is_not_here_is_explained_all_the_same()
    {
        await using var machine = await StartAsync();
        var version = await MinorAsync(machine);
        var list = await machine.WriteAsync("list.yaml", """
            apiVersion: v1
            kind: List
            items:
            - { apiVersion: v1, kind: Service, metadata: { name: one, labels: { tier: a } }, spec: { type: ExternalName, externalName: one.example.test } }
            - { apiVersion: v1, kind: Service, metadata: { name: two, labels: { tier: b } }, spec: { ports: [{ port: 80 }], selector: { a: b } } }

            """);
        Assert.Contains("service/two created", (await KubectlAsync(machine, "create", "-f", list)).Out, StringComparison.Ordinal);
        Assert.Contains("services \"one\" already exists", (await machine.RunAsync("kubectl", "create", "-f", list)).Err, StringComparison.Ordinal);
        await KubectlAsync(machine, "replace", "--force", "-f", list);
        foreach (var (selector, names) in ((string, string)[])[("tier=a", "service/one"), ("tier!=a", "service/two"), ("tier in (a,b)", "service/one\nservice/two"), ("!tier", ""), ("tier notin (a)", "service/two")])
            Assert.Equal(names, (await KubectlAsync(machine, "get", "svc", "-o", "name", "-l", selector)).Text);
        Assert.Equal("service/two", (await KubectlAsync(machine, "get", "svc", "-o", "name", "--field-selector", "spec.type!=ExternalName,metadata.name!=one")).Text);
        Assert.Equal("service/one\nservice/two", (await KubectlAsync(machine, "get", "svc", "-o", "name", "--chunk-size=1", "--sort-by=.metadata.name")).Text);
        Assert.Equal("one two ", (await KubectlAsync(machine, "get", "svc", "-o", "go-template={{range .items}}{{.metadata.name}} {{end}}")).Out);
        await KubectlAsync(machine, "set", "selector", "service", "two", "app=y");
        Assert.Contains("service/three exposed", (await KubectlAsync(machine, "expose", "service", "two", "--name=three", "--port=8080")).Out, StringComparison.Ordinal);

        Assert.Contains("Pod", (await KubectlAsync(machine, "explain", "pods")).Out, StringComparison.Ordinal);
        Assert.Contains("authorization.k8s.io/v1", (await KubectlAsync(machine, "api-versions")).Out, StringComparison.Ordinal);
        Assert.Contains("/apis/discovery.k8s.io/v1", (await KubectlAsync(machine, "get", "--raw", "/")).Out, StringComparison.Ordinal);
        Assert.Equal("no", (await machine.RunAsync("kubectl", "auth", "can-i", "get", "services", "--as", "bob")).Text);
        Assert.Contains("User \"bob\" cannot list resource \"services\"", (await machine.RunAsync("kubectl", "get", "services", "--as", "bob")).Err, StringComparison.Ordinal);
        Assert.Contains("deployments.apps \"web\" not found", (await machine.RunAsync("kubectl", "rollout", "status", "deployment/web")).Err, StringComparison.Ordinal);
        Assert.Contains("pods \"web\" not found", (await machine.RunAsync("kubectl", "exec", "web", "--", "ls")).Err, StringComparison.Ordinal);
        if (version >= 26)
            Assert.Contains("elsewhere", (await KubectlAsync(machine, "auth", "whoami")).Out, StringComparison.Ordinal);

        await KubectlAsync(machine, "delete", "service", "three", "--cascade=foreground");
        await KubectlAsync(machine, "delete", "service", "--all");
        Assert.Equal("", (await KubectlAsync(machine, "get", "svc", "-o", "name")).Text);
    }

    [RealFact]
    public async Task The_relay_connects_to_where_endpoints_were_patched_to()
    {
        await using var machine = await StartAsync();
        await KubectlAsync(machine, "apply", "-f", await machine.WriteAsync(
            "payments.yaml",
            $$"""
            kind: Service
            apiVersion: v1
            metadata: { name: payments }
            spec:
              ports: [{ port: 80, targetPort: 9000 }]
            ---
            kind: Endpoints
            apiVersion: v1
            metadata: { name: payments }
            subsets: [{ addresses: [{ ip: {{Internet.OriginOne}} }], ports: [{ port: 9000 }] }]

            """));
        var address = (await KubectlAsync(machine, "get", "service", "payments", "-o", "jsonpath={.spec.clusterIP}")).Text;
        await GreetsAsync(machine, address, Internet.OriginOne);

        await KubectlAsync(machine, "patch", "endpoints", "payments", "--type=merge", "-p", $$"""{"subsets":[{"addresses":[{"ip":"{{Internet.OriginTwo}}"}],"ports":[{"port":9000}]}]}""");

        await GreetsAsync(machine, address, Internet.OriginTwo);
        Assert.Equal(address, await machine.AskAsync(Payments));
        Assert.Equal(Internet.OriginTwo, (await KubectlAsync(machine, "get", "endpointslices", "-o", "jsonpath={.items[*].endpoints[*].addresses[*]}")).Text);
    }

    [RealFact]
    public async Task Appliers_share_an_object_and_are_told_when_they_disagree()
    {
        await using var machine = await StartAsync();
        var mine = await machine.WriteAsync("mine.yaml", Manifests.External("default", "payments", "mine.example.test"));
        var theirs = await machine.WriteAsync("theirs.yaml", Manifests.External("default", "payments", "theirs.example.test"));
        await KubectlAsync(machine, "apply", "--server-side", "-f", mine);

        var refused = await machine.RunAsync("kubectl", "apply", "--server-side", "--field-manager=other", "-f", theirs);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("conflict with \"kubectl\": .spec.externalName", refused.Err, StringComparison.Ordinal);
        await AnswersAsync(machine, "mine", "conflict");

        await KubectlAsync(machine, "apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", theirs);
        await AnswersAsync(machine, "theirs", "force");
    }

    [RealFact]
    public async Task What_is_wrong_is_said_in_the_apis_words()
    {
        await using var machine = await StartAsync();
        var version = await MinorAsync(machine);
        var unknown = await machine.WriteAsync("unknown.yaml", Manifests.External("default", "payments", "a.example.test") + "  foo: 1\n");

        // Before 1.25 kubectl itself compared files with the API's description; since then it asks the server to be strict.
        var refused = version < 25 ? await machine.RunAsync("kubectl", "create", "-f", unknown) : await machine.RunAsync("kubectl", "create", "--validate=strict", "-f", unknown);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("unknown field \"" + (version < 25 ? "foo" : "spec.foo") + "\"", refused.Err, StringComparison.Ordinal);

        var invalid = await machine.RunAsync("kubectl", "create", "-f", await machine.WriteAsync("invalid.yaml", Manifests.External("default", "payments", "Not_A_Name")));
        Assert.Contains("is invalid: spec.externalName", invalid.Err, StringComparison.Ordinal);
        Assert.Contains("services \"nobody\" not found", (await machine.RunAsync("kubectl", "get", "svc", "nobody")).Err, StringComparison.Ordinal);
        Assert.Contains("the server doesn't have a resource type \"componentstatuses\"", (await machine.RunAsync("kubectl", "get", "componentstatuses")).Err, StringComparison.Ordinal);
        // Pods are known, and there can be none.
        Assert.Contains("No resources found", (await KubectlAsync(machine, "get", "pods")).Err, StringComparison.Ordinal);
        Assert.Contains("the server does not allow this method on the requested resource", (await machine.RunAsync("kubectl", "run", "web", "--image=web")).Err, StringComparison.Ordinal);
        Assert.Contains("(server dry run)", (await KubectlAsync(machine, "create", "--dry-run=server", "-f", await machine.WriteAsync("fine.yaml", Manifests.External("default", "fine", "a.example.test")))).Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task A_watch_shows_what_happens_and_wait_ends_when_it_has()
    {
        await using var machine = await StartAsync();
        await KubectlAsync(machine, "create", "service", "externalname", "payments", "--external-name", "a.example.test");
        var watch = machine.Start("kubectl", "get", "services", "-w");
        await watch.SaysAsync("a.example.test");
        await KubectlAsync(machine, "patch", "service", "payments", "-p", """{"spec":{"externalName":"b.example.test"}}""");
        await watch.SaysAsync("b.example.test");

        var waiting = machine.Start("kubectl", "wait", "--for=delete", "service/payments", "--timeout=60s");
        await KubectlAsync(machine, "delete", "service", "payments", "--wait=true");
        Assert.Equal(0, await waiting.EndsAsync());
    }

    [RealFact]
    public async Task What_kubectl_wrote_is_there_after_kill_9_and_a_restart()
    {
        await using var machine = await Machine.CreateAsync();
        var first = await RunAsync(machine);
        await KubectlAsync(machine, "create", "service", "externalname", "payments", "--external-name", "a.example.test");
        first.Signal(Signals.Kill);
        await first.EndsAsync();

        await RunAsync(machine);

        await AnswersAsync(machine, "a", "restart");
        Assert.Contains("payments", (await KubectlAsync(machine, "get", "svc", "-o", "name")).Out, StringComparison.Ordinal);
    }

    [RealFact]
    public async Task A_command_as_if_in_a_pod_reaches_the_api()
    {
        await using var machine = await StartAsync();
        Assert.Contains("default", (await machine.ElsewhereAsync("exec", "--state", "state", "--", "kubectl", "get", "namespaces")).Well().Out, StringComparison.Ordinal);
    }

    private static async Task<Machine> StartAsync()
    {
        var machine = await Machine.CreateAsync();
        await RunAsync(machine);
        return machine;
    }

    private static async Task<Running> RunAsync(Machine machine)
    {
        var run = machine.Start("elsewhere", "run", "--state", "state");
        await run.SaysAsync("kubectl --kubeconfig");
        machine.Set("KUBECONFIG", Path.Combine(machine.Work, "state", "kubeconfig"));

        // What kubectl keeps of one server's answers must not meet another's.
        machine.Set("HOME", machine.Work);
        return run;
    }

    private static async Task<Done> KubectlAsync(Machine machine, params string[] arguments) => (await machine.RunAsync(["kubectl", .. arguments])).Well();

    private static async Task<int> MinorAsync(Machine machine) =>
        int.Parse(Regex.Match((await machine.RunAsync("kubectl", "version", "--client", "-o", "json")).Out, "\"minor\": \"(\\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static Task<Done> GreetsAsync(Machine machine, string address, string origin) => Eventually.OutputAsync(
        () => machine.RunAsync("curl", "-sS", "--max-time", "20", $"http://{address}/"), done => done.Text == $"Hello from {origin}:9000");

    private async Task AnswersAsync(Machine machine, string target, string what)
    {
        var took = await Eventually.TrueAsync(
            async () => await machine.AskAsync(Payments, "CNAME") == $"{target}.example.test.", () => $"{Payments} is not {target}: {what}");
        output.WriteLine($"{what}: seen by dig after {took.TotalMilliseconds:F0} ms, its own start included");
    }
}
