using System.Runtime.InteropServices;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>What became of one attempt to move bytes.</summary>
internal enum FlowResult
{
    /// <summary>Nothing more to do until the next event.</summary>
    Waiting,

    /// <summary>There is more, but others want their turn.</summary>
    Unfinished,

    /// <summary>The source has ended, everything has been passed on, the end too.</summary>
    Done,

    /// <summary>The source was reset.</summary>
    SourceReset,

    /// <summary>The destination was reset.</summary>
    DestinationReset,
}

/// <summary>How the end of a source is passed on.</summary>
internal enum FlowEnd
{
    /// <summary>As a FIN; the other direction goes on.</summary>
    Shutdown,

    /// <summary>Not by itself: the other direction has ended too, so that both sockets are closed now.</summary>
    Close,

    /// <summary>Not at all: the session is about to be reset.</summary>
    Keep,
}

/// <summary>What is known of one socket of a session.</summary>
internal struct Side
{
    public int Descriptor;
    public bool Readable;
    public bool Writable;

    /// <summary>The end, or an error, is behind what can be read: then a short read says nothing about what follows.</summary>
    public bool Ending;

    public void Take(uint what)
    {
        Readable |= (what & (Epoll.In | Epoll.PeerHangUp | Epoll.HangUp | Epoll.Error)) != 0;
        Writable |= (what & (Epoll.Out | Epoll.HangUp | Epoll.Error)) != 0;
        Ending |= (what & (Epoll.PeerHangUp | Epoll.HangUp | Epoll.Error)) != 0;
    }
}

/// <summary>
/// One direction of a session. Little data is copied through the thread's buffer, two system calls and no memory held; much data goes
/// through a pipe by splice and is never copied. At most one buffer or one pipe of bytes is ever held: who reads slowly slows its sender.
/// </summary>
internal unsafe struct Flow
{
    /// <summary>The thread's buffer, and the read that shows that splice will pay.</summary>
    public const int BufferSize = 65_536;

    private const int Turn = 2 << 20;
    private const int LittleAtOnce = 16_384;
    private const int LittleInARow = 8;

    private (int Out, int In) pipe;
    private bool hasPipe;
    private int piped;
    private byte* rest;
    private byte* restStart;
    private int restLength;
    private bool much;
    private bool ended;
    private byte little;

    /// <summary>Whether the end has been passed on.</summary>
    public bool Done { readonly get; private set; }

    /// <summary>Bytes passed on since the last call of <see cref="TakeMoved"/>.</summary>
    private long moved;

    public long TakeMoved()
    {
        var result = moved;
        moved = 0;
        return result;
    }

    /// <summary>Moves bytes until nothing more can be moved, or the turn is over.</summary>
    /// <param name="from">The source.</param>
    /// <param name="to">The destination.</param>
    /// <param name="buffer">The thread's buffer.</param>
    /// <param name="pipes">The thread's pipes; null where splice is not wanted.</param>
    /// <param name="end">How to pass the end on.</param>
    public FlowResult Move(ref Side from, ref Side to, byte* buffer, PipePool? pipes, FlowEnd end)
    {
        if (Done)
            return FlowResult.Done;
        for (var left = Turn; ;)
        {
            if (restLength > 0 || piped > 0)
            {
                if (!to.Writable)
                    return FlowResult.Waiting;
                if (!(piped > 0 ? Drain(ref to) : SendRest(ref to)))
                    return FlowResult.DestinationReset;
                continue;
            }

            if (ended)
            {
                Release(pipes);
                if (end == FlowEnd.Keep)
                    return FlowResult.Waiting;
                Done = end == FlowEnd.Close || Libc.Shutdown(to.Descriptor, Libc.ShutdownWrite) == 0;
                return Done ? FlowResult.Done : FlowResult.DestinationReset;
            }

            if (!from.Readable || !to.Writable)
            {
                Release(pipes);
                return FlowResult.Waiting;
            }

            if (left <= 0)
                return FlowResult.Unfinished;
            if (!much)
                Release(pipes);
            else if (pipes is not null && !hasPipe)
                hasPipe = pipes.TryRent(out pipe);
            var before = moved;
            var result = hasPipe ? Fill(ref from) : Copy(ref from, ref to, buffer, pipes is not null);
            if (result != FlowResult.Unfinished)
                return result;
            left -= (int)(moved - before) + piped + 1;
        }
    }

    /// <summary>Gives back whatever is held; the session is over.</summary>
    public void Drop(PipePool? pipes)
    {
        if (hasPipe && piped > 0)
        {
            pipes!.Discard(pipe);
            hasPipe = false;
        }

        Release(pipes);
        if (rest is not null)
            NativeMemory.Free(rest);
        this = default;
    }

    // An idle direction holds nothing.
    private void Release(PipePool? pipes)
    {
        if (!hasPipe)
            return;
        pipes!.Return(pipe);
        hasPipe = false;
    }

    private FlowResult Fill(ref Side from)
    {
        var got = Libc.Splice(from.Descriptor, null, pipe.In, null, PipePool.Capacity, Libc.SpliceMove | Libc.SpliceNonBlocking);
        if (got > 0)
        {
            piped = (int)got;
            little = got < LittleAtOnce ? (byte)(little + 1) : (byte)0;
            return FlowResult.Unfinished;
        }

        if (got == 0)
        {
            ended = true;
            return FlowResult.Unfinished;
        }

        switch (Libc.Error)
        {
            case Libc.Again:
                from.Readable = false;
                return FlowResult.Unfinished;
            case Libc.Interrupted:
                return FlowResult.Unfinished;
            case Libc.Invalid:
                // This kernel does not splice from this socket.
                much = false;
                return FlowResult.Unfinished;
            default:
                return FlowResult.SourceReset;
        }
    }

    private bool Drain(ref Side to)
    {
        var sent = Libc.Splice(pipe.Out, null, to.Descriptor, null, piped, Libc.SpliceMove | Libc.SpliceNonBlocking);
        if (sent > 0)
        {
            piped -= (int)sent;
            moved += sent;
            if (piped == 0 && little >= LittleInARow)
                much = false;
            return true;
        }

        return Blocked(ref to, Libc.Error);
    }

    private FlowResult Copy(ref Side from, ref Side to, byte* buffer, bool mayPipe)
    {
        var got = Libc.Receive(from.Descriptor, buffer, BufferSize, 0);
        if (got == 0)
        {
            ended = true;
            return FlowResult.Unfinished;
        }

        if (got < 0)
        {
            var error = Libc.Error;
            if (error == Libc.Again)
                from.Readable = false;
            return error is Libc.Again or Libc.Interrupted ? FlowResult.Unfinished : FlowResult.SourceReset;
        }

        // A short read has emptied the socket, and whatever comes now is a new event; unless the end is there already (epoll(7)).
        if (got < BufferSize && !from.Ending)
            from.Readable = false;
        if (got == BufferSize && mayPipe)
        {
            much = true;
            little = 0;
        }

        var sent = Libc.Send(to.Descriptor, buffer, got, Libc.NoSignal);
        if (sent < 0)
        {
            if (!Blocked(ref to, Libc.Error))
                return FlowResult.DestinationReset;
            sent = 0;
        }

        moved += sent;
        if (sent < got)
            Keep(buffer + sent, (int)(got - sent));
        return FlowResult.Unfinished;
    }

    private void Keep(byte* start, int length)
    {
        rest = (byte*)NativeMemory.Alloc((nuint)length);
        restStart = rest;
        restLength = length;
        new ReadOnlySpan<byte>(start, length).CopyTo(new Span<byte>(rest, length));
    }

    private bool SendRest(ref Side to)
    {
        var sent = Libc.Send(to.Descriptor, restStart, restLength, Libc.NoSignal);
        if (sent < 0)
            return Blocked(ref to, Libc.Error);
        moved += sent;
        restStart += sent;
        restLength -= (int)sent;
        if (restLength == 0)
        {
            NativeMemory.Free(rest);
            rest = null;
        }

        return true;
    }

    private static bool Blocked(ref Side to, int error)
    {
        if (error == Libc.Again)
            to.Writable = false;
        return error is Libc.Again or Libc.Interrupted;
    }
}
