namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>
/// The latest changes, in order, for whoever watches. Bounded in number and bytes: who falls behind is told so and lists again, nobody's slowness
/// costs memory. Clients see those that are shown; whoever makes the data plane follow sees the others too.
/// </summary>
internal sealed class ChangeHistory(ulong floor)
{
    private const int MaxChanges = 16384;
    private const long MaxBytes = 32 * 1024 * 1024;
    private readonly StoreChange?[] ring = new StoreChange?[MaxChanges];
    private readonly Lock gate = new();
    private TaskCompletionSource next = NewSignal();
    private ulong floor = floor;
    private ulong last = floor;
    private ulong shown = floor;
    private long bytes;
    private int first;
    private int count;

    /// <summary>The version from which on every change is known.</summary>
    public ulong Floor
    {
        get
        {
            lock (gate)
                return floor;
        }
    }

    /// <summary>The version of the latest change, be it shown or not.</summary>
    public ulong Last
    {
        get
        {
            lock (gate)
                return last;
        }
    }

    /// <summary>Adds changes, which clients do not see yet.</summary>
    public void Add(IEnumerable<StoreChange> more, ulong version)
    {
        lock (gate)
        {
            foreach (var change in more)
            {
                if (count == MaxChanges)
                    DropFirst();
                ring[(first + count++) % MaxChanges] = change;
                bytes += change.Object.Json.Length;
            }

            last = version;
            while (bytes > MaxBytes && count > 1)
                DropFirst();
        }
    }

    /// <summary>Shows the changes up to a version, and wakes who waits for them.</summary>
    public void Show(ulong version)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            shown = version;
            (wake, next) = (next, NewSignal());
        }

        wake.TrySetResult();
    }

    /// <summary>The changes after a version that clients may see.</summary>
    /// <param name="version">The last version that the caller has seen; moved on to the last one that is shown.</param>
    /// <param name="wanted">Which changes concern the caller.</param>
    /// <param name="found">They come here, in order.</param>
    /// <param name="more">Completes when there may be more.</param>
    /// <returns>False if changes after that version are no longer known.</returns>
    public bool TryRead(ref ulong version, Func<StoreChange, bool> wanted, List<StoreChange> found, out Task more)
    {
        lock (gate)
        {
            more = next.Task;
            return TryRead(ref version, shown, wanted, found);
        }
    }

    /// <summary>All changes after a version, shown or not.</summary>
    /// <param name="version">The last version that the caller has seen; moved on to the last one that there is.</param>
    /// <param name="found">They come here, in order.</param>
    /// <returns>False if changes after that version are no longer known.</returns>
    public bool TryReadAll(ref ulong version, List<StoreChange> found)
    {
        lock (gate)
            return TryRead(ref version, last, static _ => true, found);
    }

    private bool TryRead(ref ulong version, ulong end, Func<StoreChange, bool> wanted, List<StoreChange> found)
    {
        if (version < floor)
            return false;
        if (version >= end)
            return true;
        for (var i = After(version); i < count && ring[(first + i) % MaxChanges]!.Version <= end; i++)
        {
            var change = ring[(first + i) % MaxChanges]!;
            if (wanted(change))
                found.Add(change);
        }

        version = end;
        return true;
    }

    private int After(ulong version)
    {
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ring[(first + middle) % MaxChanges]!.Version <= version)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void DropFirst()
    {
        var dropped = ring[first]!;
        ring[first] = null;
        first = (first + 1) % MaxChanges;
        count--;
        bytes -= dropped.Object.Json.Length;
        floor = dropped.Version;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
