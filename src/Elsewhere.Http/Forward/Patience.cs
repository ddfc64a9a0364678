using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>The times of one request: all of it, and without a byte either way. It ends with the client, too. Used again for the next request.</summary>
internal sealed class Patience : IDisposable
{
    // Bytes come by the thousand in a second: the timer is turned back this often within its own length, and no oftener.
    private const int Turns = 16;
    private readonly TimeProvider time;
    private CancellationTokenSource source;
    private CancellationTokenRegistration client;
    private CancellationToken aborted;
    private TimeSpan idle;
    private TimeSpan request;
    private long begun;
    private long turned;
    private volatile bool isUnderWay;

    public Patience(TimeProvider time)
    {
        this.time = time;
        source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        Moved = Move;
    }

    /// <summary>To be called when a byte went one way or the other.</summary>
    public Action Moved { get; }

    /// <summary>A request begins.</summary>
    public void Begin(TimeoutsView timeouts, CancellationToken clientGone)
    {
        (idle, request, aborted) = (timeouts.Idle, timeouts.Request, clientGone);
        begun = turned = time.GetTimestamp();
        if (source.IsCancellationRequested)
            Renew();
        isUnderWay = true;
        source.CancelAfter(Left(begun));
        client = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
    }

    /// <summary>A request ends.</summary>
    public void End()
    {
        isUnderWay = false;
        client.Dispose();
        if (!source.TryReset())
            Renew();
    }

    /// <summary>Cancelled when a time is over, and when the client has gone.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Whether it was a time.</summary>
    public bool IsOver => source.IsCancellationRequested && !aborted.IsCancellationRequested;

    /// <summary>Whether it was the time of the whole request.</summary>
    public bool IsRequestOver => IsOver && request > TimeSpan.Zero && time.GetElapsedTime(begun) >= request;

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        source.Dispose();
    }

    private void Renew()
    {
        source.Dispose();
        source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    // The framework's client may tell of a piece when its request has ended.
    private void Move()
    {
        if (idle <= TimeSpan.Zero || !isUnderWay)
            return;
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(turned, now) < idle / Turns)
            return;
        turned = now;
        source.CancelAfter(Left(now));
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
