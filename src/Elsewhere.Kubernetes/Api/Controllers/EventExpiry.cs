using System.Globalization;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>Events are news: they are kept for an hour (the API server's <c>--event-ttl</c>), and the latest few thousand of them at most.</summary>
internal sealed class EventExpiry(ApiCore core)
{
    private const int MaxEvents = 5000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(50);
    private long last = core.Time.GetTimestamp();

    public void React(Transaction change)
    {
        var table = change.State.Of(Collection.Events);
        if (table.Count <= MaxEvents && core.Time.GetElapsedTime(last) < Every)
            return;
        last = core.Time.GetTimestamp();
        var oldest = core.Time.GetUtcNow() - Lifetime;
        foreach (var item in table.Where(item => IsOlder(item, oldest)).ToList())
            change.Delete(item);
        table = change.State.Of(Collection.Events);
        foreach (var item in table.OrderBy(static item => item.Version).Take(table.Count - MaxEvents).ToList())
            change.Delete(item);
    }

    private static bool IsOlder(StoredObject item, DateTimeOffset limit)
    {
        var tree = item.Parse();
        foreach (var text in (ReadOnlySpan<string>)[tree["series"]?.Str("lastObservedTime") ?? "", tree.Str("lastTimestamp"), tree.Str("eventTime"), tree["metadata"]!.Str("creationTimestamp")])
        {
            if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
                return at < limit;
        }

        return false;
    }
}
