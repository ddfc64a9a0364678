using System.Net;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>All TCP sessions of one thread: connecting, racing, draining. Only that thread comes in here.</summary>
internal sealed partial class TcpSessions(LinuxContext context, Epoll epoll, SessionMover mover)
{
    private const uint AllEvents = Epoll.In | Epoll.Out | Epoll.PeerHangUp | Epoll.Edge;
    private readonly List<TcpSession> sessions = [];
    private readonly Stack<TcpSession> free = new();
    private readonly Queue<(TcpSession Session, ushort Generation)> queued = new();
    private readonly Queue<(TcpSession Session, ushort Generation)> again = new();

    // More targets may be tried after a moment; no more are left; the target is gone.
    private readonly SessionList staggered = new(context.Options.ConnectStagger);
    private readonly SessionList connecting = new(context.Options.ConnectTimeout);
    private readonly SessionList draining = new(context.Options.DrainTime);
    private bool exhausted;
    private int active;

    public int Active => Volatile.Read(ref active);

    /// <summary>Whether there is work that no event announces.</summary>
    public bool HasMore => again.Count > 0;

    /// <summary>When to look again, in milliseconds from now; -1 for never.</summary>
    public long Wait(long now)
    {
        if (again.Count > 0)
            return 0;
        var due = Math.Min(staggered.Due ?? long.MaxValue, Math.Min(connecting.Due ?? long.MaxValue, draining.Due ?? long.MaxValue));
        if (queued.Count > 0)
            due = Math.Min(due, now + (exhausted ? 20 : 5));
        return due == long.MaxValue ? -1 : Math.Max(0, due - now);
    }

    /// <summary>Starts a session. Two descriptors have been taken for it already.</summary>
    public void Start(int client, LiveSlot slot, IPAddress? address, long now)
    {
        var session = Claim();
        session.Client = new Side { Descriptor = client, Writable = true };
        (session.Slot, session.Port, session.ClientAddress, session.Since) = (slot, slot.Port, address, now);
        slot.Port.Counters.Opened();
        if (!epoll.Add(client, AllEvents, new EventTag(EventKind.Client, 0, session.Generation, session.Index)))
        {
            Fail(session);
            return;
        }

        PutInOrder(session, now);
        Advance(session, now);
    }

    public void OnEvent(EventTag tag, uint what, long now)
    {
        var session = sessions[tag.Index];
        if (session.Generation != tag.Generation || session.State == SessionState.Free)
            return;
        if (tag.Kind == EventKind.Client)
            OnClient(session, what);
        else if (session.State != SessionState.Relaying)
            OnAttempt(session, tag.Part, what, now);
        else if (tag.Part == session.Winner)
            OnSide(session, ref session.Upstream, what);
    }

    /// <summary>Whatever is due, and whoever waits for another turn.</summary>
    public void OnTime(long now)
    {
        while (staggered.TakeDue(now) is { } session)
        {
            foreach (var attempt in session.Attempts)
                attempt?.Target.Slow(now);
            if (session.Pending == TcpSession.MostAttempts)
                EndOldest(session, now);
            Advance(session, now);
        }

        while (connecting.TakeDue(now) is { } session)
            TimeOut(session, now);
        while (draining.TakeDue(now) is { } session)
            Abort(session);
        // Without a descriptor for the first one there is none for the others.
        exhausted = false;
        for (var count = queued.Count; count > 0 && !exhausted; count--)
        {
            var (session, generation) = queued.Dequeue();
            if (session.Generation != generation || session.State != SessionState.Queued)
                continue;
            if (PortOfNow(session) is { } port)
                StartAgain(session, port, now);
            else
                Advance(session, now);
        }

        for (var count = again.Count; count > 0; count--)
        {
            var (session, generation) = again.Dequeue();
            if (session.Generation != generation || session.State != SessionState.Relaying)
                continue;
            session.Again = false;
            Move(session);
        }
    }

    /// <summary>Starts or stops the drain of each session, as the table says.</summary>
    public void Sweep(long now)
    {
        var table = context.Live();
        foreach (var session in sessions)
        {
            if (session.State == SessionState.Relaying)
                KeepOrDrain(session, table, now);
            else if (session.State == SessionState.Connecting && PortOfNow(session) is { } port && !LeadsToAttempt(session, port))
                StartAgain(session, port, now);
        }
    }

    public void AbortAll()
    {
        foreach (var session in sessions)
        {
            if (session.State != SessionState.Free)
                Abort(session);
        }
    }

    private TcpSession Claim()
    {
        if (!free.TryPop(out var session))
        {
            session = new TcpSession(sessions.Count);
            sessions.Add(session);
        }

        session.State = SessionState.Queued;
        Volatile.Write(ref active, active + 1);
        return session;
    }

    private void KeepOrDrain(TcpSession session, LiveTable table, long now)
    {
        var slot = session.Slot!;
        if (table[slot.Listener.Slot] == slot && !slot.Retired)
            session.List?.Remove(session);
        else if (table.Keeps(slot.Listener, session.Target!))
            session.List?.Remove(session);
        else if (session.List is null)
            draining.Add(session, now);
    }

    private void OnClient(TcpSession session, uint what)
    {
        if (session.State == SessionState.Relaying)
        {
            OnSide(session, ref session.Client, what);
            return;
        }

        session.Client.Take(what);
        if ((what & (Epoll.Error | Epoll.HangUp)) != 0 && Libc.TakeError(session.Client.Descriptor) != 0)
            Abort(session);
    }

    private void OnSide(TcpSession session, ref Side side, uint what)
    {
        side.Take(what);
        if (!Move(session) || (what & Epoll.Error) == 0)
            return;

        // A reset is told at once, even to a side that does not read.
        if (Libc.TakeError(side.Descriptor) != 0)
            Abort(session);
    }

    // False when the session has come to its end.
    private bool Move(TcpSession session)
    {
        var (up, down) = mover.Move(session);
        if (up == FlowResult.Done && down == FlowResult.Done)
        {
            End(session, reset: false);
            return false;
        }

        if (up is FlowResult.SourceReset or FlowResult.DestinationReset || down is FlowResult.SourceReset or FlowResult.DestinationReset)
        {
            mover.MoveLast(session);
            Abort(session);
            return false;
        }

        if ((up == FlowResult.Unfinished || down == FlowResult.Unfinished) && !session.Again)
        {
            session.Again = true;
            again.Enqueue((session, session.Generation));
        }

        return true;
    }

    private void Fail(TcpSession session)
    {
        session.Port!.Counters.Failed();
        Abort(session);
    }

    private void Abort(TcpSession session) => End(session, reset: true);

    private void End(TcpSession session, bool reset)
    {
        session.List?.Remove(session);
        for (var i = 0; i < session.Attempts.Length; i++)
        {
            if (session.Attempts[i] is not null)
                EndAttempt(session, i, close: true);
        }

        if (session.State == SessionState.Relaying)
        {
            Close(session.Upstream.Descriptor, reset);
            session.Target!.Closed();
            if (session.ClientAddress is { } address)
                session.Port!.Affinity?.Bind(address, session.Target, context.Clock.Now);
        }

        Close(session.Client.Descriptor, reset);
        mover.Drop(session);
        session.Port!.Counters.Closed();
        context.Descriptors.Return(2);
        (session.Slot, session.Port, session.Target, session.ClientAddress) = (null, null, null, null);
        (session.State, session.Again) = (SessionState.Free, false);
        Array.Clear(session.Order);
        session.Generation++;
        free.Push(session);
        Volatile.Write(ref active, active - 1);
    }

    private static void Close(int fd, bool reset)
    {
        if (reset)
            Libc.Reset(fd);
        else
            _ = Libc.Close(fd);
    }
}
