namespace Elsewhere.Http.Relay.Live;

/// <summary>Milliseconds that only go forward.</summary>
internal sealed class RelayClock(TimeProvider time)
{
    private readonly long ticksPerMillisecond = Math.Max(1, time.TimestampFrequency / 1000);

    public TimeProvider Time => time;

    public long Now => time.GetTimestamp() / ticksPerMillisecond;
}
