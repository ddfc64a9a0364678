using System.Buffers;
using System.Net.Sockets;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Http2Client;

/// <summary>
/// One connection to an origin that speaks HTTP/2 (RFC 9113). One loop reads; whoever has something to send adds it to what waits, and the first of them writes for all.
/// Everything that streams and connection share is under one gate, which is never held while something is waited for.
/// </summary>
internal sealed partial class Http2Connection
{
    // A connection's window only has to be wide: each stream has a window of its own for what can be stored, so that one that is not read holds up nobody else.
    private const int ConnectionWindow = 16 << 20;
    private const int FirstWindow = 65_535;

    // So much may wait for the writer before content waits; more of anything else means that the origin does not read.
    private const int MostContent = 64 * 1024, MostWaiting = 4 << 20;
    private static readonly TimeSpan goodbye = TimeSpan.FromSeconds(1);
    private readonly Stream stream;
    private readonly Http2Pool pool;
    private readonly AnswerLimits limits;
    private readonly Http2Output output = new();
    private readonly Dictionary<int, Http2Stream> streams = [];
    private readonly List<Http2Stream> blocked = [];
    private readonly Stack<Http2Stream> spare = new();
    private int nextId = 1;
    private int places;
    private int sendWindow = FirstWindow;
    private int peerWindow = FirstWindow;

    // The first request goes out at once, the others when the origin has said how many it takes.
    private int mostStreams = 1;
    private uint mostHead = uint.MaxValue;
    private bool isOpen = true;
    private bool isDead;
    private bool isWriting;
    private bool hasAnswered;
    private long idleSince;

    /// <summary>Takes a connection over.</summary>
    /// <param name="stream">The connection, TLS included.</param>
    /// <param name="number">The how-manyth of its pool it is.</param>
    /// <param name="pool">Whose it is.</param>
    /// <param name="limits">What an answer may ask of us.</param>
    public Http2Connection(Stream stream, int number, Http2Pool pool, AnswerLimits limits)
    {
        (this.stream, Number, this.pool, this.limits) = (stream, number, pool, limits);
        block = new AnswerBlock(limits);
        takeField = block.Add;
        idleSince = pool.Time.GetTimestamp();
        output.Add("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> settings = stackalloc byte[18];
        Setting(settings, 2, 0);
        Setting(settings[6..], 4, Http2Stream.LeastWindow);
        Setting(settings[12..], 6, limits.Head);
        output.Add(FrameKind.Settings, 0, 0, settings);
        output.Add(FrameKind.WindowUpdate, 0, ConnectionWindow - FirstWindow);
    }

    /// <summary>The how-manyth of its pool it is.</summary>
    public int Number { get; }

    /// <summary>Guards what streams and connection share.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whose it is.</summary>
    public Http2Pool Pool => pool;

    /// <summary>What an answer may ask of us.</summary>
    public AnswerLimits Limits => limits;

    /// <summary>How large the origin says that a header may be, as <see cref="RequestBlock.SizeOf(OriginRequest, bool)"/> counts; the largest number as long as it has said nothing.</summary>
    public uint MostHead { get => Volatile.Read(ref mostHead); private set => Volatile.Write(ref mostHead, value); }

    /// <summary>Whether the origin has still to say how many requests it takes, or takes none for now.</summary>
    public bool IsSettling
    {
        get
        {
            lock (Gate)
                return isOpen && (!hasSettings || mostStreams == 0);
        }
    }

    /// <summary>Since when nobody uses it, by the pool's clock; null if somebody does.</summary>
    public long? IdleSince
    {
        get
        {
            lock (Gate)
                return places == 0 ? idleSince : null;
        }
    }

    /// <summary>Begins to read and to write.</summary>
    public void Start()
    {
        bool mayWrite;
        lock (Gate)
            mayWrite = TryWriting();
        if (mayWrite)
            _ = WriteAsync();
        _ = ReadAsync();
    }

    /// <summary>Takes a place for a stream; false where the origin takes no more of them.</summary>
    public bool TryReserve()
    {
        lock (Gate)
        {
            if (!isOpen || places >= mostStreams)
                return false;
            places++;
            return true;
        }
    }

    /// <summary>Gives back a place that no stream was opened on.</summary>
    public void Unreserve()
    {
        lock (Gate)
            LeavePlace();
        Freed();
    }

    /// <summary>A stream for a place; it is not open yet.</summary>
    public Http2Stream Take()
    {
        lock (Gate)
            return spare.TryPop(out var used) ? used : new Http2Stream(this);
    }

    /// <summary>Keeps a stream for another request. Under the gate.</summary>
    public void Keep(Http2Stream used)
    {
        if (isOpen && spare.Count < 64)
            spare.Push(used);
    }

    /// <summary>Opens a stream by the head of its request.</summary>
    /// <exception cref="AnswerException">The connection takes none any more; nothing was sent.</exception>
    public void Open(Http2Stream opened, ReadOnlySpan<byte> head, bool endsStream)
    {
        bool mayWrite;
        lock (Gate)
        {
            if (!isOpen)
            {
                LeavePlace();
                opened.Refuse();
                throw new AnswerException(AnswerFault.StreamRefused);
            }

            opened.Opened(nextId, peerWindow, endsStream);
            streams.Add(nextId, opened);
            output.AddBlock(nextId, head, endsStream);
            nextId += 2;

            // The next one is on another connection.
            isOpen = nextId > 0;
            mayWrite = TryWriting();
        }

        if (mayWrite)
            _ = WriteAsync();
    }

    /// <summary>Sends some content, as much as both windows and what waits have room for.</summary>
    /// <param name="of">Whose it is.</param>
    /// <param name="piece">The content.</param>
    /// <param name="endsStream">Whether that is all.</param>
    /// <param name="wait">Where nothing could be sent: ends when it may be possible.</param>
    /// <returns>How much was sent; -1 where the stream takes no more.</returns>
    public int Send(Http2Stream of, ReadOnlySpan<byte> piece, bool endsStream, out ValueTask wait)
    {
        wait = default;
        bool mayWrite;
        int count;
        lock (Gate)
        {
            if (of.IsClosed || of.LocalEnded)
                return -1;
            count = Math.Min(Math.Min(piece.Length, FrameHead.MostPayload), Math.Min(Math.Min(sendWindow, of.SendWindow), MostContent - output.Count));
            if (count <= 0 && !piece.IsEmpty)
            {
                if (!blocked.Contains(of))
                    blocked.Add(of);
                wait = of.Upload.RoomAsync();
                return 0;
            }

            count = Math.Max(count, 0);
            endsStream &= count == piece.Length;
            output.Add(FrameKind.Data, endsStream ? FrameHead.EndStream : (byte)0, of.Id, piece[..count]);
            sendWindow -= count;
            of.SendWindow -= count;
            useless = Math.Max(0, useless - 4);
            if (endsStream)
                EndLocal(of);
            mayWrite = TryWriting();
        }

        if (mayWrite)
            _ = WriteAsync();
        if (endsStream)
            Freed();
        return count;
    }

    /// <summary>Ends a request by fields.</summary>
    public void SendTrailers(Http2Stream of, ReadOnlySpan<byte> trailers)
    {
        bool mayWrite;
        lock (Gate)
        {
            if (of.IsClosed || of.LocalEnded)
                return;
            output.AddBlock(of.Id, trailers, endsStream: true);
            EndLocal(of);
            mayWrite = TryWriting();
        }

        if (mayWrite)
            _ = WriteAsync();
        Freed();
    }

    /// <summary>Gives a stream room for content. Under the gate; <see cref="Flush"/> afterwards.</summary>
    public void Credit(Http2Stream to, int count) => output.Add(FrameKind.WindowUpdate, to.Id, count);

    /// <summary>Sends what waits.</summary>
    public void Flush()
    {
        bool mayWrite;
        lock (Gate)
            mayWrite = TryWriting();
        if (mayWrite)
            _ = WriteAsync();
    }

    /// <summary>Ends a stream by RST_STREAM, if it is open. Under the gate; <see cref="Flush"/> and <see cref="Freed"/> afterwards.</summary>
    public void Reset(Http2Stream one, Http2Error error)
    {
        if (one.IsClosed)
            return;
        output.Add(FrameKind.Reset, one.Id, (int)error);
        Close(one);
    }

    /// <summary>Takes no further requests, and closes as soon as nobody uses it.</summary>
    public void Drain()
    {
        lock (Gate)
            isOpen = false;
        Freed();
    }

    /// <summary>A place may have become free: whoever waits for one gets it, and a connection that takes no more closes with the last one.</summary>
    public void Freed()
    {
        bool isOver;
        lock (Gate)
            isOver = !isOpen && places == 0 && !isDead;
        if (isOver)
            Fail(AnswerFault.Closed, null, Http2Error.None);
        pool.Freed();
    }

    /// <summary>Ends it, and all that is on it.</summary>
    /// <param name="fault">Why; what had begun to answer is cut off instead of closed.</param>
    /// <param name="inner">Where it comes from.</param>
    /// <param name="error">What to tell the origin; null for nothing.</param>
    public void Fail(AnswerFault fault, Exception? inner, Http2Error? error)
    {
        bool mayWrite;
        lock (Gate)
        {
            if (isDead)
                return;
            (isDead, isOpen) = (true, false);
            foreach (var one in streams.Values)
                one.Fail(new AnswerException(fault == AnswerFault.Closed && one.HasBegun ? AnswerFault.CutOff : fault, hasAnswered, inner));
            streams.Clear();
            blocked.Clear();
            spare.Clear();
            places = 0;
            mayWrite = !isWriting && error is not null;
            isWriting = true;
            if (error is not null)
                output.Add(FrameKind.GoAway, 0, 0, [0, 0, 0, 0, 0, 0, 0, (byte)error]);
        }

        pool.Lost(this, fault != AnswerFault.Closed || inner is not null || error is null);
        if (mayWrite)
            _ = SayGoodbyeAsync();
        else
            stream.Dispose();
    }

    // What may be given up when the last stream has gone. Under the gate.
    private void LeavePlace()
    {
        if (isDead)
            return;
        places--;
        idleSince = pool.Time.GetTimestamp();
    }

    private void EndLocal(Http2Stream one)
    {
        one.LocalEnded = true;
        if (one.RemoteEnded)
            Close(one);
    }

    // Under the gate.
    private void Close(Http2Stream one)
    {
        one.IsClosed = true;
        if (!streams.Remove(one.Id))
            return;
        blocked.Remove(one);
        one.Upload.Wake();
        LeavePlace();
    }

    private bool TryWriting() => !isWriting && output.Count > 0 && (isWriting = true);

    private async Task WriteAsync()
    {
        while (true)
        {
            byte[] buffer;
            int length;
            lock (Gate)
            {
                if (isDead)
                    return;
                WakeAll();
                (buffer, length) = output.Take();
                if (length == 0)
                {
                    isWriting = false;
                    return;
                }
            }

            try
            {
                await stream.WriteAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // What the origin said before it closed is still to be read: the reader finds the end.
                return;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    // Under the gate.
    private void WakeAll()
    {
        foreach (var one in blocked)
            one.Upload.Wake();
        blocked.Clear();
    }

    private async Task SayGoodbyeAsync()
    {
        byte[] buffer;
        int length;
        lock (Gate)
            (buffer, length) = output.Take();
        try
        {
            await stream.WriteAsync(buffer.AsMemory(0, length)).AsTask().WaitAsync(goodbye, pool.Time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or TimeoutException or InvalidOperationException)
        {
            // It is over either way; a buffer that may still be read from is not given back.
            return;
        }
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static void Setting(Span<byte> bytes, ushort name, int value)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes, name);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes[2..], value);
    }
}
