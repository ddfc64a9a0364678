namespace Elsewhere.Http.Http2;

/// <summary>How much content of one stream the server has sent, which is no more than the client's windows had room for. Written by the server's thread, read by any.</summary>
/// <param name="stream">The stream.</param>
internal sealed class SentContent(int stream)
{
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long sent;

    /// <summary>The stream.</summary>
    public int Stream => stream;

    /// <summary>Bytes since it is watched.</summary>
    public long Sent => Volatile.Read(ref sent);

    /// <summary>Ends when all of it has been sent, or when either side has reset the stream or given up the connection.</summary>
    public Task Ended => ended.Task;

    /// <summary>Counts some more.</summary>
    public void Add(int bytes) => Volatile.Write(ref sent, sent + bytes);

    /// <summary>No more will come.</summary>
    public void End() => ended.TrySetResult();
}
