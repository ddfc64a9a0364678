using System.Security.Cryptography;
using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>
/// Shows the EndpointSlices of Endpoints objects as Kubernetes' mirroring controller makes them, and puts them back when somebody changes them. The data plane
/// does not read them: it mirrors for itself, by the same rules.
/// </summary>
internal sealed class MirrorController(ApiCore core)
{
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";
    private const int MaxNameLength = 63, SuffixLength = 5;
    private const string ServiceLabel = "kubernetes.io/service-name", ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    private readonly Dictionary<ObjectKey, HashSet<string>> slices = [];
    private readonly HashSet<ObjectKey> dirty = [];
    private readonly MirrorEvents events = new(core);

    public void See(StoreChange change)
    {
        var item = change.Object;
        if (item.Collection == Collection.Endpoints || item.Collection == Collection.Services)
        {
            dirty.Add(item.Key);
            return;
        }

        if (item.Collection != Collection.EndpointSlices)
            return;
        // Whose it was before counts too: the label may have been taken away.
        foreach (var state in (ReadOnlySpan<StoredObject?>)[change.Before, item])
        {
            if (state?.Parse()["metadata"]!["labels"] is not { } labels || labels.Str(ManagedByLabel) != EndpointsMirror.ManagedBy)
                continue;
            var owner = new ObjectKey(item.Key.Namespace, labels.Str(ServiceLabel));
            if (!slices.TryGetValue(owner, out var names))
                slices.Add(owner, names = new(StringComparer.Ordinal));
            names.Add(item.Key.Name);
            dirty.Add(owner);
        }
    }

    public void React(Transaction change)
    {
        foreach (var key in dirty)
            Mirror(change, key);
        dirty.Clear();
    }

    private void Mirror(Transaction change, ObjectKey key)
    {
        var endpoints = change.Find(Collection.Endpoints, key);
        var service = change.Find(Collection.Services, key);
        var leftOut = 0;
        var wanted = endpoints is null || service is null ? [] : MirroredSlices.Of(endpoints, service, out leftOut);
        events.Tell(change, endpoints, key, leftOut);
        var names = slices.GetValueOrDefault(key, []);
        var there = names.Select(name => change.Find(Collection.EndpointSlices, new(key.Namespace, name))).OfType<StoredObject>()
            .Select(static item => (Item: item, Tree: item.Parse())).ToList();
        if (wanted.Count == 0 && there.Count == 0)
        {
            slices.Remove(key);
            return;
        }

        var open = new List<Node>();
        foreach (var next in wanted)
        {
            var at = there.FindIndex(t => t.Tree.Str("addressType") == next.Str("addressType") && Node.Same(t.Tree["ports"], next["ports"]));
            if (at < 0)
                open.Add(next);
            else
                Renew(change, Take(there, at), next);
        }

        foreach (var next in open)
        {
            var at = there.FindIndex(t => t.Tree.Str("addressType") == next.Str("addressType"));
            if (at < 0)
                Add(change, key, next, names);
            else
                Renew(change, Take(there, at), next);
        }

        foreach (var (item, _) in there)
            change.Delete(item);
        names.RemoveWhere(name => change.Find(Collection.EndpointSlices, new(key.Namespace, name)) is null);
        slices[key] = names;
    }

    private static (StoredObject Item, Node Tree) Take(List<(StoredObject Item, Node Tree)> from, int at)
    {
        var taken = from[at];
        from.RemoveAt(at);
        return taken;
    }

    private static void Renew(Transaction change, (StoredObject Item, Node Tree) old, Node next)
    {
        var metadata = next["metadata"]!;
        foreach (var field in (ReadOnlySpan<string>)["name", "uid", "creationTimestamp", "resourceVersion", "generation"])
        {
            if (old.Tree["metadata"]![field] is { } value)
                metadata.Set(field, value);
        }

        var ordered = Decoder.Decode(next, ApiKind.EndpointSlice.Schema).Object!;
        if (Sameness.IsSame(old.Tree, ordered))
            return;
        ordered["metadata"]!.Set("generation", Node.Number(metadata.Int("generation") + 1));
        change.Put(Collection.EndpointSlices, old.Item.Key, ordered, Writer.Controller);
    }

    private void Add(Transaction change, ObjectKey owner, Node next, HashSet<string> names)
    {
        string name;
        do
        {
            var prefix = owner.Name.Length + 1 > MaxNameLength - SuffixLength ? owner.Name[..(MaxNameLength - SuffixLength)] : owner.Name + "-";
            name = prefix + RandomNumberGenerator.GetString(Letters, SuffixLength);
        }
        while (change.Find(Collection.EndpointSlices, new(owner.Namespace, name)) is not null);
        var metadata = next["metadata"]!;
        metadata.Set("name", Node.String(name));
        metadata.Set("uid", Node.String(Guid.NewGuid().ToString()));
        metadata.Set("resourceVersion", Node.String("0"));
        metadata.Set("generation", Node.Number(1));
        metadata.Set("creationTimestamp", ApiClock.Now(core.Time));
        change.Put(Collection.EndpointSlices, new(owner.Namespace, name), Decoder.Decode(next, ApiKind.EndpointSlice.Schema).Object!, Writer.Controller);
        names.Add(name);
    }
}
