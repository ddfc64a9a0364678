using Elsewhere.Kubernetes.Read;

namespace Elsewhere.Kubernetes.Api.Tables;

/// <summary>The columns of Events, in either form.</summary>
internal static class EventColumns
{
    /// <summary>The columns.</summary>
    public static IReadOnlyList<TableColumn> All { get; } =
    [
        new("Last Seen", "When it happened last.", static (e, now) => Node.String(HumanDuration.Since(Last(e), now))),
        TableColumn.Text("Type", "Normal or Warning.", static e => e.Str("type")),
        TableColumn.Text("Reason", "Why, in one word for programs.", static e => e.Str("reason")),
        TableColumn.Text("Object", "What it happened to.", Object),
        TableColumn.Text("Subobject", "The part of the object that it happened to.", static e => About(e)?.Str("fieldPath") ?? "", 1),
        TableColumn.Text("Source", "Who tells it.", Source, 1),
        TableColumn.Text("Message", "What happened, for people.", static e => Either(e, "message", "note").Trim()),
        new("First Seen", "When it happened first.", static (e, now) => Node.String(HumanDuration.Since(First(e), now)), 1),
        new("Count", "How often it happened.", static (e, _) => Node.Number(Count(e)), 1),
        TableColumn.ObjectName with { Priority = 1 },
    ];

    private static Node? About(Node root) => root["involvedObject"] ?? root["regarding"];

    private static string Either(Node root, string core, string events) => root.Str(core) is { Length: > 0 } text ? text : root.Str(events);

    private static string First(Node root) => Either(root, "firstTimestamp", "deprecatedFirstTimestamp") is { Length: > 0 } time ? time : root.Str("eventTime");

    private static string Last(Node root)
    {
        if (root["series"]?.Str("lastObservedTime") is { Length: > 0 } series)
            return series;
        return Either(root, "lastTimestamp", "deprecatedLastTimestamp") is { Length: > 0 } time ? time : First(root);
    }

    private static long Count(Node root) => Math.Max(1, root["series"]?.Int("count") ?? Math.Max(root.Int("count"), root.Int("deprecatedCount")));

    private static string Object(Node root)
    {
        var kind = About(root)?.Str("kind").ToLowerInvariant() ?? "";
        return About(root)?.Str("name") is { Length: > 0 } name ? $"{kind}/{name}" : kind;
    }

    private static string Source(Node root)
    {
        var source = root["source"] ?? root["deprecatedSource"];
        var component = source?.Str("component") is { Length: > 0 } old ? old : Either(root, "reportingComponent", "reportingController");
        var host = source?.Str("host") is { Length: > 0 } on ? on : root.Str("reportingInstance");
        return host.Length > 0 ? $"{component}, {host}" : component;
    }
}
