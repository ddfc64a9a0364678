using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>Which time of a request is over.</summary>
public enum TimeVerdict
{
    /// <summary>None.</summary>
    InTime,

    /// <summary>The whole request took too long.</summary>
    RequestOver,

    /// <summary>Nothing moved for too long.</summary>
    IdleOver,
}

/// <summary>
/// When a request began and when something of it last moved. To touch it is to store a number: no timer is set and nothing is allocated.
/// One writer per side of a request is enough: a lost touch is replaced by the next.
/// </summary>
public struct RequestTimes
{
    private readonly long begun;
    private long moved;

    /// <summary>A request begins.</summary>
    /// <param name="now">The clock's time.</param>
    public RequestTimes(long now)
    {
        begun = now;
        moved = now;
    }

    /// <summary>A byte came or went.</summary>
    /// <param name="now">The clock's time.</param>
    public void Touch(long now) => Volatile.Write(ref moved, now);

    /// <summary>Whether a time is over. Zero in the manifest is no limit.</summary>
    /// <param name="timeouts">What the manifest says.</param>
    /// <param name="now">The clock's time.</param>
    public readonly TimeVerdict Check(TimeoutsView timeouts, long now)
    {
        ArgumentNullException.ThrowIfNull(timeouts);
        if (timeouts.Request > TimeSpan.Zero && now - begun >= timeouts.Request.Ticks)
            return TimeVerdict.RequestOver;
        return timeouts.Idle > TimeSpan.Zero && now - Volatile.Read(in moved) >= timeouts.Idle.Ticks ? TimeVerdict.IdleOver : TimeVerdict.InTime;
    }

    /// <summary>When the next look can find a time over, as far as is known now; <see cref="long.MaxValue"/> without limits.</summary>
    /// <param name="timeouts">What the manifest says.</param>
    public readonly long NextLook(TimeoutsView timeouts)
    {
        ArgumentNullException.ThrowIfNull(timeouts);
        var request = timeouts.Request > TimeSpan.Zero ? begun + timeouts.Request.Ticks : long.MaxValue;
        var idle = timeouts.Idle > TimeSpan.Zero ? Volatile.Read(in moved) + timeouts.Idle.Ticks : long.MaxValue;
        return Math.Min(request, idle);
    }
}
