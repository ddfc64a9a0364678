namespace Elsewhere.Metrics;

/// <summary>How metrics are written.</summary>
internal enum MetricFormat
{
    /// <summary>The text format of Prometheus, version 0.0.4.</summary>
    Prometheus,

    /// <summary>OpenMetrics, version 1.0.0.</summary>
    OpenMetrics,
}

/// <summary>What the numbers of a family mean.</summary>
internal enum MetricKind
{
    /// <summary>Grows, or begins anew with the process; its samples end with <c>_total</c>.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts by size: <c>_bucket</c>, <c>_sum</c>, <c>_count</c>.</summary>
    Histogram,
}

/// <summary>One family of metrics. Every one is a static property of <see cref="MetricFamilies"/>, and a row of <c>docs/metrics.md</c>.</summary>
/// <param name="Name">Its name, without the ending of the samples.</param>
/// <param name="Kind">What its numbers mean.</param>
/// <param name="Help">What it is, as a sentence.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Help);
