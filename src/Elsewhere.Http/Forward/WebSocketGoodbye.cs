namespace Elsewhere.Http.Forward;

/// <summary>
/// What a WebSocket's origin says to its client, frame by frame as it came; and when the gateway ends, GOING AWAY between two frames. The client's own close then
/// goes on to the origin, so that all three part in order; what the origin still sends has nobody to hear it (RFC 6455 section 5.5.1).
/// </summary>
internal sealed class WebSocketGoodbye(Stream client) : IAsyncDisposable
{
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly WebSocketFrames frames = new();
    private volatile bool isDue;
    private bool isSaid;
    private bool isOver;

    /// <summary>Passes on what the origin sent.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        await writing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var at = 0;
            while (at < piece.Length && !(isDue && frames.IsBetween))
                at += frames.Read(piece.Span[at..]);
            if (isSaid)
                return;
            await client.WriteAsync(piece[..at], cancellation).ConfigureAwait(false);
            if (isDue && frames.IsBetween)
                await SayLockedAsync(cancellation).ConfigureAwait(false);
            await client.FlushAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Says goodbye, now or behind the frame that is under way.</summary>
    public async Task SayAsync()
    {
        isDue = true;
        try
        {
            await writing.WaitAsync().ConfigureAwait(false);
            try
            {
                if (isOver || isSaid || !frames.IsBetween)
                    return;
                await SayLockedAsync(CancellationToken.None).ConfigureAwait(false);
                await client.FlushAsync().ConfigureAwait(false);
            }
            finally
            {
                writing.Release();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone by itself.
        }
    }

    /// <summary>The client's stream is about to close: nothing is written to it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        isOver = true;
        writing.Release();
        writing.Dispose();
    }

    private async ValueTask SayLockedAsync(CancellationToken cancellation)
    {
        isSaid = true;
        if (!frames.IsClosed)
            await client.WriteAsync(WebSocketFrames.GoingAway, cancellation).ConfigureAwait(false);
    }
}
