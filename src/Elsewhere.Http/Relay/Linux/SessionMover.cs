using System.Runtime.InteropServices;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>Moves the bytes of one thread's sessions, with that thread's buffer and pipes.</summary>
internal sealed unsafe class SessionMover : IDisposable
{
    private readonly byte* buffer = (byte*)NativeMemory.Alloc(Flow.BufferSize);
    private readonly PipePool pool;
    private readonly PipePool? pipes;
    private bool disposed;

    public SessionMover(LinuxContext context)
    {
        pool = new PipePool(context.Descriptors);
        pipes = context.Options.Splice ? pool : null;
    }

    public (FlowResult Up, FlowResult Down) Move(TcpSession session)
    {
        var up = session.Up.Move(ref session.Client, ref session.Upstream, buffer, pipes, EndAfter(session.Down));
        var down = session.Down.Move(ref session.Upstream, ref session.Client, buffer, pipes, EndAfter(session.Up));
        Count(session);
        return (up, down);
    }

    /// <summary>One side was reset: what it had sent before still goes to the other one, as far as that takes it at once.</summary>
    public void MoveLast(TcpSession session)
    {
        session.Up.Move(ref session.Client, ref session.Upstream, buffer, pipes, FlowEnd.Keep);
        session.Down.Move(ref session.Upstream, ref session.Client, buffer, pipes, FlowEnd.Keep);
        Count(session);
    }

    public void Drop(TcpSession session)
    {
        session.Up.Drop(pipes);
        session.Down.Drop(pipes);
    }

    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        pool.Dispose();
        NativeMemory.Free(buffer);
    }

    private static FlowEnd EndAfter(in Flow other) => other.Done ? FlowEnd.Close : FlowEnd.Shutdown;

    private static void Count(TcpSession session)
    {
        if (session.Up.TakeMoved() is > 0 and var up)
            session.Port!.Counters.ToOrigin(up);
        if (session.Down.TakeMoved() is > 0 and var down)
            session.Port!.Counters.ToClient(down);
    }
}
