using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>Whether a request may pass, and if not, which limit of the manifest it is over.</summary>
public enum LimitVerdict
{
    /// <summary>It may; call <see cref="RequestLimit.Leave"/> at its end.</summary>
    Allowed,

    /// <summary>Too many requests per second: 429.</summary>
    OverRate,

    /// <summary>Too many requests in flight: 429.</summary>
    OverConcurrency,
}

/// <summary>
/// The limits of one alias (<c>spec.http.rateLimit</c>), of all its clients together. It outlives a change of the manifest, so that a change of something else
/// gives nobody a fresh allowance. A request costs two atomic operations at most; without limits, nothing.
/// </summary>
/// <remarks>The rate is a token bucket kept as one number: the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371).</remarks>
public sealed class RequestLimit
{
    private Rule rule = new(RateLimitView.None);
    private long fullAt = long.MinValue;
    private int inFlight;

    /// <summary>Requests in flight; counted only while there is a limit of them.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Takes what the manifest says now.</summary>
    public void Apply(RateLimitView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (rule.View != view)
            Volatile.Write(ref rule, new Rule(view));
    }

    /// <summary>A request comes.</summary>
    /// <param name="now">The clock's time.</param>
    /// <param name="entered">Whether the request is counted; to be given to <see cref="Leave"/>.</param>
    /// <param name="retryAfter">What to say in <c>Retry-After</c>, whole seconds, at least 1; 0 if it is allowed.</param>
    public LimitVerdict Enter(long now, out bool entered, out int retryAfter)
    {
        entered = false;
        retryAfter = 0;
        var current = Volatile.Read(ref rule);
        if (current.Concurrency > 0)
        {
            if (Interlocked.Increment(ref inFlight) > current.Concurrency)
            {
                Interlocked.Decrement(ref inFlight);
                retryAfter = 1;
                return LimitVerdict.OverConcurrency;
            }

            entered = true;
        }

        if (current.Interval == 0 || TakeToken(current, now, ref retryAfter))
            return LimitVerdict.Allowed;
        Leave(entered);
        entered = false;
        return LimitVerdict.OverRate;
    }

    /// <summary>A request that was allowed has ended, well or not.</summary>
    /// <param name="entered">What <see cref="Enter"/> said.</param>
    public void Leave(bool entered)
    {
        if (entered)
            Interlocked.Decrement(ref inFlight);
    }

    private bool TakeToken(Rule current, long now, ref int retryAfter)
    {
        while (true)
        {
            var seen = Volatile.Read(ref fullAt);
            var next = Math.Max(seen, now) + current.Interval;
            if (next - now > current.Capacity)
            {
                retryAfter = (int)Math.Min(int.MaxValue, Math.Max(1, (next - now - current.Capacity + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond));
                return false;
            }

            if (Interlocked.CompareExchange(ref fullAt, next, seen) == seen)
                return true;
        }
    }

    private sealed class Rule(RateLimitView view)
    {
        public RateLimitView View => view;

        public int Concurrency { get; } = view.Concurrency;

        // Never 0 where there is a rate: ten million requests a second is the finest.
        public long Interval { get; } = view.RequestsPerSecond == 0 ? 0 : Math.Max(1, TimeSpan.TicksPerSecond / view.RequestsPerSecond);

        public long Capacity { get; } = view.RequestsPerSecond == 0
            ? 0
            : Math.Max(1, TimeSpan.TicksPerSecond / view.RequestsPerSecond) * (view.Burst == 0 ? view.RequestsPerSecond : view.Burst);
    }
}
