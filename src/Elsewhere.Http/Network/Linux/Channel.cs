using System.Buffers;
using System.Net.Sockets;
using Elsewhere.Http.Relay.Linux;

namespace Elsewhere.Http.Network.Linux;

/// <summary>Who uses a channel. Both are called by its reactor's thread, when there is news and whoever has waited for it may go on.</summary>
internal interface IChannelUser
{
    /// <summary>There is something to be read, or the end.</summary>
    void OnReadable();

    /// <summary>There is room to be written to, or nothing more can be written.</summary>
    void OnWritable();
}

/// <summary>
/// One connected socket of a reactor. Any thread may read, write and close: the descriptor stays open until the last call has returned, so that no call finds another
/// connection behind its number. One reader and one writer at a time.
/// </summary>
internal sealed unsafe class Channel : IThreadPoolWorkItem
{
    private const int Closing = 1 << 30;
    private const int MostPieces = 32;
    private readonly int descriptor;
    private readonly IChannelUser user;
    private int calls;
    private int released;
    private volatile bool ending;

    /// <summary>What is known of its input.</summary>
    public Readiness Incoming;

    /// <summary>What is known of the room for its output.</summary>
    public Readiness Outgoing;

    /// <summary>Takes a socket over; <see cref="Open"/> begins.</summary>
    /// <param name="reactor">Its reactor.</param>
    /// <param name="socket">The socket; closed with the channel.</param>
    /// <param name="user">Told of news.</param>
    public Channel(ChannelReactor reactor, Socket socket, IChannelUser user)
    {
        (Reactor, Socket, this.user) = (reactor, socket, user);
        descriptor = (int)socket.Handle;
    }

    /// <summary>Its reactor.</summary>
    public ChannelReactor Reactor { get; }

    /// <summary>The socket, for its options and addresses.</summary>
    public Socket Socket { get; }

    /// <summary>The socket's number.</summary>
    public int Descriptor => descriptor;

    /// <summary>Where the reactor keeps it.</summary>
    public int Slot { get; set; }

    /// <summary>Asks for events.</summary>
    /// <exception cref="SocketException">The kernel has no room for another socket to be watched.</exception>
    public void Open() => Reactor.Add(this);

    /// <summary>What the kernel says.</summary>
    public void On(uint what)
    {
        // A short read says that all was read, save where the end or an error stands behind it: that gives no other event.
        if ((what & (Epoll.PeerHangUp | Epoll.HangUp | Epoll.Error)) != 0)
            ending = true;
        if ((what & (Epoll.In | Epoll.PeerHangUp | Epoll.HangUp | Epoll.Error)) != 0 && Incoming.Signal())
            user.OnReadable();
        if ((what & (Epoll.Out | Epoll.HangUp | Epoll.Error)) != 0 && Outgoing.Signal())
            user.OnWritable();
    }

    /// <summary>Reads once, if there is news.</summary>
    /// <param name="buffer">Where to; not empty.</param>
    /// <param name="error">Success, at the end too; WouldBlock where there is nothing, and an event will say when there is.</param>
    /// <returns>How much was read; 0 at the end.</returns>
    public int Receive(Span<byte> buffer, out SocketError error)
    {
        Incoming.Take();
        if (!TryEnter())
        {
            Incoming.PutBack();
            error = SocketError.OperationAborted;
            return 0;
        }

        nint count;
        fixed (byte* start = buffer)
        {
            do
                count = Libc.Receive(descriptor, start, buffer.Length, Libc.DontWait);
            while (count < 0 && Libc.Error == Libc.Interrupted);
        }

        error = count >= 0 ? SocketError.Success : ErrorOf(Libc.Error);
        Exit();
        if (error != SocketError.WouldBlock && (count == buffer.Length || ending || count <= 0))
            Incoming.PutBack();
        return (int)Math.Max(0, count);
    }

    /// <summary>Whether there is something to be read, or the end, whatever events have said so far.</summary>
    public bool Peek()
    {
        if (!TryEnter())
            return true;
        byte one;
        var count = Libc.Receive(descriptor, &one, 1, Libc.DontWait | Libc.Peek);
        var isQuiet = count < 0 && Libc.Error is Libc.Again or Libc.Interrupted;
        Exit();
        return !isQuiet;
    }

    /// <summary>Writes once.</summary>
    /// <param name="bytes">What; not empty.</param>
    /// <param name="error">Success, even if less was written than there is; WouldBlock where there was no room at all. In both cases an event will say when there is.</param>
    /// <returns>How much was written.</returns>
    public int Send(ReadOnlySpan<byte> bytes, out SocketError error)
    {
        if (!Begin(out error))
            return 0;
        nint count;
        fixed (byte* start = bytes)
        {
            do
                count = Libc.Send(descriptor, start, bytes.Length, Libc.NoSignal | Libc.DontWait);
            while (count < 0 && Libc.Error == Libc.Interrupted);
        }

        return End(count, bytes.Length, out error);
    }

    /// <summary>The same for bytes in several pieces.</summary>
    public int Send(in ReadOnlySequence<byte> bytes, out SocketError error)
    {
        if (bytes.IsSingleSegment)
            return Send(bytes.FirstSpan, out error);
        if (!Begin(out error))
            return 0;
        var pieces = stackalloc Libc.Piece[MostPieces];
        var held = new Pins();
        var (used, length) = (0, 0);
        foreach (var piece in bytes)
        {
            if (piece.IsEmpty)
                continue;
            if (used == MostPieces)
                break;
            var pin = held[used] = piece.Pin();
            pieces[used++] = new Libc.Piece { Start = (byte*)pin.Pointer, Length = piece.Length };
            length += piece.Length;
        }

        var message = new Libc.Message { Pieces = pieces, PieceCount = used };
        nint count;
        do
            count = Libc.SendMessage(descriptor, &message, Libc.NoSignal | Libc.DontWait);
        while (count < 0 && Libc.Error == Libc.Interrupted);
        var sent = End(count, length, out error);
        for (var i = 0; i < used; i++)
            held[i].Dispose();
        return sent;
    }

    /// <summary>The error that the socket has stored; asking clears it.</summary>
    public SocketError TakeError()
    {
        if (!TryEnter())
            return SocketError.OperationAborted;
        var error = Libc.TakeError(descriptor);
        Exit();
        return Libc.Name(error);
    }

    /// <summary>Ends both directions; the other side gets a FIN. What is waited for ends.</summary>
    public void Shutdown() => Shutdown(Libc.ShutdownBoth);

    /// <summary>Ends the direction that is written; the other side gets a FIN.</summary>
    public void EndWrites() => Shutdown(Libc.ShutdownWrite);

    /// <summary>Closes it; whoever waits goes on and hears of that. May be called by any thread, and more than once.</summary>
    /// <param name="reset">With an RST instead of a FIN.</param>
    public void Close(bool reset = false)
    {
        if (!TryEnter())
            return;
        if (reset)
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        if ((Interlocked.Or(ref calls, Closing) & Closing) == 0)
            Reactor.Post(this);
        Exit();
    }

    /// <summary>Wakes whoever waits, when the channel is closed.</summary>
    public void Execute()
    {
        if (Incoming.Signal())
            user.OnReadable();
        if (Outgoing.Signal())
            user.OnWritable();
    }

    private static SocketError ErrorOf(int error) => error == Libc.Again ? SocketError.WouldBlock : Libc.Name(error);

    private void Shutdown(int how)
    {
        if (!TryEnter())
            return;
        _ = Libc.Shutdown(descriptor, how);
        Exit();
    }

    private bool TryEnter()
    {
        if ((Interlocked.Increment(ref calls) & Closing) == 0)
            return true;
        Exit();
        return false;
    }

    private void Exit()
    {
        if (Interlocked.Decrement(ref calls) == Closing && Interlocked.Exchange(ref released, 1) == 0)
        {
            Reactor.Remove(this);
            Socket.Dispose();
        }
    }

    private bool Begin(out SocketError error)
    {
        Outgoing.Take();
        error = SocketError.Success;
        if (TryEnter())
            return true;
        Outgoing.PutBack();
        error = SocketError.OperationAborted;
        return false;
    }

    private int End(nint count, int wanted, out SocketError error)
    {
        error = count >= 0 ? SocketError.Success : ErrorOf(Libc.Error);
        Exit();
        if (error != SocketError.WouldBlock && (count < 0 || count == wanted))
            Outgoing.PutBack();
        return (int)Math.Max(0, count);
    }

    [System.Runtime.CompilerServices.InlineArray(MostPieces)]
    private struct Pins
    {
        private MemoryHandle first;
    }
}
