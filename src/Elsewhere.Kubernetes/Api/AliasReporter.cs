using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;
using static Elsewhere.Kubernetes.Api.OpenApi.JsonTree;

namespace Elsewhere.Kubernetes.Api;

/// <summary>Writes the status of Alias objects: only of those that have something new to say. One call at a time.</summary>
internal sealed class AliasReporter(ApiCore core)
{
    private readonly Dictionary<ObjectKey, (AliasReport Report, ulong Version)> written = [];

    /// <summary>Writes what is new.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<AliasReport> reports)
    {
        var state = core.Store.Latest;
        var due = reports.Where(report => state.Find(Collection.Aliases, report.Key) is { } item
            && !(written.TryGetValue(report.Key, out var last) && last.Version == item.Version && last.Report == report)).ToList();
        if (due.Count == 0)
            return;
        var versions = await core.Store.WriteAsync(change => due.ConvertAll(report => Write(change, report))).ConfigureAwait(false);
        for (var i = 0; i < due.Count; i++)
            written[due[i].Key] = (due[i], versions[i]);
        if (written.Count <= (2 * reports.Count) + 64)
            return;
        var known = reports.Select(static report => report.Key).ToHashSet();
        foreach (var gone in written.Keys.Where(key => !known.Contains(key)).ToList())
            written.Remove(gone);
    }

    private ulong Write(Transaction change, AliasReport report)
    {
        if (change.Find(Collection.Aliases, report.Key) is not { } item)
            return 0;
        var tree = item.Parse();
        var before = tree["status"];
        var generation = tree["metadata"]!.Int("generation");
        var next = Map(
            ("conditions", List(report.Conditions.Select(condition => Condition(condition, before, generation)))),
            ("origins", report.Origins.IsEmpty ? null : List(report.Origins.Select(Origin))),
            ("addresses", report.Addresses.IsEmpty ? null : Node.List([.. report.Addresses])));
        if (before is not null && Sameness.IsSame(before, next))
            return item.Version;
        tree.Set("status", next);
        return change.Put(Collection.Aliases, report.Key, tree, item.Writer, item.FileHash, isReport: true).Version;
    }

    // The time of the last transition is that of the status, whatever the reason says.
    private Node Condition(ConditionReport condition, Node? before, long generation)
    {
        var status = condition.Status switch { true => "True", false => "False", null => "Unknown" };
        var old = before?.ListOf("conditions").Find(one => one.Str("type") == condition.Type);
        return Map(
            ("type", Node.String(condition.Type)),
            ("status", Node.String(status)),
            ("observedGeneration", generation > 0 ? Node.Number(generation) : null),
            ("lastTransitionTime", old?.Str("status") == status ? old["lastTransitionTime"] : ApiClock.Now(core.Time)),
            ("reason", Node.String(condition.Reason)),
            ("message", Node.String(condition.Message)));
    }

    private static Node Origin(OriginReport origin) => Map(
        ("url", Node.String(origin.Url)),
        ("health", Node.String(origin.Health)),
        ("message", Text(origin.Message)),
        ("addresses", origin.Addresses.IsEmpty ? null : Node.List([.. origin.Addresses])));
}
