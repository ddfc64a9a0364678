using System.Net;
using Elsewhere.Http.Relay.Live;

namespace Elsewhere.Http.Relay.Linux;

/// <summary>Where a session is in its life.</summary>
internal enum SessionState : byte
{
    /// <summary>Its place is free.</summary>
    Free,

    /// <summary>It waits until it may start a connect.</summary>
    Queued,

    /// <summary>One connect is under way, or several.</summary>
    Connecting,

    /// <summary>Bytes are passed.</summary>
    Relaying,
}

/// <summary>One connect that is under way.</summary>
/// <param name="Descriptor">Its socket.</param>
/// <param name="Target">Where it goes.</param>
internal readonly record struct Attempt(int Descriptor, TargetState Target);

/// <summary>One TCP connection from its acceptance to its end. The object is used again; its generation tells the lives apart.</summary>
internal sealed class TcpSession(int index)
{
    /// <summary>How many connects of one session may be under way.</summary>
    public const int MostAttempts = 4;

    public Flow Up;
    public Flow Down;
    public Side Client;
    public Side Upstream;

    public int Index => index;

    public ushort Generation { get; set; }

    public SessionState State { get; set; }

    public LiveSlot? Slot { get; set; }

    public LivePort? Port { get; set; }

    public TargetState? Target { get; set; }

    public IPAddress? ClientAddress { get; set; }

    /// <summary>Which attempt became the upstream socket; its events go on carrying this number.</summary>
    public byte Winner { get; set; }

    /// <summary>The targets in the order in which they are tried.</summary>
    public TargetState[] Order { get; set; } = new TargetState[1];

    public int OrderCount { get; set; }

    public int Next { get; set; }

    public Attempt?[] Attempts { get; } = new Attempt?[MostAttempts];

    public int Pending { get; set; }

    public byte NextAttempt { get; set; }

    /// <summary>When it was accepted.</summary>
    public long Since { get; set; }

    /// <summary>When the list that it is in looks at it.</summary>
    public long Due { get; set; }

    public SessionList? List { get; set; }

    public TcpSession? Before { get; set; }

    public TcpSession? After { get; set; }

    /// <summary>Whether it waits for another turn already.</summary>
    public bool Again { get; set; }
}

/// <summary>Sessions that all wait for the same time, so that the first one in is the first one due.</summary>
internal sealed class SessionList(TimeSpan wait)
{
    private readonly long milliseconds = Math.Max(1, (long)wait.TotalMilliseconds);
    private TcpSession? first;
    private TcpSession? last;

    /// <summary>When the first one is due; null if there is none.</summary>
    public long? Due => first?.Due;

    /// <summary>Puts a session at the end, out of whatever list it was in.</summary>
    public void Add(TcpSession session, long now)
    {
        session.List?.Remove(session);
        (session.List, session.Due, session.Before, session.After) = (this, now + milliseconds, last, null);
        if (last is null)
            first = session;
        else
            last.After = session;
        last = session;
    }

    public void Remove(TcpSession session)
    {
        if (session.Before is null)
            first = session.After;
        else
            session.Before.After = session.After;
        if (session.After is null)
            last = session.Before;
        else
            session.After.Before = session.Before;
        (session.List, session.Before, session.After) = (null, null, null);
    }

    /// <summary>Takes out the first one if its time has come.</summary>
    public TcpSession? TakeDue(long now)
    {
        if (first is not { } due || due.Due > now)
            return null;
        Remove(due);
        return due;
    }
}
