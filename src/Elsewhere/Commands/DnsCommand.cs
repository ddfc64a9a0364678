using System.CommandLine;
using Elsewhere.Dns;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using Elsewhere.Serving;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere dns</c>: DNS alone.</summary>
internal static class DnsCommand
{
    internal static Command Create(Terminal terminal)
    {
        var files = CommonOptions.Files(required: true);
        var listen = CommonOptions.EndPoints("--listen", "Where DNS answers over UDP and TCP, may be repeated; port 0 takes a free one", required: true);
        var serviceCidr = CommonOptions.ServiceCidr();
        var clusterDomain = CommonOptions.ClusterDomain();
        var upstreamDns = CommonOptions.UpstreamDns();
        var command = new Command("dns", "Answer DNS for the aliases of manifests, and nothing else. Edited, added and deleted files take effect at once; "
            + "a line on standard error says when it is ready and where.")
        {
            files, listen, serviceCidr, clusterDomain, upstreamDns,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var endPoints = parsed.GetValue(listen);
            var cidrs = parsed.GetValue(serviceCidr);
            var engine = new EngineOptions(
                new ResolveOptions(parsed.GetValue(clusterDomain)!, cidrs, AddressBook.Empty),
                endPoints,
                endPoints.Select(static endPoint => endPoint.Address).Where(DnsPlace.IsNameServer).Distinct().ToSeq(),
                parsed.GetValue(upstreamDns) ?? SystemResolvers.Read(endPoints),
                DialPolicy.OneMachine,
                Relays: false);
            var read = ReadOptions.Default with { ServiceCidrs = parsed.GetResult(serviceCidr) is { Implicit: false } ? cidrs : [] };
            return RunAsync(parsed.GetValue(files)!, read, engine, terminal, cancellation);
        });
        return command.WithExamples(
            ("On a port that needs no privilege", "elsewhere dns -f examples/article --listen 127.0.0.1:5353"),
            ("For the cluster's names only, both families", "elsewhere dns -f manifests/ --listen 127.0.0.1:5353 --listen [::1]:5353 --upstream-dns none"));
    }

    private static async Task<int> RunAsync(string[] files, ReadOptions read, EngineOptions options, Terminal terminal, CancellationToken cancellation)
    {
        using var signal = new StopSignal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signal.Token, cancellation);
        if (ManifestInput.Missing(files) is { } missing)
            return terminal.Refuse(missing, "elsewhere dns --help");
        using var background = terminal.WriteInBackground(OutputForm.Text);
        await using var engine = new Engine(options, TimeProvider.System);
        var report = new ChangeReport(terminal, TimeProvider.System);
        await using var watcher = ManifestWatcher.Start(files, read, engine.Accept, TimeProvider.System);
        var start = await engine.StartAsync(watcher.Current);
        report.WriteFindings(start.Findings);
        if (engine.DnsListeners.All(static listener => !listener.Listens))
            return 2;
        terminal.Messages.MarkupLineInterpolated(
            $"[green]ready:[/] DNS at {string.Join(", ", DnsPlace.Answering(engine.DnsListeners).Select(static endPoint => endPoint.ToString()))} for {FindingText.Plural(start.Now.Aliases.Count, "alias")}; {RunReport.Forwarding(options.Upstreams)}");
        await engine.RunAsync(report.Changed, stop.Token);
        await engine.DrainAsync(TimeSpan.Zero);
        return 0;
    }
}
