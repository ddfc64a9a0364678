namespace Elsewhere.Http.Origins;

/// <summary>Time that only goes forward, in units of a <see cref="TimeSpan"/>'s ticks (100 ns), so that a span can be added to it as it is.</summary>
/// <param name="time">The clock behind it.</param>
public sealed class GatewayClock(TimeProvider time)
{
    private readonly double scale = (double)TimeSpan.TicksPerSecond / time.TimestampFrequency;
    private readonly long divisor = time.TimestampFrequency % TimeSpan.TicksPerSecond == 0 ? time.TimestampFrequency / TimeSpan.TicksPerSecond : 0;

    /// <summary>The clock behind it, for timers.</summary>
    public TimeProvider Time => time;

    /// <summary>Now. A request reads it once and passes it on.</summary>
    public long Now => divisor != 0 ? time.GetTimestamp() / divisor : (long)(time.GetTimestamp() * scale);
}
