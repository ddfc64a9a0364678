using System.Collections.Concurrent;
using System.Net;

namespace Elsewhere.Http.Relay.Live;

/// <summary>Which client goes where (<c>sessionAffinity: ClientIP</c>): a client keeps its target until it stays away for the time-out.</summary>
internal sealed class Affinity(TimeSpan timeout)
{
    private const int MostClients = 65_536;
    private readonly ConcurrentDictionary<IPAddress, Binding> bindings = new();
    private readonly long timeoutMilliseconds = (long)timeout.TotalMilliseconds;

    public TimeSpan Timeout => timeout;

    /// <summary>The client's target, or null if it has none, or had it too long ago.</summary>
    public TargetState? Find(IPAddress client, long now) =>
        bindings.TryGetValue(client, out var binding) && Volatile.Read(ref binding.Until) > now ? binding.Target : null;

    /// <summary>Binds the client, or prolongs the bond.</summary>
    public void Bind(IPAddress client, TargetState target, long now)
    {
        var until = now + timeoutMilliseconds;
        if (bindings.TryGetValue(client, out var binding) && binding.Target == target)
        {
            Volatile.Write(ref binding.Until, until);
            return;
        }

        if (binding is null && bindings.Count >= MostClients)
            MakeRoom(now);
        bindings[client] = new Binding(target) { Until = until };
    }

    // Whoever is over goes; if nobody is, an eighth of the clients in no order: losing a bond costs a client its target, not its connection.
    private void MakeRoom(long now)
    {
        var spare = MostClients / 8;
        foreach (var (client, binding) in bindings)
        {
            if (Volatile.Read(ref binding.Until) <= now || spare-- > 0)
                bindings.TryRemove(client, out _);
        }
    }

    private sealed class Binding(TargetState target)
    {
        public long Until;

        public TargetState Target => target;
    }
}
