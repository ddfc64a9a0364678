namespace Elsewhere.Http.Origins;

/// <summary>
/// How many requests of one alias may be repeated: one in five, and ten a second on top, so that a few requests may always be. Without it an origin that fails under
/// its load would get several times that load (Finagle's rule, which Linkerd and Envoy follow). Lock-free.
/// </summary>
public sealed class RetryBudget
{
    private const long Retry = 1_000;
    private const long PerRequest = Retry / 5;
    private const long Most = 100 * Retry;
    private const long TicksPerUnit = TimeSpan.TicksPerSecond / (10 * Retry);
    private long balance = 10 * Retry;
    private long paidUntil = long.MinValue;

    /// <summary>A request begins.</summary>
    public void Deposit()
    {
        // A race may lose a deposit or overshoot by one: a budget is no account.
        if (Volatile.Read(ref balance) < Most)
            Interlocked.Add(ref balance, PerRequest);
    }

    /// <summary>Whether one more may be repeated; if so it is counted.</summary>
    /// <param name="now">The clock's time.</param>
    public bool TryWithdraw(long now)
    {
        var until = Volatile.Read(ref paidUntil);
        if (until == long.MinValue)
        {
            Interlocked.CompareExchange(ref paidUntil, now, until);
        }
        else if (now - until > TicksPerUnit && Interlocked.CompareExchange(ref paidUntil, now, until) == until)
        {
            var due = Math.Min((now - until) / TicksPerUnit, 10 * Retry);
            if (Volatile.Read(ref balance) < 10 * Retry)
                Interlocked.Add(ref balance, due);
        }

        if (Interlocked.Add(ref balance, -Retry) >= 0)
            return true;
        Interlocked.Add(ref balance, Retry);
        return false;
    }
}
