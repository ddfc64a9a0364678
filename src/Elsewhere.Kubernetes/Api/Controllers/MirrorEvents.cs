using System.Globalization;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>
/// Tells, as an Event on the Endpoints object, how many of its addresses are in no slice (the mirroring controller's <c>TooManyAddressesToMirror</c>). What is said
/// again is counted on the Event that there is.
/// </summary>
internal sealed class MirrorEvents(ApiCore core)
{
    private const string Component = "endpoint-slice-mirroring-controller";
    private readonly Dictionary<ObjectKey, (ulong Version, string Message, ObjectKey Event)> told = [];

    /// <summary>Tells of one state of an object, once.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="endpoints">The object; null: it is gone, or not mirrored.</param>
    /// <param name="key">Its key.</param>
    /// <param name="leftOut">How many addresses are in no slice.</param>
    public void Tell(Transaction change, StoredObject? endpoints, ObjectKey key, int leftOut)
    {
        if (endpoints is null || leftOut == 0)
        {
            told.Remove(key);
            return;
        }

        var before = told.GetValueOrDefault(key);
        if (before.Version == endpoints.Version)
            return;
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"A max of {EndpointsMirror.MaxAddressesPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. {leftOut} addresses were skipped");
        var known = before.Message == message ? change.Find(Collection.Events, before.Event) : null;
        var tree = known?.Parse() ?? Make(endpoints, key, message);
        tree.Set("count", Node.Number(tree.Int("count") + 1));
        tree.Set("lastTimestamp", ApiClock.Now(core.Time));
        var name = known?.Key ?? new ObjectKey(key.Namespace, tree["metadata"]!.Str("name"));
        change.Put(Collection.Events, name, Decoder.Decode(tree, ApiKind.Event.Schema).Object!, Writer.Controller);
        told[key] = (endpoints.Version, message, name);
    }

    private Node Make(StoredObject endpoints, ObjectKey key, string message)
    {
        var now = ApiClock.Now(core.Time);
        var ticks = (core.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks;
        var metadata = Node.Map();
        // As client-go's recorder names events: after the object, with the time in nanoseconds.
        metadata.Set("name", Node.String(string.Create(CultureInfo.InvariantCulture, $"{key.Name}.{ticks * 100:x}")));
        metadata.Set("namespace", Node.String(key.Namespace));
        metadata.Set("uid", Node.String(Guid.NewGuid().ToString()));
        metadata.Set("resourceVersion", Node.String("0"));
        metadata.Set("creationTimestamp", now);
        var about = Node.Map();
        about.Set("kind", Node.String(ApiKind.Endpoints.Kind));
        about.Set("namespace", Node.String(key.Namespace));
        about.Set("name", Node.String(key.Name));
        about.Set("uid", Node.String(endpoints.Parse()["metadata"]!.Str("uid")));
        about.Set("apiVersion", Node.String(ApiKind.Endpoints.ApiVersion));
        about.Set("resourceVersion", Node.String(endpoints.Version.ToString(CultureInfo.InvariantCulture)));
        var source = Node.Map();
        source.Set("component", Node.String(Component));
        var tree = Node.Map();
        tree.Set("kind", Node.String(ApiKind.Event.Kind));
        tree.Set("apiVersion", Node.String(ApiKind.Event.ApiVersion));
        tree.Set("metadata", metadata);
        tree.Set("involvedObject", about);
        tree.Set("reason", Node.String("TooManyAddressesToMirror"));
        tree.Set("message", Node.String(message));
        tree.Set("source", source);
        tree.Set("firstTimestamp", now);
        tree.Set("type", Node.String("Warning"));
        tree.Set("reportingComponent", Node.String(Component));
        tree.Set("reportingInstance", Node.String(""));
        return tree;
    }
}
