using System.Globalization;
using System.Net;
using System.Reflection;
using Elsewhere.Demo;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Serving;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary>What <c>run</c> says: at the start everything a person needs, then one line for each change.</summary>
/// <param name="terminal">Where to.</param>
/// <param name="output">For whom.</param>
/// <param name="options">What is served.</param>
/// <param name="state">The state directory; null without one.</param>
/// <param name="isDefaultState">Whether other commands find it by themselves.</param>
/// <param name="kubeconfig">The way to the API; null if it is not served.</param>
/// <param name="metrics">Where metrics are served; null for nowhere.</param>
/// <param name="time">The clock.</param>
internal sealed class RunReport(Terminal terminal, OutputForm output, EngineOptions options, string? state, bool isDefaultState, string? kubeconfig, IPEndPoint? metrics, TimeProvider time)
{
    private const int MaxRows = 40;
    private readonly ChangeReport changes = new(terminal, time);

    internal void Started(Engine engine, EngineChange start)
    {
        var next = Next(engine.DnsListeners, start.Now);
        if (output == OutputForm.Json)
        {
            OutputJson.WriteLine(terminal.Out, new StartedEvent(
                "started",
                Version(),
                Environment.ProcessId,
                start.Now.ClusterDomain.ToHostString(),
                [.. options.Resolve.ServiceCidrs.Select(static cidr => cidr.ToString())],
                state,
                [.. engine.DnsListeners.Select(static listener => new DnsListenerJson(listener.EndPoint.ToString(), DnsPlace.Transport(listener.Transport), listener.Problem))],
                [.. options.Upstreams.Select(static upstream => upstream.ToString())],
                [.. start.Now.Aliases.Select(AliasJson.Of)],
                [.. start.Findings.Select(FindingJson.Of)],
                next));
            return;
        }

        var console = terminal.Results;
        WriteAliases(console, start.Now);
        console.WriteLine();
        var answering = DnsPlace.Answering(engine.DnsListeners);
        console.MarkupLineInterpolated($"[bold]DNS[/]  {(answering.IsEmpty ? "answers nowhere" : string.Join(", ", answering.Select(static endPoint => endPoint.ToString())))} for {start.Now.ClusterDomain.ToHostString()}; {Forwarding(options.Upstreams)}");
        changes.WriteFindings(start.Findings);
        if (next.Count > 0)
            console.MarkupLine("\n[bold]Try[/]");
        foreach (var line in next)
            console.WriteLine($"  {line}");
        changes.Line("ready");
    }

    internal void Changed(EngineChange change)
    {
        if (output == OutputForm.Json)
        {
            var difference = SnapshotChanges.Of(change);
            if (difference.IsEmpty && change.NewFindings.Count + change.GoneFindings.Count == 0)
                return;
            OutputJson.WriteLine(terminal.Out, new ChangedEvent(
                "changed",
                [.. difference.Added.Select(AliasJson.Of)],
                [.. difference.Changed.Select(AliasJson.Of)],
                [.. difference.Removed.Select(static alias => alias.Key.ToString())],
                [.. change.NewFindings.Select(FindingJson.Of)],
                [.. change.GoneFindings.Select(FindingJson.Of)],
                change.Took.TotalMilliseconds));
        }
        else
        {
            changes.Changed(change);
        }
    }

    internal void Draining(int connections, TimeSpan patience)
    {
        if (output == OutputForm.Text && connections > 0)
            changes.Line($"stopping: {FindingText.Plural(connections, "open connection")} may end within {patience.TotalSeconds} s; once more to end at once");
    }

    internal void Stopped(int reset)
    {
        if (output == OutputForm.Json)
            OutputJson.WriteLine(terminal.Out, new StoppedEvent("stopped", reset));
        else
            changes.Line($"stopped{(reset == 0 ? "" : $"; {FindingText.Plural(reset, "connection")} reset")}");
    }

    private static void WriteAliases(IAnsiConsole console, AliasSnapshot snapshot)
    {
        if (snapshot.Aliases.IsEmpty)
        {
            console.WriteLine("No aliases: the manifests declare no Service and no Alias.");
            return;
        }

        var table = Tables.WithHeaders("NAME", "ADDRESS", "PORT", "GOES TO");
        int rows = 0, shown = 0;
        foreach (var alias in snapshot.Aliases)
        {
            if (rows >= MaxRows)
                break;
            shown++;
            var name = alias.Key.ToString();
            if (alias.Kind == AliasKind.ExternalName || alias.Ports.IsEmpty)
            {
                rows++;
                table.AddRow(new Text(name, new Style(Color.Green)), new Text(AliasText.Address(alias)), new Text("any"), new Text(alias.Kind == AliasKind.ExternalName ? AliasText.Target(alias) : ""));
                continue;
            }

            foreach (var port in alias.Ports)
            {
                rows++;
                table.AddRow(new Text(name, new Style(Color.Green)), new Text(AliasText.Address(alias)), new Text(AliasText.Port(port)),
                    new Text(AliasText.Destinations(alias, port), Destination.Of(alias, port).Count == 0 ? new Style(Color.Red) : Style.Plain));
            }
        }

        Tables.Write(console, table);
        if (snapshot.Aliases.Count > shown)
            console.WriteLine($"... {snapshot.Aliases.Count} aliases in all; see one: elsewhere explain NAME.NAMESPACE");
    }

    private List<string> Next(Seq<ListenReport> listeners, AliasSnapshot snapshot)
    {
        var lines = new List<string>();
        var bound = DnsPlace.Answering(listeners).Select(DnsPlace.Reachable).ToArray();
        var first = snapshot.Aliases.FirstOrDefault(static alias => alias.Kind == AliasKind.ClusterIP && alias.Ports.Any(static port => !port.Backends.IsEmpty)) ?? (snapshot.Aliases.IsEmpty ? null : snapshot.Aliases[0]);
        if (first is null || bound.Length == 0)
        {
            AddAsking(lines);
            return lines;
        }

        if (OriginNames.Of(snapshot.Aliases, []).Select(name => DemoPlace.HowToPlay(name, options.Upstreams)).OfType<string>().FirstOrDefault() is { } play)
        {
            lines.Add($"{play}   # in another terminal: plays shop.example and news.example, which are nobody's on the internet, and says what to type then");
        }
        else if (!DnsPlace.Nameservers(bound).IsEmpty && options.Relays)
        {
            var inNamespace = first.Key.Namespace == "default" ? "" : $" -n {first.Key.Namespace}";
            var isWeb = first.Ports.FirstOrDefault(static port => port.Protocol == Protocol.Tcp) is { Port: 80 };
            lines.Add($"{Self.Name()} exec{inNamespace}{(isDefaultState ? "" : $" --state {state}")} -- {(isWeb ? $"curl http://{first.Key.Name}" : $"getent hosts {first.Key.Name}")}");
        }

        var server = bound.FirstOrDefault(static endPoint => endPoint.Port == 53) ?? bound[0];
        lines.Add(string.Create(CultureInfo.InvariantCulture,
            $"dig @{server.Address}{(server.Port == 53 ? "" : $" -p {server.Port}")} {first.Key}.svc.{snapshot.ClusterDomain.ToHostString()}"));
        AddAsking(lines);
        return lines;
    }

    private void AddAsking(List<string> lines)
    {
        if (kubeconfig is not null)
            lines.Add($"kubectl --kubeconfig {kubeconfig} get services -A");
        if (metrics is not null)
            lines.Add($"curl http://{DnsPlace.Reachable(metrics)}/metrics");
    }

    /// <summary>Where other names go, as the end of a sentence.</summary>
    internal static string Forwarding(Seq<IPEndPoint> upstreams) => upstreams.IsEmpty ? "other names are SERVFAIL"
        : $"other names go to {string.Join(", ", upstreams.Select(static upstream => upstream.Port == 53 ? upstream.Address.ToString() : upstream.ToString()))}";

    /// <summary>The version of the program.</summary>
    internal static string Version() => typeof(RunReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
