using System.Diagnostics;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Serving;

namespace Elsewhere.Metrics;

/// <summary>What metrics say: each family once, with all its samples behind it.</summary>
internal static class MetricsPage
{
    /// <summary>Writes all of them.</summary>
    internal static async Task WriteAsync(MetricWriter writer, Measurements now, string version, CancellationToken cancellation)
    {
        writer.Begin(MetricFamilies.BuildInfo);
        writer.Sample(1, ("version", version));
        writer.Begin(MetricFamilies.Aliases);
        writer.Sample(now.Snapshot.Aliases.Count);
        writer.Begin(MetricFamilies.Snapshot);
        writer.Sample(Seconds(now.PublishedAt));
        writer.Begin(MetricFamilies.Findings);
        foreach (var group in now.Status.Findings.GroupBy(static finding => (finding.Code, finding.Severity)).OrderBy(static group => group.Key.Code, StringComparer.Ordinal))
            writer.Sample(group.Count(), ("code", group.Key.Code), ("severity", group.Key.Severity.Word()));
        await OfAliasesAsync(writer, now, cancellation).ConfigureAwait(false);
        await OfRequestsAsync(writer, now, cancellation).ConfigureAwait(false);
        await OfRelaysAsync(writer, now, cancellation).ConfigureAwait(false);
        OfDns(writer, now);
        OfProcess(writer);
        await writer.EndAsync(cancellation).ConfigureAwait(false);
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private static async Task OfAliasesAsync(MetricWriter writer, Measurements now, CancellationToken cancellation)
    {
        writer.Begin(MetricFamilies.AliasFindings);
        foreach (var alias in (IEnumerable<Alias>)now.Snapshot.Aliases)
        {
            writer.Sample(now.Status.FindingsOf[alias.Declared].Count(static finding => finding.Severity != Severity.Info), ("namespace", alias.Key.Namespace), ("alias", alias.Key.Name));
            await writer.FlushAsync(cancellation).ConfigureAwait(false);
        }

        writer.Begin(MetricFamilies.UsableAddresses);
        foreach (var alias in now.Snapshot.Aliases.Where(static alias => alias.Gateway is not null))
        {
            var usable = alias.Gateway!.Ports.SelectMany(port => now.Status.Gateway.Find(alias.Key, port).Members).Select(static member => member.Address).Distinct().Count(static address => address.IsUp);
            writer.Sample(usable, ("namespace", alias.Key.Namespace), ("alias", alias.Key.Name));
            await writer.FlushAsync(cancellation).ConfigureAwait(false);
        }

        writer.Begin(MetricFamilies.Certificate);
        foreach (var alias in now.Snapshot.Aliases.Where(static alias => alias.Gateway?.Ports.Any(static port => port.Secure) == true))
        {
            if (now.Status.Certificate(alias.Key) is { NotAfter: { } end })
                writer.Sample(Seconds(end), ("namespace", alias.Key.Namespace), ("alias", alias.Key.Name));
            await writer.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }

    private static async Task OfRequestsAsync(MetricWriter writer, Measurements now, CancellationToken cancellation)
    {
        writer.Begin(MetricFamilies.Requests);
        foreach (var (alias, counts) in now.Requests)
        {
            foreach (var outcome in Enum.GetValues<RequestOutcome>())
                writer.Sample(counts.Outcomes[(int)outcome], ("namespace", alias.Namespace), ("alias", alias.Name), ("outcome", Word(outcome)));
            await writer.FlushAsync(cancellation).ConfigureAwait(false);
        }

        writer.Begin(MetricFamilies.Duration);
        foreach (var (alias, counts) in now.Requests)
        {
            writer.Histogram(RequestMeter.Bounds, counts.Buckets, counts.Seconds, ("namespace", alias.Namespace), ("alias", alias.Name));
            await writer.FlushAsync(cancellation).ConfigureAwait(false);
        }

        writer.Begin(MetricFamilies.InFlight);
        writer.Sample(now.InFlight);
        writer.Begin(MetricFamilies.Errors);
        foreach (var (code, count) in now.Errors)
            writer.Sample(count, ("code", code));
        writer.Begin(MetricFamilies.Faults);
        foreach (var (code, count) in now.Faults)
            writer.Sample(count, ("code", code));
    }

    /// <summary>An outcome as metrics and <c>docs/metrics.md</c> have it.</summary>
    internal static string Word(RequestOutcome outcome) => outcome switch
    {
        RequestOutcome.Ok => "ok",
        RequestOutcome.OriginSaid4xx => "4xx",
        RequestOutcome.OriginSaid5xx => "5xx",
        RequestOutcome.ClientFault => "client",
        RequestOutcome.OriginFault => "origin",
        RequestOutcome.ElsewhereFault => "elsewhere",
        RequestOutcome.Broken => "broken",
        RequestOutcome.Gone => "gone",
    };

    private static async Task OfRelaysAsync(MetricWriter writer, Measurements now, CancellationToken cancellation)
    {
        var relays = now.Relays.GroupBy(static port => port.Alias).OrderBy(static group => group.Key).ToArray();
        (MetricFamily Family, Func<Http.Relay.RelayCounters, long> Value, string Direction)[] columns =
        [
            (MetricFamilies.RelayConnections, static port => port.Connections, ""),
            (MetricFamilies.RelayFailures, static port => port.Failures, ""),
            (MetricFamilies.RelayBytes, static port => port.BytesToOrigin, "to_origin"),
            (MetricFamilies.RelayBytes, static port => port.BytesToClient, "to_client"),
        ];
        MetricFamily? family = null;
        foreach (var column in columns)
        {
            if (column.Family != family)
                writer.Begin(family = column.Family);
            foreach (var ports in relays)
            {
                var (sum, of) = (ports.Sum(column.Value), ports.Key);
                if (column.Direction.Length == 0)
                    writer.Sample(sum, ("namespace", of.Namespace), ("alias", of.Name));
                else
                    writer.Sample(sum, ("namespace", of.Namespace), ("alias", of.Name), ("direction", column.Direction));
                await writer.FlushAsync(cancellation).ConfigureAwait(false);
            }
        }

        writer.Begin(MetricFamilies.RelayOpen);
        writer.Sample(now.OpenRelays);
    }

    private static void OfDns(MetricWriter writer, Measurements now)
    {
        writer.Begin(MetricFamilies.DnsQueries);
        writer.Sample(now.Dns.UdpQueries, ("transport", "udp"));
        writer.Sample(now.Dns.TcpQueries, ("transport", "tcp"));
        writer.Begin(MetricFamilies.DnsForwarded);
        writer.Sample(now.Dns.Forwarded);
        writer.Begin(MetricFamilies.DnsDropped);
        writer.Sample(now.Dns.Dropped, ("reason", "malformed"));
        writer.Sample(now.Dns.ForwardsRefused, ("reason", "busy"));
        writer.Sample(now.Dns.Lost, ("reason", "overrun"));
    }

    private static void OfProcess(MetricWriter writer)
    {
        using var self = Process.GetCurrentProcess();
        writer.Begin(MetricFamilies.Cpu);
        writer.Sample(Environment.CpuUsage.TotalTime.TotalSeconds);
        writer.Begin(MetricFamilies.Memory);
        writer.Sample(self.WorkingSet64);
        writer.Begin(MetricFamilies.Start);
        writer.Sample(Seconds(new DateTimeOffset(self.StartTime)));
    }
}
