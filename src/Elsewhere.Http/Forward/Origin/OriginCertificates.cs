using System.Collections.Concurrent;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Tls;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>
/// How TLS is spoken to each origin. A Secret or ConfigMap that turns bad, or goes, leaves what it held before in use: for those who name the same object, and for nobody
/// else. What it held counts from when requests may go by it; what was only tried does not. Asked by any thread, told by one at a time.
/// </summary>
internal sealed class OriginCertificates
{
    // So many are kept without asking who still needs them.
    private const int Few = 256;
    private readonly ConcurrentDictionary<OriginKey, Known> clients = new();
    private readonly ConcurrentDictionary<OriginKey, Current> sources = new();
    private HashSet<OriginKey> named = [];
    private int most = Few;

    /// <summary>For how many ways to speak TLS certificates are kept in memory.</summary>
    public int Kept => clients.Count;

    /// <summary>How TLS is spoken to an origin; null for not at all.</summary>
    public OriginTlsClient? Of(OriginKey origin)
    {
        if (origin.Tls is not { } settings)
            return null;
        if (clients.TryGetValue(origin, out var known) && known.Client.Problem is null)
            return known.Client;

        // What is bad itself depends on what was good before, which may be something else by now.
        var before = BeforeOf(origin);
        if (known is not null && ReferenceEquals(known.Before, before))
            return known.Client;
        var made = new Known(OriginTlsClient.Create(settings, before), before);
        clients[origin] = made;
        return made.Client;
    }

    /// <summary>What requests go by from now on.</summary>
    /// <param name="origins">Each origin that they may go to; may come several times.</param>
    public void Name(IEnumerable<OriginKey> origins)
    {
        var next = origins.Where(static origin => origin.Tls is { } tls && (tls.CaCertificates ?? (object?)tls.ClientCertificate) is not null).ToHashSet();
        foreach (var origin in next)
        {
            if (!named.Contains(origin))
                Begin(origin);
        }

        named = next;
        if (clients.Count > most)
            Forget(origins.Where(static origin => origin.Tls is not null).ToHashSet());
    }

    // Nothing is read of what begins: a bundle may be large, and there may be thousands of them at the start. What it takes the place of has been, as a rule.
    private void Begin(OriginKey origin)
    {
        var source = SourceOf(origin);
        if (sources.TryGetValue(source, out var current) && current.Origin != origin)
            sources[source] = new Current(origin, GoodOf(current));
        else
            sources.TryAdd(source, new Current(origin, null));
    }

    // Certificates that are renewed, and origins that go, leave keys behind: those that nobody names any more are not kept for ever.
    private void Forget(HashSet<OriginKey> next)
    {
        foreach (var origin in clients.Keys.Where(origin => !next.Contains(origin)))
            clients.TryRemove(origin, out _);
        var kept = named.Select(SourceOf).ToHashSet();
        foreach (var source in sources.Keys.Where(source => !kept.Contains(source)))
            sources.TryRemove(source, out _);
        most = Math.Max(Few, 2 * clients.Count);
    }

    private OriginTlsClient? BeforeOf(OriginKey origin) =>
        !sources.TryGetValue(SourceOf(origin), out var current) ? null : current.Origin == origin ? current.Before : GoodOf(current);

    private OriginTlsClient? GoodOf(Current current) => Of(current.Origin) is { Problem: null } good ? good : current.Before;

    private static OriginKey SourceOf(OriginKey origin) => origin with { Tls = origin.Tls!.WithoutContents() };

    private sealed record Known(OriginTlsClient Client, OriginTlsClient? Before);

    // What requests go by, and the last good one before it.
    private sealed record Current(OriginKey Origin, OriginTlsClient? Before);
}
