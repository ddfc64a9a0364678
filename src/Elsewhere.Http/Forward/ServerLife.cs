namespace Elsewhere.Http.Forward;

/// <summary>How long the server will be there.</summary>
internal sealed class ServerLife : IDisposable
{
    private readonly CancellationTokenSource ending = new();

    /// <summary>Whether connections are to end with the request that is on them.</summary>
    public bool IsEnding => ending.IsCancellationRequested;

    /// <summary>Cancelled when that begins.</summary>
    public CancellationToken Ending => ending.Token;

    /// <summary>From now on they are.</summary>
    public void End() => ending.Cancel();

    /// <inheritdoc/>
    public void Dispose() => ending.Dispose();
}
