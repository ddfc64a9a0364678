using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>The times of one request: all of it, and without a byte either way. It ends with the client, too.</summary>
internal sealed class Patience : IDisposable
{
    // Bytes come by the thousand in a second: the timer is turned back this often within its own length, and no oftener.
    private const int Turns = 16;
    private readonly CancellationTokenSource source;
    private readonly CancellationTokenRegistration client;
    private readonly CancellationToken aborted;
    private readonly TimeProvider time;
    private readonly TimeSpan idle;
    private readonly TimeSpan request;
    private readonly long begun;
    private long turned;

    public Patience(TimeoutsView timeouts, TimeProvider time, CancellationToken aborted)
    {
        (idle, request, this.aborted, this.time) = (timeouts.Idle, timeouts.Request, aborted, time);
        begun = turned = time.GetTimestamp();
        source = new CancellationTokenSource(Left(begun), time);
        client = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
    }

    /// <summary>Cancelled when a time is over, and when the client has gone.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Whether it was a time.</summary>
    public bool IsOver => source.IsCancellationRequested && !aborted.IsCancellationRequested;

    /// <summary>Whether it was the time of the whole request.</summary>
    public bool IsRequestOver => IsOver && request > TimeSpan.Zero && time.GetElapsedTime(begun) >= request;

    /// <summary>A byte went one way or the other.</summary>
    public void Moved()
    {
        if (idle <= TimeSpan.Zero)
            return;
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(turned, now) < idle / Turns)
            return;
        turned = now;
        source.CancelAfter(Left(now));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        source.Dispose();
    }

    private TimeSpan Left(long now)
    {
        var left = idle > TimeSpan.Zero ? idle : Timeout.InfiniteTimeSpan;
        if (request <= TimeSpan.Zero)
            return left;
        var whole = request - time.GetElapsedTime(begun, now);
        whole = whole > TimeSpan.Zero ? whole : TimeSpan.Zero;
        return left == Timeout.InfiniteTimeSpan || whole < left ? whole : left;
    }
}
