using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace Elsewhere.Metrics;

/// <summary>Writes families and samples in one of two text formats, which differ in the names of counters and in the end.</summary>
/// <param name="output">Where to.</param>
/// <param name="format">Which one.</param>
internal sealed class MetricWriter(PipeWriter output, MetricFormat format)
{
    private const int FlushAt = 64 * 1024;
    private readonly StringBuilder line = new(256);
    private MetricFamily? family;

    /// <summary>The media type of a format.</summary>
    internal static string ContentType(MetricFormat format) => format switch
    {
        MetricFormat.Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        MetricFormat.OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    };

    /// <summary>Begins a family: all samples that follow belong to it.</summary>
    internal void Begin(MetricFamily next)
    {
        family = next;
        var name = next.Kind == MetricKind.Counter && format == MetricFormat.Prometheus ? next.Name + "_total" : next.Name;
        line.Append("# HELP ").Append(name).Append(' ');
        Escape(next.Help, quotes: format == MetricFormat.OpenMetrics);
        line.Append("\n# TYPE ").Append(name).Append(' ').Append(next.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Gauge => "gauge",
            MetricKind.Histogram => "histogram",
        }).Append('\n');
        EndLine();
    }

    /// <summary>One number of a counter or a gauge.</summary>
    internal void Sample(double value, params ReadOnlySpan<(string Name, string Value)> labels) => Line(family!.Kind == MetricKind.Counter ? "_total" : "", value, labels);

    /// <summary>The numbers of a histogram.</summary>
    /// <param name="bounds">The upper ends of the buckets but the last.</param>
    /// <param name="buckets">How many are in each bucket alone.</param>
    /// <param name="sum">The sum of all values.</param>
    /// <param name="labels">Whose it is.</param>
    internal void Histogram(ReadOnlySpan<double> bounds, IReadOnlyList<long> buckets, double sum, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        long below = 0;
        for (var i = 0; i < buckets.Count; i++)
        {
            below += buckets[i];
            Line("_bucket", below, [.. labels, ("le", i < bounds.Length ? Number(bounds[i]) : "+Inf")]);
        }

        Line("_sum", sum, labels);
        Line("_count", below, labels);
    }

    /// <summary>Lets what was written go, if it is much.</summary>
    internal async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (output.UnflushedBytes >= FlushAt)
            await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Ends it.</summary>
    internal async ValueTask EndAsync(CancellationToken cancellation)
    {
        if (format == MetricFormat.OpenMetrics)
        {
            line.Append("# EOF\n");
            EndLine();
        }

        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private void Line(string ending, double value, ReadOnlySpan<(string Name, string Value)> labels)
    {
        line.Append(family!.Name).Append(ending);
        var next = '{';
        foreach (var (name, text) in labels)
        {
            line.Append(next).Append(name).Append("=\"");
            Escape(text, quotes: true);
            line.Append('"');
            next = ',';
        }

        if (!labels.IsEmpty)
            line.Append('}');
        line.Append(' ').Append(Number(value)).Append('\n');
        EndLine();
    }

    private void Escape(string text, bool quotes)
    {
        foreach (var c in text)
        {
            if (c == '\n')
                line.Append("\\n");
            else if (c == '\\' || (quotes && c == '"'))
                line.Append('\\').Append(c);
            else
                line.Append(c);
        }
    }

    private void EndLine()
    {
        foreach (var chunk in line.GetChunks())
            Encoding.UTF8.GetBytes(chunk.Span, output);
        line.Clear();
    }
}
