namespace Elsewhere.Http.Relay.Live;

/// <summary>One bound port, from binding to closing; it outlives tables.</summary>
internal sealed class Listener(int slot, RelayListen listen)
{
    /// <summary>Whose turn it is among the targets.</summary>
    public uint Turn;

    /// <summary>Its place in every <see cref="LiveTable"/>.</summary>
    public int Slot => slot;

    public RelayListen Listen => listen;

    /// <summary>Whatever the engine keeps for it.</summary>
    public object? Native { get; set; }

    /// <summary>The last application of a table that wanted it.</summary>
    public long WantedAt { get; set; }

    /// <summary>The retirement that it is part of; null while a table has the listener.</summary>
    public object? Retiring { get; set; }
}

/// <summary>What a slot holds: the listener, where it leads, and whether the table has dropped it.</summary>
/// <param name="Listener">The listener.</param>
/// <param name="Port">Where it leads.</param>
/// <param name="Retired">In its grace: it still serves, but what it opens is drained from the start.</param>
internal sealed record LiveSlot(Listener Listener, LivePort Port, bool Retired);

/// <summary>The one reference that a connection reads, once, when it is accepted.</summary>
internal sealed class LiveTable(LiveSlot?[] slots)
{
    public static LiveTable Empty { get; } = new([]);

    public ReadOnlySpan<LiveSlot?> Slots => slots;

    public int Listening
    {
        get
        {
            var count = 0;
            foreach (var slot in slots)
                count += slot is null ? 0 : 1;
            return count;
        }
    }

    public LiveSlot? this[int slot] => (uint)slot < (uint)slots.Length ? slots[slot] : null;

    /// <summary>Whether a connection that came in through a listener may stay with its target.</summary>
    public bool Keeps(Listener listener, TargetState target) =>
        this[listener.Slot] is { Retired: false } slot && slot.Listener == listener && slot.Port.Leads(target);
}
