namespace Elsewhere.Http.Origins;

/// <summary>
/// How many connects to one address and port may be under way at once (U8): a cold origin gets a queue, not a herd. Who waits is served in turn.
/// </summary>
/// <param name="limit">How many; at least 1.</param>
public sealed class ConnectGate(int limit) : IDisposable
{
    private readonly SemaphoreSlim places = new(limit, limit);

    /// <summary>How many connects are under way.</summary>
    public int Connecting => limit - places.CurrentCount;

    /// <summary>Waits for a place. Call <see cref="Leave"/> when the connect has ended, well or not.</summary>
    /// <param name="deadline">The end of the connect time-out, which includes the waiting.</param>
    /// <exception cref="OperationCanceledException">The deadline came first; there is nothing to leave.</exception>
    public ValueTask EnterAsync(CancellationToken deadline) =>
        places.Wait(0, CancellationToken.None) ? ValueTask.CompletedTask : new ValueTask(places.WaitAsync(deadline));

    /// <summary>Gives the place to who waits longest.</summary>
    public void Leave() => places.Release();

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();
}
