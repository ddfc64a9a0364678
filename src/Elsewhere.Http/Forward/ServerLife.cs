namespace Elsewhere.Http.Forward;

/// <summary>How long the server will be there.</summary>
internal sealed class ServerLife
{
    private volatile bool ending;

    /// <summary>Whether connections are to end with the request that is on them.</summary>
    public bool IsEnding => ending;

    /// <summary>From now on they are.</summary>
    public void End() => ending = true;
}
