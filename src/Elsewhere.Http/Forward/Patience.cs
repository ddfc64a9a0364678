using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http2;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>Why a request was ended that the client still waits for.</summary>
internal enum PatienceEnd
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Nothing came, neither from the origin nor from the client.</summary>
    Idle,

    /// <summary>All of it took longer than it may.</summary>
    Request,

    /// <summary>The client took nothing of what there was for it.</summary>
    Stalled,

    /// <summary>The client of a stream of HTTP/2 took what there was for it more slowly than it may.</summary>
    Slow,

    /// <summary>AliasPolicies forbid the origin since.</summary>
    Forbidden,
}

/// <summary>
/// How long one request may last: all of it, without a byte either way, while the client takes nothing, and where policies no longer allow it. It ends with the client,
/// too. What moves is written down, and a timer looks now and then; it goes on from one request to the next. Used again for the next request.
/// </summary>
internal sealed class Patience : IDisposable
{
    private const long Never = long.MaxValue;
    private static readonly TimeSpan mostBetweenLooks = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly ClientLimits limits;
    private readonly PoliciesInForce policies;
    private readonly TimeSpan look;
    private readonly ITimer timer;
    private CancellationTokenSource source = new();
    private CancellationTokenRegistration client;
    private CancellationToken aborted;
    private ClientProgress progress;
    private ClientWindows? windows;
    private long written;
    private TimeSpan idle;
    private TimeSpan request;
    private long begun;
    private long moved;
    private long waitingSince;
    private long nextLook = Never;
    private bool isUnderWay;
    private volatile PatienceEnd end;
    private Verdict verdict;
    private LiveRoute? route;
    private GatewayOrigin? origin;
    private OriginPool? pool;

    /// <summary>For the requests of one connection of HTTP/1.1, or of one stream of HTTP/2.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="limits">How long a client may take nothing, and what is left to a request that policies forbid.</param>
    /// <param name="policies">What is allowed.</param>
    public Patience(TimeProvider time, ClientLimits limits, PoliciesInForce policies)
    {
        (this.time, this.limits, this.policies) = (time, limits, policies);
        look = Least(Least(mostBetweenLooks, limits.Http.RateGrace), Least(limits.Stall / 4, limits.Forbidden));
        timer = time.CreateTimer(static state => ((Patience)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Moved = () => Volatile.Write(ref moved, time.GetTimestamp());
    }

    /// <summary>To be called when a byte went one way or the other.</summary>
    public Action Moved { get; }

    /// <summary>Cancelled when a time is over, and when the client has gone.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Why it is over; nothing if it is not, or if the client had gone before.</summary>
    public PatienceEnd End => end;

    /// <summary>Whether a client of HTTP/2 has opened its windows for all of the answer, so that nothing of it is left behind; false of other versions.</summary>
    public bool HasRoom => windows is { } open && open.HaveRoom(written);

    /// <summary>A request begins.</summary>
    public void Begin(TimeoutsView timeouts, GatewayExchange exchange)
    {
        lock (gate)
        {
            (idle, request, aborted) = (timeouts.Idle, timeouts.Request, exchange.Aborted);
            (end, verdict, waitingSince, progress) = (PatienceEnd.None, default, 0, new ClientProgress(exchange));
            (windows, written) = (exchange.Frames?.Windows, 0);
            begun = moved = time.GetTimestamp();
            isUnderWay = true;
            LookBy(Least(look, Least(OrNever(idle), OrNever(request))), begun);
        }

        client = aborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
    }

    /// <summary>It goes there.</summary>
    public void Goes(LiveRoute by, GatewayOrigin to, OriginPool through) => (route, origin, pool) = (by, to, through);

    /// <summary>A request ends.</summary>
    public void Finish()
    {
        client.Dispose();
        lock (gate)
        {
            isUnderWay = false;
            progress.End();
            (route, origin, pool, progress) = (null, null, null, default);

            // One that is being cancelled right now is left to whoever does so.
            if (end != PatienceEnd.None || !source.TryReset())
                source = new CancellationTokenSource();
        }
    }

    /// <summary>So many bytes of the answer's content were written.</summary>
    public void Wrote(int count)
    {
        if (windows is null)
            return;
        written += count;
        windows.Owe(count);
    }

    /// <summary>The client has to take something before more can be sent.</summary>
    public void WaitForClient() => Volatile.Write(ref waitingSince, time.GetTimestamp());

    /// <summary>The client has taken what was waited for.</summary>
    public void ClientTook()
    {
        Volatile.Write(ref waitingSince, 0);
        Moved();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        client.Dispose();
        timer.Dispose();
        source.Dispose();
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan OrNever(TimeSpan limit) => limit > TimeSpan.Zero ? limit : TimeSpan.MaxValue;

    private void Look()
    {
        CancellationTokenSource over;
        lock (gate)
        {
            nextLook = Never;
            if (!isUnderWay || end != PatienceEnd.None || aborted.IsCancellationRequested)
                return;
            var now = time.GetTimestamp();
            var left = Judge(now, out var why);
            if (why == PatienceEnd.None)
            {
                LookBy(Least(look, left), now);
                return;
            }

            end = why;
            over = source;
        }

        over.Cancel();
    }

    // An earlier look than one that is due already, if it has to be.
    private void LookBy(TimeSpan from, long now)
    {
        var at = now + (long)(from.TotalSeconds * time.TimestampFrequency);
        if (at >= nextLook)
            return;
        nextLook = at;
        timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(from.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    // How long it may still last at least.
    private TimeSpan Judge(long now, out PatienceEnd why)
    {
        why = PatienceEnd.Request;
        var whole = OrNever(request) - time.GetElapsedTime(begun, now);
        if (whole <= TimeSpan.Zero)
            return whole;
        why = PatienceEnd.Forbidden;
        if (IsForbidden(now))
            return TimeSpan.Zero;
        TimeSpan silent;
        if (Volatile.Read(ref waitingSince) is var since and > 0)
        {
            why = PatienceEnd.Stalled;
            silent = limits.Stall - time.GetElapsedTime(progress.LastAt(since, now), now);
            if (silent > TimeSpan.Zero && progress.IsTooSlow(limits.Http, now))
            {
                why = PatienceEnd.Slow;
                return TimeSpan.Zero;
            }
        }
        else
        {
            why = PatienceEnd.Idle;
            silent = OrNever(idle) - time.GetElapsedTime(Volatile.Read(ref moved), now);
        }

        if (silent <= TimeSpan.Zero)
            return silent;
        why = PatienceEnd.None;
        return Least(whole, silent);
    }

    // What began before a policy was changed gets a while, from the first look on that sees it.
    private bool IsForbidden(long now)
    {
        if (route is not { } by || origin is not { } to || pool is not { } through)
            return false;
        var version = policies.Version;
        if (verdict.By != version)
            verdict = new(version, !policies.Denies(by.Entry.Alias.Key, to, through.Key.Address) ? 0 : verdict.DeniedSince > 0 ? verdict.DeniedSince : now);
        return verdict.DeniedSince > 0 && time.GetElapsedTime(verdict.DeniedSince, now) >= limits.Forbidden;
    }

    // What policies said last, and since when they say no.
    private readonly record struct Verdict(object? By, long DeniedSince);
}
