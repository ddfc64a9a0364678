namespace Elsewhere.Http.Network.Linux;

/// <summary>
/// What is known of one direction of a socket whose events are edges: whether it is worth a try, or somebody waits for that. Nothing is lost between a try that was in
/// vain and the wait for the next event, and of those who come at the same moment one goes on with what waits.
/// </summary>
internal struct Readiness
{
    private const int Nothing = 0, News = 1, Waiting = 2;
    private int state;

    /// <summary>Whether a try is worth it.</summary>
    public readonly bool HasNews => Volatile.Read(in state) == News;

    /// <summary>A try begins. What comes from here on is news again.</summary>
    public void Take() => Interlocked.CompareExchange(ref state, Nothing, News);

    /// <summary>There is, or may be, more than the try has found.</summary>
    public void PutBack() => Volatile.Write(ref state, News);

    /// <summary>Waits for news; false where they have come already.</summary>
    public bool TryWait() => Interlocked.CompareExchange(ref state, Waiting, Nothing) == Nothing;

    /// <summary>Something has happened.</summary>
    /// <returns>Whether somebody waited, who is now the caller's to wake.</returns>
    public bool Signal() => Interlocked.Exchange(ref state, News) == Waiting;

    /// <summary>Ends the wait.</summary>
    /// <returns>Whether somebody waited, who is now the caller's to wake.</returns>
    public bool TryEndWait() => Interlocked.CompareExchange(ref state, Nothing, Waiting) == Waiting;
}
