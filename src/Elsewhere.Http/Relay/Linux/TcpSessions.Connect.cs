using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <content>Until there is an upstream connection: one target after the other, and beside one that does not answer the next.</content>
internal sealed partial class TcpSessions
{
    private static void PutInOrder(TcpSession session, long now)
    {
        var port = session.Port!;
        if (session.Order.Length < port.Tries)
            session.Order = new TargetState[port.Tries];
        session.OrderCount = port.Order(session.ClientAddress, ref session.Slot!.Listener.Turn, now, session.Order);
        session.Next = 0;
    }

    // Starts the next connect; when there is no further target, waits for those under way, or gives up.
    private void Advance(TcpSession session, long now)
    {
        while (session.Next < session.OrderCount && session.Pending < TcpSession.MostAttempts)
        {
            // The first connect has its descriptor from the start; those beside it need one of their own.
            if (session.Pending > 0 && !context.Descriptors.TryTake(1))
                break;
            var target = session.Order[session.Next];
            var result = Dialer.Connect(context, target, now, out var fd);
            if (result != DialResult.Started && session.Pending > 0)
                context.Descriptors.Return(1);
            if (result == DialResult.Started)
            {
                session.Next++;
                AddAttempt(session, fd, target);
                WaitForConnect(session, now);
                return;
            }

            if (result == DialResult.Failed)
            {
                session.Next++;
                continue;
            }

            exhausted = result == DialResult.Exhausted;
            if (session.Pending > 0)
                break;
            Queue(session, now);
            return;
        }

        if (session.Pending > 0)
            WaitForConnect(session, now);
        else if (PortOfNow(session) is { } port)
            StartAgain(session, port, now);
        else
            Fail(session);
    }

    // A target may go after the table was read: then the table of now has the last word. Null if it says the same.
    private LivePort? PortOfNow(TcpSession session) =>
        context.Live()[session.Slot!.Listener.Slot] is { } slot && slot.Listener == session.Slot.Listener && slot.Port != session.Port ? slot.Port : null;

    private static bool LeadsToAttempt(TcpSession session, LivePort port)
    {
        foreach (var attempt in session.Attempts)
        {
            if (attempt is { } pending && port.Leads(pending.Target))
                return true;
        }

        return false;
    }

    private void StartAgain(TcpSession session, LivePort port, long now)
    {
        for (var i = 0; i < session.Attempts.Length; i++)
        {
            if (session.Attempts[i] is not null)
                EndAttempt(session, i, close: true);
        }

        session.Port!.Counters.Closed();
        session.Port = port;
        port.Counters.Opened();
        PutInOrder(session, now);
        Advance(session, now);
    }

    private void Queue(TcpSession session, long now)
    {
        session.List?.Remove(session);
        session.State = SessionState.Queued;
        if (now - session.Since > (long)context.Options.ConnectTimeout.TotalMilliseconds)
            Fail(session);
        else
            queued.Enqueue((session, session.Generation));
    }

    private void WaitForConnect(TcpSession session, long now)
    {
        session.State = SessionState.Connecting;
        (session.Next < session.OrderCount ? staggered : connecting).Add(session, now);
    }

    private void AddAttempt(TcpSession session, int fd, TargetState target)
    {
        var number = session.NextAttempt;
        while (session.Attempts[number % TcpSession.MostAttempts] is not null)
            number++;
        session.NextAttempt = (byte)(number + 1);
        session.Attempts[number % TcpSession.MostAttempts] = new Attempt(fd, target);
        session.Pending++;
        epoll.Add(fd, AllEvents, new EventTag(EventKind.Upstream, (byte)(number % TcpSession.MostAttempts), session.Generation, session.Index));
    }

    private void EndAttempt(TcpSession session, int number, bool close)
    {
        var attempt = session.Attempts[number]!.Value;
        session.Attempts[number] = null;
        session.Pending--;
        attempt.Target.EndConnect();
        if (close)
            _ = Libc.Close(attempt.Descriptor);
        if (session.Pending > 0)
            context.Descriptors.Return(1);
    }

    private void EndOldest(TcpSession session, long now)
    {
        var oldest = session.NextAttempt % TcpSession.MostAttempts;
        session.Attempts[oldest]?.Target.Failed(now, "TimedOut");
        EndAttempt(session, oldest, close: true);
    }

    private void OnAttempt(TcpSession session, int number, uint what, long now)
    {
        if (session.Attempts[number] is not { } attempt || (what & (Epoll.Out | Epoll.Error | Epoll.HangUp)) == 0)
            return;
        var error = Libc.TakeError(attempt.Descriptor);
        if (error == 0 && (what & Epoll.Out) != 0)
        {
            Connected(session, number, attempt, what, now);
            return;
        }

        Dialer.Report(attempt.Target, error == 0 ? Libc.ConnectionRefused : error, now);
        EndAttempt(session, number, close: true);
        Advance(session, now);
    }

    private void TimeOut(TcpSession session, long now)
    {
        for (var i = 0; i < session.Attempts.Length; i++)
        {
            if (session.Attempts[i] is not { } attempt)
                continue;
            attempt.Target.Failed(now, "TimedOut");
            EndAttempt(session, i, close: true);
        }

        Advance(session, now);
    }

    private void Connected(TcpSession session, int number, Attempt attempt, uint what, long now)
    {
        session.List?.Remove(session);
        EndAttempt(session, number, close: false);
        for (var i = 0; i < session.Attempts.Length; i++)
        {
            if (session.Attempts[i] is not null)
                EndAttempt(session, i, close: true);
        }

        attempt.Target.Succeeded();
        attempt.Target.Opened();
        session.Upstream = new Side { Descriptor = attempt.Descriptor, Writable = true };
        session.Upstream.Take(what);
        (session.Target, session.Winner, session.State) = (attempt.Target, (byte)number, SessionState.Relaying);
        if (session.ClientAddress is { } address)
            session.Port!.Affinity?.Bind(address, attempt.Target, now);
        KeepOrDrain(session, context.Live(), now);
        Move(session);
    }
}
