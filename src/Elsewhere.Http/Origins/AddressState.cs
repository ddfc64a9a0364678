namespace Elsewhere.Http.Origins;

/// <summary>
/// What is known of one address of one origin: there is one for all aliases that lead there, so that what one of them learns serves all (U11). As long as it works
/// nothing is written here, whatever the number of requests. Any thread.
/// </summary>
public sealed class AddressState
{
    private static readonly long HalfOpen = TimeSpan.FromSeconds(1).Ticks;
    private readonly Lock gate = new();
    private readonly OriginOptions options;
    private readonly Action<AddressState> changed;
    private readonly TimeProvider time;
    private volatile int health;
    private volatile int failures;
    private long ejectedUntil;
    private int tryingAgain;
    private int ejections;
    private int inARow;
    private string? reason;
    private DateTimeOffset? since;
    private string? lastError;
    private DateTimeOffset? lastErrorAt;

    /// <summary>Nothing is known: it is used.</summary>
    /// <param name="key">Which.</param>
    /// <param name="options">When it is ejected, and for how long.</param>
    /// <param name="changed">Told when <see cref="Health"/> has changed; on the thread that found out.</param>
    /// <param name="time">The clock that people read; null for the system's.</param>
    public AddressState(AddressKey key, OriginOptions options, Action<AddressState> changed, TimeProvider? time = null)
    {
        Key = key;
        this.time = time ?? TimeProvider.System;
        this.options = options;
        this.changed = changed;
    }

    /// <summary>Which address of which origin.</summary>
    public AddressKey Key { get; }

    /// <summary>Whether it is used, or why not.</summary>
    public AddressHealth Health => (AddressHealth)health;

    /// <summary>Whether it is used.</summary>
    public bool IsUp => health == 0;

    /// <summary>How it does.</summary>
    public AddressStatus Status
    {
        get
        {
            lock (gate)
                return new AddressStatus(Key, Health, reason, ejections, since, lastError, lastErrorAt);
        }
    }

    /// <summary>The connections that a request to it used last; given up ones take nobody.</summary>
    internal Forward.Origin.OriginPool? Pool { get; set; }

    /// <summary>Whether it is out for what it answered, and for nothing else.</summary>
    internal bool IsOnlyFailing => health == (int)AddressHealth.Failing;

    /// <summary>
    /// Asks to be the one request that finds out whether it answers again: once the ejection is over, one request goes there while the others keep away for a second
    /// or until its result is there.
    /// </summary>
    public bool TryHalfOpen(long now)
    {
        if (!IsOnlyFailing)
            return false;
        var until = Volatile.Read(ref ejectedUntil);
        if (until > now || Interlocked.CompareExchange(ref ejectedUntil, now + HalfOpen, until) != until)
            return false;
        Volatile.Write(ref tryingAgain, 1);
        return true;
    }

    /// <summary>A response came, other than 502, 503 and 504. The check of the manifest is not overruled by it.</summary>
    public void Succeeded()
    {
        if ((failures | (health & ~(int)AddressHealth.CheckFails)) != 0)
            Recover(AddressHealth.Unreachable | AddressHealth.Failing);
    }

    /// <summary>A request found it wanting. What was lacking on our side (descriptors, local ports) is nothing to report here.</summary>
    /// <param name="failure">What was wrong.</param>
    /// <param name="now">The clock's time.</param>
    /// <param name="why">The same as a sentence, for findings.</param>
    public void Failed(AddressFailure failure, long now, string why)
    {
        lock (gate)
        {
            Note(why);
            if (failure == AddressFailure.Connect)
            {
                if (Add(AddressHealth.Unreachable))
                    ejections++;
            }
            else if (Health.HasFlag(AddressHealth.Failing))
            {
                // Requests that were on their way when it was ejected say nothing new.
                if (Interlocked.Exchange(ref tryingAgain, 0) == 1)
                    Eject(now);
            }
            else if (++failures >= options.FailuresUntilEjection)
            {
                Eject(now);
                Add(AddressHealth.Failing);
            }
        }
    }

    /// <summary>The health check of the manifest has a result. A check that asks for a path speaks for the answers of the address too.</summary>
    /// <param name="why">What failed, as a sentence; null if nothing did.</param>
    public void Checked(string? why)
    {
        if (Key.Check is not { } check)
            return;
        lock (gate)
        {
            // Failures count downward, so that one of the other kind begins anew.
            inARow = why is null ? Math.Max(inARow, 0) + 1 : Math.Min(inARow, 0) - 1;
            if (why is not null)
            {
                Note(why);
                if (-inARow >= check.UnhealthyThreshold)
                    Add(AddressHealth.CheckFails);
                return;
            }
        }

        if (health == 0)
            return;
        if (inARow >= check.HealthyThreshold)
            Recover(AddressHealth.CheckFails | AddressHealth.Unreachable | (check.Path is null ? 0 : AddressHealth.Failing));
        else
            Recover(AddressHealth.Unreachable);
    }

    /// <summary>A connection of our own came about.</summary>
    public void Reached() => Recover(AddressHealth.Unreachable);

    private void Eject(long now)
    {
        ejections++;
        Volatile.Write(ref ejectedUntil, now + Math.Min(options.Ejection.Ticks * ejections, options.LongestEjection.Ticks));
    }

    private bool Add(AddressHealth why)
    {
        if (Health.HasFlag(why))
            return false;
        health |= (int)why;
        since = time.GetUtcNow();
        changed(this);
        return true;
    }

    private void Note(string why) => (reason, lastError, lastErrorAt) = (why, why, time.GetUtcNow());

    private void Recover(AddressHealth from)
    {
        lock (gate)
        {
            if (from.HasFlag(AddressHealth.Failing))
                failures = 0;
            var before = health;
            health = before & ~(int)from;
            if (health == 0)
            {
                reason = null;
                if (failures == 0)
                    ejections = 0;
            }

            if (health == before)
                return;
            since = time.GetUtcNow();
            changed(this);
        }
    }
}
