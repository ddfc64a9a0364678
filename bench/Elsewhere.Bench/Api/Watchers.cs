using System.Buffers.Text;
using System.Diagnostics;

namespace Elsewhere.Bench.Api;

/// <summary>
/// Watches, half of them of all Services and half of all EndpointSlices, each on a connection of its own, and how long after a write was sent each of them had it.
/// </summary>
internal sealed class Watchers : IAsyncDisposable
{
    private readonly CancellationTokenSource over = new();
    private readonly List<Task> watching = [];
    private readonly List<List<double>> lags = [];
    private long events;
    private int ended;

    /// <summary>The events that all of them got.</summary>
    public long Events => Interlocked.Read(ref events);

    /// <summary>How many were cut off.</summary>
    public int Ended => Volatile.Read(ref ended);

    /// <summary>Whether each write has reached all watches that it concerns.</summary>
    public bool IsDone(int writes) => lags.Count < 2 || events >= (long)writes * (lags.Count / 2);

    /// <summary>How long after each write each watch had it, in milliseconds, sorted. To be read when the watches are over.</summary>
    public List<double> Lags => [.. lags.SelectMany(static each => each).Order()];

    public static async Task<Watchers> OpenAsync(int count, ApiAccess access, string version)
    {
        var watchers = new Watchers();
        for (var i = 0; i < count; i++)
        {
            var connection = await ApiConnection.OpenAsync(access);
            watchers.lags.Add([]);
            watchers.watching.Add(watchers.WatchAsync(connection, i % 2 == 0 ? "/api/v1/services" : "/apis/discovery.k8s.io/v1/endpointslices", version, watchers.lags[i]));
        }

        return watchers;
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await Task.WhenAll(watching);
        over.Dispose();
    }

    private async Task WatchAsync(ApiConnection connection, string path, string version, List<double> mine)
    {
        using (connection)
        {
            try
            {
                await connection.StreamAsync($"{path}?watch=true&allowWatchBookmarks=true&resourceVersion={version}", piece => Take(piece.Span, mine), over.Token);
                Interlocked.Increment(ref ended);
            }
            catch (OperationCanceledException)
            {
                // The measurement is over.
            }
        }
    }

    // Each event carries the time at which its write was sent. One in thousands has the border of a chunk in the middle of it, and is left out.
    private int Take(ReadOnlySpan<byte> bytes, List<double> mine)
    {
        var now = Stopwatch.GetTimestamp();
        var taken = 0;
        while (bytes[taken..].IndexOf("}\n"u8) is >= 0 and var end)
        {
            var line = bytes.Slice(taken, end);
            taken += end + 2;
            if (line.IndexOf("\"sent\":\""u8) is >= 0 and var at && Utf8Parser.TryParse(line[(at + 8)..], out long sent, out var length) && line[at + 8 + length] == (byte)'"')
                mine.Add((now - sent) * 1000.0 / Stopwatch.Frequency);
            Interlocked.Increment(ref events);
        }

        return taken;
    }
}
