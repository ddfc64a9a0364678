using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api;

/// <summary>The two forms of an Event: the fields are the same, their names are not (K8S <c>pkg/apis/events/v1/conversion.go</c>).</summary>
internal static class EventForms
{
    private static readonly (string Core, string Events)[] Names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ];

    /// <summary>To the form of <c>v1</c>, in which they are kept.</summary>
    public static Node ToCore(Node tree) => Convert(tree, ApiKind.Event, static names => (names.Events, names.Core));

    /// <summary>To the form of <c>events.k8s.io/v1</c>.</summary>
    public static Node ToEvents(Node tree) => Convert(tree, ApiKind.EventsEvent, static names => (names.Core, names.Events));

    private static Node Convert(Node tree, ApiKind kind, Func<(string Core, string Events), (string From, string To)> direction)
    {
        var renamed = Node.Map(0, tree.Entries.Count);
        foreach (var (key, value) in tree.Entries)
        {
            var name = key;
            foreach (var names in Names)
            {
                if (direction(names) is var (from, to) && from == key)
                    name = to;
            }

            renamed.Set(name, value);
        }

        renamed.Set("apiVersion", Node.String(kind.ApiVersion));
        return Decoder.Decode(renamed, kind.Schema).Object ?? renamed;
    }
}
