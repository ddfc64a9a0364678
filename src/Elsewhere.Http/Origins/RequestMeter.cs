namespace Elsewhere.Http.Origins;

/// <summary>How a request of an alias ended: what the client got.</summary>
public enum RequestOutcome
{
    /// <summary>An answer of the origin, or a tunnel to it, with a status below 400.</summary>
    Ok,

    /// <summary>The origin answered 4xx.</summary>
    OriginSaid4xx,

    /// <summary>The origin answered 5xx.</summary>
    OriginSaid5xx,

    /// <summary>An error of the gateway's own, on the client's side.</summary>
    ClientFault,

    /// <summary>An error of the gateway's own, on the origin's side.</summary>
    OriginFault,

    /// <summary>An error of the gateway's own, on its own side.</summary>
    ElsewhereFault,

    /// <summary>The response had begun and broke off.</summary>
    Broken,

    /// <summary>The client went away before the answer.</summary>
    Gone,
}

/// <summary>What a meter counted.</summary>
/// <param name="Outcomes">Requests by <see cref="RequestOutcome"/>, in its order.</param>
/// <param name="Buckets">Requests by how long they took, one for each of <see cref="RequestMeter.Bounds"/> and one for those that took longer; not cumulative.</param>
/// <param name="Seconds">How long they took together.</param>
public sealed record RequestCounts(IReadOnlyList<long> Outcomes, IReadOnlyList<long> Buckets, double Seconds);

/// <summary>Counts the requests of one alias since the start. Any thread; counting takes no lock and allocates nothing.</summary>
public sealed class RequestMeter
{
    private static readonly double[] bounds = [0.005, 0.05, 0.5, 2.5, 12.5];
    private static readonly long[] limits = [.. bounds.Select(static seconds => (long)(seconds * TimeSpan.TicksPerSecond))];
    private readonly long[] outcomes = new long[Enum.GetValues<RequestOutcome>().Length];
    private readonly long[] buckets = new long[limits.Length + 1];
    private long ticks;

    /// <summary>The upper ends of the buckets, in seconds, from the shortest. None is a whole number, so that all formats write it alike.</summary>
    public static ReadOnlySpan<double> Bounds => bounds;

    /// <summary>Counts a request.</summary>
    /// <param name="outcome">How it ended.</param>
    public void Count(RequestOutcome outcome) => Interlocked.Increment(ref outcomes[(int)outcome]);

    /// <summary>Counts how long a request took, from its header to the end of its response.</summary>
    /// <param name="took">In ticks of a <see cref="TimeSpan"/>; not negative.</param>
    public void Took(long took)
    {
        var bucket = 0;
        while (bucket < limits.Length && took > limits[bucket])
            bucket++;
        Interlocked.Increment(ref buckets[bucket]);
        Interlocked.Add(ref ticks, took);
    }

    /// <summary>What was counted so far; of requests that end meanwhile some numbers may have it and others not yet.</summary>
    public RequestCounts Read() => new(
        [.. outcomes.Select(static (_, i) => i).Select(i => Volatile.Read(ref outcomes[i]))],
        [.. buckets.Select(static (_, i) => i).Select(i => Volatile.Read(ref buckets[i]))],
        TimeSpan.FromTicks(Volatile.Read(ref ticks)).TotalSeconds);
}
