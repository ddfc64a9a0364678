using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay.Live;

/// <summary>What is known of one target. There is one for all aliases that lead there, so that what one alias learns serves all.</summary>
internal sealed class TargetState(IPAddress address, int port, Protocol protocol)
{
    private const long FirstPenalty = 1_000;
    private const long LongestPenalty = 30_000;
    private const long ProbeTime = 1_000;

    private long connecting;
    private long failures;
    private long open;
    private long penaltyUntil;
    private string? lastError;

    public IPEndPoint EndPoint { get; } = new(address, port);

    public Protocol Protocol => protocol;

    public long Connecting => Volatile.Read(ref connecting);

    public long Failures => Volatile.Read(ref failures);

    public long Open => Volatile.Read(ref open);

    public string? LastError => Volatile.Read(ref lastError);

    /// <summary>Room for the socket address of the engine that dials it.</summary>
    public object? Native { get; set; }

    /// <summary>Whether somebody else should be tried first, as long as there is somebody.</summary>
    public bool IsPenalised(long now) => Volatile.Read(ref penaltyUntil) > now;

    /// <summary>
    /// Asks to be the one connection that finds out whether a target works again: once its penalty is over, one connection tries it
    /// while the others keep away until the result is there.
    /// </summary>
    public bool MayTry(long now)
    {
        var until = Volatile.Read(ref penaltyUntil);
        if (until == 0)
            return true;
        return until <= now && Interlocked.CompareExchange(ref penaltyUntil, now + ProbeTime, until) == until;
    }

    /// <summary>Takes one of the places for connects under way, if there is one.</summary>
    public bool TryBeginConnect(int limit)
    {
        if (Interlocked.Increment(ref connecting) <= limit)
            return true;
        Interlocked.Decrement(ref connecting);
        return false;
    }

    public void EndConnect() => Interlocked.Decrement(ref connecting);

    public void Succeeded()
    {
        if (Volatile.Read(ref failures) != 0)
            Volatile.Write(ref failures, 0);
        if (Volatile.Read(ref penaltyUntil) != 0)
            Volatile.Write(ref penaltyUntil, 0);
        Volatile.Write(ref lastError, null);
    }

    public void Failed(long now, string why)
    {
        var count = Interlocked.Increment(ref failures);
        var penalty = Math.Min(LongestPenalty, FirstPenalty << (int)Math.Min(count - 1, 5));
        Volatile.Write(ref lastError, why);
        Volatile.Write(ref penaltyUntil, now + penalty);
    }

    /// <summary>It does not answer, but has not failed yet: others first, for a while.</summary>
    public void Slow(long now)
    {
        if (!IsPenalised(now))
            Volatile.Write(ref penaltyUntil, now + FirstPenalty);
    }

    public void Opened() => Interlocked.Increment(ref open);

    public void Closed() => Interlocked.Decrement(ref open);
}
