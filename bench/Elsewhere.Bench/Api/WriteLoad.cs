using System.Diagnostics;
using System.Globalization;

namespace Elsewhere.Bench.Api;

/// <summary>Patches at a steady rate over several connections. Whoever is late is not made up for: what counts is how many were done.</summary>
internal sealed class WriteLoad(ApiConnection[] connections, int rate, TimeSpan duration, int size)
{
    private readonly List<double>[] latencies = [.. connections.Select(static _ => new List<double>())];
    private readonly long start = Stopwatch.GetTimestamp();
    private int tickets = -1;
    private int done;

    /// <summary>Writes that were answered.</summary>
    public int Done => Volatile.Read(ref done);

    /// <summary>From sending to the answer, in milliseconds, sorted.</summary>
    public List<double> Latencies => [.. latencies.SelectMany(static each => each).Order()];

    public Task RunAsync() => Task.WhenAll(connections.Zip(latencies, WriteAsync));

    private async Task WriteAsync(ApiConnection connection, List<double> mine)
    {
        var random = new Random(mine.GetHashCode());
        while (true)
        {
            var ticket = Interlocked.Increment(ref tickets);
            var due = TimeSpan.FromSeconds((double)ticket / rate);
            if (due >= duration || Stopwatch.GetElapsedTime(start) >= duration)
                return;
            if (due - Stopwatch.GetElapsedTime(start) is var early && early > TimeSpan.Zero)
                await Task.Delay(early, TimeProvider.System);
            var number = random.Next(size);
            var from = Stopwatch.GetTimestamp();
            await PatchAsync(connection, number, ticket);
            mine.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            Interlocked.Increment(ref done);
        }
    }

    private static Task<ReadOnlyMemory<byte>> PatchAsync(ApiConnection connection, int number, int ticket)
    {
        var (space, name, sent) = (Clusters.NamespaceOf(number), Clusters.NameOf(number), $$$"""{"annotations":{"sent":"{{{Stopwatch.GetTimestamp()}}}"}}""");
        var address = string.Create(CultureInfo.InvariantCulture, $"203.0.{113 + ticket / 250 % 100}.{1 + ticket % 250}");
        return ticket % 2 == 1 && !Clusters.IsExternalName(number)
            ? ApiBench.ExpectAsync(
                connection, 200, "PATCH", $"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices/{name}-1", body: $$"""{"metadata":{{sent}},"endpoints":[{"addresses":["{{address}}"]}]}""")
            : ApiBench.ExpectAsync(connection, 200, "PATCH", $"/api/v1/namespaces/{space}/services/{name}", body: $$"""{"metadata":{{sent}} }""");
    }
}
