using Elsewhere.Kubernetes.Api.Store;

namespace Elsewhere.Kubernetes.Api.Server;

/// <summary>States of which a client has seen a part and may want the rest. They share what did not change; few are kept, and not for long.</summary>
internal sealed class SnapshotShelf(TimeProvider time)
{
    private const int MaxStates = 64;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    private readonly LinkedList<(StoreState State, long At)> kept = [];
    private readonly Lock gate = new();

    /// <summary>Keeps a state for a while.</summary>
    public void Keep(StoreState state)
    {
        lock (gate)
        {
            Expire();
            if (kept.Any(k => k.State.Version == state.Version))
                return;
            kept.AddLast((state, time.GetTimestamp()));
            if (kept.Count > MaxStates)
                kept.RemoveFirst();
        }
    }

    /// <summary>The state of a version, or null if it is no longer there.</summary>
    public StoreState? Find(ulong version)
    {
        lock (gate)
        {
            Expire();
            return kept.FirstOrDefault(k => k.State.Version == version).State;
        }
    }

    private void Expire()
    {
        while (kept.First is { } first && time.GetElapsedTime(first.Value.At) > Lifetime)
            kept.RemoveFirst();
    }
}
