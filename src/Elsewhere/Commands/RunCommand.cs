using System.CommandLine;
using System.Net;
using Elsewhere.Dns;
using Elsewhere.Http.Tls;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Metrics;
using Elsewhere.Model;
using Elsewhere.Serving;
using Elsewhere.Serving.Status;
using Elsewhere.State;
using Spectre.Console;

namespace Elsewhere.Commands;

/// <summary><c>elsewhere run</c>: one machine, everything.</summary>
internal static class RunCommand
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    internal static Command Create(Terminal terminal)
    {
        var files = CommonOptions.Files(required: false);
        var dns = CommonOptions.EndPoints("--dns", "A further address where DNS answers, may be repeated; port 0 takes a free one");
        var serviceCidr = CommonOptions.ServiceCidr();
        var clusterDomain = CommonOptions.ClusterDomain();
        var upstreamDns = CommonOptions.UpstreamDns();
        var state = CommonOptions.State("Where the addresses that were given are kept [default: /var/lib/elsewhere for root, ~/.local/state/elsewhere for others]");
        var gateway = CommonOptions.Gateway();
        var api = CommonOptions.Api();
        var metrics = CommonOptions.Metrics();
        var allow = CommonOptions.Ranges(CommonOptions.AllowOrigin, "Addresses that may be dialled although they are refused by default, may be repeated");
        var deny = CommonOptions.Ranges("--deny-origin", "Addresses that may not be dialled, may be repeated");
        var output = CommonOptions.Output();
        var command = new Command("run", "Serve the aliases of manifests on this machine: DNS and ports, without a cluster. "
            + "Edited, added and deleted files take effect at once. Ends on Ctrl-C or SIGTERM when open connections have ended.")
        {
            files, dns, serviceCidr, clusterDomain, upstreamDns, gateway, state, api, metrics, allow, deny, output,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var cidrs = parsed.GetValue(serviceCidr);
            var ofService = DnsPlace.OfService(cidrs);
            var listen = ofService.Concat(parsed.GetValue(dns)).Distinct().ToSeq();
            var engine = new EngineOptions(
                new ResolveOptions(parsed.GetValue(clusterDomain)!, cidrs, AddressBook.Empty, parsed.GetValue(gateway) == GatewayScope.All),
                listen,
                ofService.Select(static endPoint => endPoint.Address).ToSeq(),
                parsed.GetValue(upstreamDns) ?? SystemResolvers.Read(listen),
                DialPolicy.OneMachine with { Allow = parsed.GetValue(allow), Deny = parsed.GetValue(deny) },
                Relays: true);
            var read = ReadOptions.Default with { ServiceCidrs = parsed.GetResult(serviceCidr) is { Implicit: false } ? cidrs : [] };
            return RunAsync(parsed.GetValue(files) ?? [], read, engine, new Ways(FirstOf(parsed.GetValue(api)), FirstOf(parsed.GetValue(metrics))), parsed.GetValue(state), parsed.GetValue(output), terminal, cancellation);
        });
        return command.WithExamples(
            ("Serve the aliases of a directory", "elsewhere run -f examples/article"),
            ("DNS also at a port that needs no privilege", "elsewhere run -f manifests/ --dns 127.0.0.1:5353"),
            ("Nothing but what kubectl writes", "elsewhere run"),
            ("Every HTTP port through the gateway", "elsewhere run -f manifests/ --gateway all"),
            ("Only these files, and no resolver outside", "elsewhere run -f database.yaml payments.yaml --upstream-dns none"));
    }

    private static IPEndPoint? FirstOf(Seq<IPEndPoint> endPoints) => endPoints.IsEmpty ? null : endPoints[0];

    private static async Task<int> RunAsync(
        string[] files, ReadOptions read, EngineOptions options, Ways ways, string? stateAsked, OutputForm output, Terminal terminal, CancellationToken cancellation)
    {
        var time = TimeProvider.System;
        using var signal = new StopSignal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signal.Token, cancellation);
        if (ManifestInput.Missing(files) is { } missing)
            return terminal.Refuse(missing, "elsewhere run --help");
        using var state = StateDirectory.Take(stateAsked ?? StateDirectory.Default(), out var problem, out var isHeld);
        if (state is null && (isHeld || stateAsked is not null))
            return terminal.Refuse(problem!);
        if (state is null)
            terminal.Messages.MarkupLineInterpolated($"[yellow]warning:[/] {problem} Until then addresses may differ after a restart, and exec does not find this one.");
        Finding? broken = null;
        var addresses = state?.ReadAddresses(out broken) ?? AddressBook.Empty;
        if (broken is not null)
            FindingText.Write(terminal.Messages, broken);

        using var background = terminal.WriteInBackground(output);
        using var certificates = Certificates(state, options, time, terminal);
        options = options with { Resolve = options.Resolve with { Previous = addresses } };
        await using var engine = new Engine(options, time, ClientTls.Of(certificates, snapshot => Certify(certificates, snapshot, terminal)));
        await using var api = ApiHost.Open(ways.Api, state?.Path, options.Resolve.ServiceCidrs, read, () => engine.Live.Snapshot.Addresses, time);
        await using var watcher = ManifestWatcher.Start(files, read, engine.Accept, time, api: api.Objects);
        await using var status = Status(state, engine, time, terminal);
        await using var reporter = StatusReporter.Start(api.Objects, () => AliasReports.Of(engine.Live.Snapshot, engine.Status), time);
        var serving = api.StartAsync();
        var start = await engine.StartAsync(watcher.Current);
        await serving;
        await using var metrics = await MetricsHost.StartAsync(ways.Metrics, engine.MeasureAsync, RunReport.Version());
        foreach (var finding in api.Findings.Concat(metrics.Problem is { } silent ? [silent] : []))
            FindingText.Write(terminal.Messages, finding);
        api.Objects?.Publish(start.Now);
        var report = new RunReport(terminal, output, options, state?.Path, stateAsked is null, api.ConfigPath, metrics.EndPoint, time);
        Keep(state, start.Now, terminal);
        Announce(state, engine, files, options, api.ConfigPath, terminal);
        report.Started(engine, start);
        await engine.RunAsync(change =>
        {
            Keep(state, change.Now, terminal);
            api.Objects?.Publish(change.Now);
            report.Changed(change);
        }, stop.Token, reporter.Changed);

        report.Draining(engine.Connections, patience);
        var reset = await engine.DrainAsync(patience);
        report.Stopped(reset);
        return 0;
    }

    // Where the instance can be asked; null for nowhere.
    private sealed record Ways(IPEndPoint? Api, IPEndPoint? Metrics);

    private static ServerCertificates Certificates(StateDirectory? state, EngineOptions options, TimeProvider time, Terminal terminal)
    {
        var ranges = options.Resolve.ServiceCidrs;
        if (state is null)
            return new ServerCertificates(AuthoritySet.Empty, ranges, time, static _ => { });
        var files = new AuthorityFiles(state.Path);
        var kept = files.Read(out var broken);
        if (broken is not null)
            FindingText.Write(terminal.Messages, broken);
        Try("programs that exec starts may not trust the alias CA", terminal, () => files.WriteBundles(kept));
        return new ServerCertificates(kept, ranges, time, files.Write);
    }

    private static StatusSocket? Status(StateDirectory? state, Engine engine, TimeProvider time, Terminal terminal)
    {
        StatusSocket? socket = null;
        if (state is not null)
            Try("explain will not tell how origins do", terminal, () => socket = StatusSocket.Start(state.Path, only => AliasStatus.Of(engine.Live, engine.Status, only), time));
        return socket;
    }

    // A full disk costs the stability of addresses over a restart and new certificates, not the service.
    private static void Certify(ServerCertificates certificates, AliasSnapshot snapshot, Terminal terminal) =>
        Try("the alias CA could not be kept, so that nothing is signed by it", terminal, () => certificates.Apply(CertificateSubject.Of(snapshot)));

    private static void Keep(StateDirectory? state, AliasSnapshot snapshot, Terminal terminal) =>
        Try("the addresses could not be kept", terminal, () => state?.WriteAddresses(snapshot.Addresses));

    private static void Try(string otherwise, Terminal terminal, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.Messages.MarkupLineInterpolated($"[yellow]warning:[/] {otherwise}: {e.Message}");
        }
    }

    private static void Announce(StateDirectory? state, Engine engine, string[] files, EngineOptions options, string? kubeconfig, Terminal terminal)
    {
        var bound = DnsPlace.Answering(engine.DnsListeners);
        Try("exec will not find this instance", terminal, () => state?.WriteInstance(new InstanceInfo(
            Environment.ProcessId,
            ProcessTime.Of(Environment.ProcessId) ?? 0,
            DnsPlace.Nameservers(bound),
            [.. bound.Select(static endPoint => DnsPlace.Reachable(endPoint).ToString())],
            options.Resolve.ClusterDomain.ToHostString(),
            [.. options.Resolve.ServiceCidrs.Select(static cidr => cidr.ToString())],
            [.. files.Select(static file => file == "-" ? file : Path.GetFullPath(file))],
            kubeconfig)));
    }
}
