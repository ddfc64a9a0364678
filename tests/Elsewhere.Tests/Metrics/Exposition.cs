using System.Globalization;
using System.Text.RegularExpressions;

namespace Elsewhere.Tests.Metrics;

/// <summary>One number: its name, its labels as they are written, and its value.</summary>
internal sealed record Sample(string Name, string Labels, double Value)
{
    /// <summary>The labels by name.</summary>
    public Dictionary<string, string> ByName => Exposition.Pairs(Labels).ToDictionary(static pair => pair.Groups["name"].Value, static pair => pair.Groups["value"].Value, StringComparer.Ordinal);
}

/// <summary>One family with its samples.</summary>
internal sealed record Family(string Name, string Kind, string Help, List<Sample> Samples);

/// <summary>
/// Reads metrics as strictly as the two formats are written down (Prometheus text 0.0.4, OpenMetrics 1.0.0): a help and a type before the samples, all samples of a family
/// together, no series twice, counters that end with <c>_total</c>, buckets that only grow up to the count.
/// </summary>
internal static partial class Exposition
{
    public static List<Family> Parse(string text, bool openMetrics)
    {
        Assert.EndsWith(openMetrics ? "\n# EOF\n" : "\n", text, StringComparison.Ordinal);
        var lines = text[..^1].Split('\n');
        if (openMetrics)
            lines = lines[..^1];
        var families = new List<Family>();
        var series = new HashSet<(string, string)>();
        for (var i = 0; i < lines.Length;)
        {
            var help = Help().Match(lines[i]);
            Assert.True(help.Success, $"line {i + 1} is no help: {lines[i]}");
            var type = Type().Match(lines[i + 1]);
            Assert.True(type.Success && type.Groups["name"].Value == help.Groups["name"].Value, $"line {i + 2} is not the type of {lines[i]}: {lines[i + 1]}");
            var family = new Family(help.Groups["name"].Value, type.Groups["kind"].Value, help.Groups["text"].Value, []);
            Assert.DoesNotContain(families, other => other.Name == family.Name);
            families.Add(family);
            for (i += 2; i < lines.Length && !lines[i].StartsWith('#'); i++)
            {
                var line = Line().Match(lines[i]);
                Assert.True(line.Success, $"line {i + 1} is no sample: {lines[i]}");
                Assert.Contains(line.Groups["name"].Value, Names(family, openMetrics));
                var labels = line.Groups["labels"].Value;
                Assert.Equal(labels.Length, Pairs(labels).Sum(static pair => pair.Length) + Math.Max(Pairs(labels).Count() - 1, 0));
                Assert.True(series.Add((line.Groups["name"].Value, labels)), $"twice: {lines[i]}");
                family.Samples.Add(new Sample(line.Groups["name"].Value, labels, double.Parse(line.Groups["value"].Value, NumberStyles.Float, CultureInfo.InvariantCulture)));
            }

            if (family.Kind == "histogram")
                Grow(family);
        }

        return families;
    }

    public static IEnumerable<Match> Pairs(string labels) => Label().Matches(labels);

    private static string[] Names(Family family, bool openMetrics) => family.Kind switch
    {
        "counter" => [openMetrics ? family.Name + "_total" : family.Name],
        "histogram" => [family.Name + "_bucket", family.Name + "_sum", family.Name + "_count"],
        _ => [family.Name],
    };

    private static void Grow(Family family)
    {
        static string Of(Sample sample) => string.Join(',', Pairs(sample.Labels).Where(static pair => pair.Groups["name"].Value != "le").Select(static pair => pair.Value));
        foreach (var one in family.Samples.GroupBy(Of))
        {
            var buckets = one.Where(static sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal)).ToArray();
            var ends = buckets.Select(static bucket => bucket.ByName["le"] is "+Inf" ? double.PositiveInfinity : double.Parse(bucket.ByName["le"], CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(ends.Order(), ends);
            Assert.Equal(double.PositiveInfinity, ends[^1]);
            Assert.Equal(buckets.Select(static bucket => bucket.Value).Order(), buckets.Select(static bucket => bucket.Value));
            Assert.Equal(buckets[^1].Value, one.Single(static sample => sample.Name.EndsWith("_count", StringComparison.Ordinal)).Value);
            Assert.Single(one, static sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal));
        }
    }

    [GeneratedRegex("^# HELP (?<name>[a-z_][a-z0-9_]*) (?<text>[^\\n\"]+)$")]
    private static partial Regex Help();

    [GeneratedRegex("^# TYPE (?<name>[a-z_][a-z0-9_]*) (?<kind>counter|gauge|histogram)$")]
    private static partial Regex Type();

    [GeneratedRegex("^(?<name>[a-z_][a-z0-9_]*)(\\{(?<labels>[^{}]+)\\})? (?<value>[0-9.E+-]+)$")]
    private static partial Regex Line();

    [GeneratedRegex("(?<name>[a-z_][a-z0-9_]*)=\"(?<value>(?:[^\"\\\\\\n]|\\\\[\\\\n\"])*)\"")]
    private static partial Regex Label();
}
