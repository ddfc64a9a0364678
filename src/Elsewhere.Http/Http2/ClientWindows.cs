namespace Elsewhere.Http.Http2;

/// <summary>How much content the client of one connection of HTTP/2 has room for, as far as it can be told without the server's own count (RFC 9113 section 6.9).</summary>
internal sealed class ClientWindows
{
    // RFC 9113 section 6.9.2.
    private const int First = 65_535;
    private long owed;
    private long connection = First;
    private volatile int stream = First;

    /// <summary>The client opens its window for the connection. Called by the reader's thread.</summary>
    /// <param name="by">By so many bytes.</param>
    public void Open(int by) => Interlocked.Add(ref connection, by);

    /// <summary>The client says how wide a stream's window is at first; what it said before may hold for streams that are open. Called by the reader's thread.</summary>
    /// <param name="size">In bytes.</param>
    /// <param name="isFirst">Whether no stream can be open yet.</param>
    public void SetStream(uint size, bool isFirst) => stream = (int)Math.Min(size, isFirst ? int.MaxValue : (uint)stream);

    /// <summary>So much content is on its way through the server; any thread.</summary>
    /// <param name="bytes">So many bytes.</param>
    public void Owe(int bytes) => Interlocked.Add(ref owed, bytes);

    /// <summary>Whether the client has opened its windows for all content so far, and for all of a stream that has so much: what a client has room for goes out by itself.</summary>
    /// <param name="ofStream">The content of the stream, in bytes.</param>
    public bool HaveRoom(long ofStream) => ofStream == 0 || (ofStream <= stream && Volatile.Read(ref owed) <= Volatile.Read(ref connection));
}
