namespace Elsewhere.Http.Origins;

/// <summary>How origins that fail are treated, where the manifest says nothing about it. The defaults are right for one machine and for a cluster.</summary>
public sealed record OriginOptions
{
    /// <summary>How many answers 502, 503 or 504, resets and time-outs in a row eject an address. A failed connect ejects at once: nothing is lost by dialling another. Default 5, as Envoy's.</summary>
    public int FailuresUntilEjection { get; init; } = 5;

    /// <summary>How long an address is ejected the first time; the second time in a row twice as long, the third time three times, and so on. Default 1 s.</summary>
    public TimeSpan Ejection { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest ejection. Default 30 s.</summary>
    public TimeSpan LongestEjection { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most that is ejected of one alias port for its answers, in percent of its addresses. Above it answers are believed to be everybody's fault, and nobody
    /// is ejected for them. What cannot be connected to does not count: there is nothing to be gained from it. Default 50.
    /// </summary>
    public int MostEjectedPercent { get; init; } = 50;

    /// <summary>How soon an address that cannot be connected to is tried again, by a connection of our own that no client waits for. Default 500 ms.</summary>
    public TimeSpan FirstRecoveryProbe { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>From one such try to the next in the first minute; afterwards each waits half as long again as the one before. Default 1 s.</summary>
    public TimeSpan RecoveryProbe { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between two such tries. Default 15 s.</summary>
    public TimeSpan LongestRecoveryProbe { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long such a try may take. Default 2 s.</summary>
    public TimeSpan RecoveryProbeTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How many checks and tries are under way at once; the others wait in the order in which they are due. Default 64.</summary>
    public int MaxConcurrentChecks { get; init; } = 64;

    /// <summary>How long the new origins of an alias may take to show that they serve before the old ones are kept. Default 5 s.</summary>
    public TimeSpan RetargetDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How soon a retarget that failed is tried again; each further time after twice as long. Default 1 s.</summary>
    public TimeSpan RetargetRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest time until it is tried again. Default 30 s.</summary>
    public TimeSpan LongestRetargetRetry { get; init; } = TimeSpan.FromSeconds(30);
}
