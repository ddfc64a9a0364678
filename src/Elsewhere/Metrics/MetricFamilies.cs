namespace Elsewhere.Metrics;

/// <summary>All families of metrics, with the words that manifests and findings have.</summary>
internal static class MetricFamilies
{
    /// <summary>The program.</summary>
    internal static MetricFamily BuildInfo { get; } = new("elsewhere_build_info", MetricKind.Gauge, "The version that runs; always 1.");

    /// <summary>The size of the snapshot.</summary>
    internal static MetricFamily Aliases { get; } = new("elsewhere_aliases", MetricKind.Gauge, "Aliases that are served.");

    /// <summary>The age of the snapshot.</summary>
    internal static MetricFamily Snapshot { get; } = new("elsewhere_snapshot_timestamp_seconds", MetricKind.Gauge, "When what is served last changed, in seconds since 1970.");

    /// <summary>Findings by code.</summary>
    internal static MetricFamily Findings { get; } = new("elsewhere_findings", MetricKind.Gauge, "Findings that stand now, by code.");

    /// <summary>Findings by alias.</summary>
    internal static MetricFamily AliasFindings { get; } = new("elsewhere_alias_findings", MetricKind.Gauge, "Findings of error or warning that stand now about the alias.");

    /// <summary>Whether requests lead anywhere.</summary>
    internal static MetricFamily UsableAddresses { get; } = new("elsewhere_alias_usable_addresses", MetricKind.Gauge, "Addresses of the alias' origins that the gateway uses; 0: none works.");

    /// <summary>When certificates end.</summary>
    internal static MetricFamily Certificate { get; } = new(
        "elsewhere_certificate_expiry_timestamp_seconds", MetricKind.Gauge, "When the certificate ends that clients of the alias are shown, in seconds since 1970; absent before one was made.");

    /// <summary>Requests by outcome.</summary>
    internal static MetricFamily Requests { get; } = new("elsewhere_gateway_requests", MetricKind.Counter, "Requests through the gateway that have ended, by what the client got.");

    /// <summary>Requests by duration.</summary>
    internal static MetricFamily Duration { get; } = new(
        "elsewhere_gateway_request_duration_seconds", MetricKind.Histogram, "How long requests took from the header to the end of the response; tunnels are not in it.");

    /// <summary>Requests of now.</summary>
    internal static MetricFamily InFlight { get; } = new("elsewhere_gateway_requests_in_flight", MetricKind.Gauge, "Requests and tunnels that the gateway serves right now.");

    /// <summary>The gateway's own answers.</summary>
    internal static MetricFamily Errors { get; } = new("elsewhere_gateway_errors", MetricKind.Counter, "Errors of the gateway's own, by their code in docs/errors.md; those that occurred.");

    /// <summary>What went wrong beside the gateway's own answers.</summary>
    internal static MetricFamily Faults { get; } = new(
        "elsewhere_gateway_faults", MetricKind.Counter, "What went wrong without an error of the gateway's own, by code: refused before an origin saw it (docs/refusals.md), or a body that was cut off or not mapped (docs/findings.md); those that occurred.");

    /// <summary>Connections through the relay.</summary>
    internal static MetricFamily RelayConnections { get; } = new("elsewhere_relay_connections", MetricKind.Counter, "Connections that the relay took, and associations of UDP.");

    /// <summary>Connections that led nowhere.</summary>
    internal static MetricFamily RelayFailures { get; } = new("elsewhere_relay_failures", MetricKind.Counter, "Connections that the relay took and found no endpoint for.");

    /// <summary>Bytes through the relay.</summary>
    internal static MetricFamily RelayBytes { get; } = new("elsewhere_relay_bytes", MetricKind.Counter, "Bytes that the relay passed on, by direction.");

    /// <summary>Connections of now.</summary>
    internal static MetricFamily RelayOpen { get; } = new("elsewhere_relay_open_connections", MetricKind.Gauge, "Connections that pass through the relay right now.");

    /// <summary>Questions.</summary>
    internal static MetricFamily DnsQueries { get; } = new("elsewhere_dns_queries", MetricKind.Counter, "Queries that DNS received, by transport.");

    /// <summary>Questions about other names.</summary>
    internal static MetricFamily DnsForwarded { get; } = new("elsewhere_dns_forwarded", MetricKind.Counter, "Queries that went to the upstream resolvers, or to what is known of their answers.");

    /// <summary>Questions without an answer.</summary>
    internal static MetricFamily DnsDropped { get; } = new(
        "elsewhere_dns_dropped", MetricKind.Counter, "Queries without an answer: no query (malformed), too many at upstream already (busy), or lost by the kernel (overrun).");

    /// <summary>CPU.</summary>
    internal static MetricFamily Cpu { get; } = new("process_cpu_seconds", MetricKind.Counter, "CPU time of the process, in seconds.");

    /// <summary>Memory.</summary>
    internal static MetricFamily Memory { get; } = new("process_resident_memory_bytes", MetricKind.Gauge, "Memory of the process that is in RAM, in bytes.");

    /// <summary>The start.</summary>
    internal static MetricFamily Start { get; } = new("process_start_time_seconds", MetricKind.Gauge, "When the process started, in seconds since 1970.");
}
