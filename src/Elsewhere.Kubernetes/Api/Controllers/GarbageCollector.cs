using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>
/// Deletes what has lost its last owner, and does what an owner waits for that is deleted in the foreground or leaves orphans (K8S
/// <c>pkg/controller/garbagecollector</c>). Owners of kinds that are not served here are taken to exist. A Service takes its Endpoints with it.
/// </summary>
internal sealed class GarbageCollector(ApiCore core)
{
    private readonly ObjectDeleter deleter = new(core);
    private readonly Dictionary<string, (Collection Collection, ObjectKey Key)> owners = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<(Collection Collection, ObjectKey Key)>> dependents = new(StringComparer.Ordinal);
    private readonly Dictionary<(Collection, ObjectKey), string[]> ownersOf = [];
    private readonly HashSet<(Collection Collection, ObjectKey Key)> suspects = [];
    private readonly HashSet<string> waiting = new(StringComparer.Ordinal);
    private readonly List<StoredObject> services = [];

    public void See(StoreChange change)
    {
        var id = (change.Object.Collection, change.Object.Key);
        var metadata = change.Object.Parse()["metadata"]!;
        var uid = metadata.Str("uid");
        var before = ownersOf.GetValueOrDefault(id, []);
        var after = change.Kind == ChangeKind.Deleted ? [] : metadata.ListOf("ownerReferences").Select(static r => r.Str("uid")).ToArray();
        foreach (var owner in before)
        {
            if (dependents.TryGetValue(owner, out var set) && set.Remove(id) && set.Count == 0)
                dependents.Remove(owner);
            if (waiting.Contains(owner) && owners.TryGetValue(owner, out var blocked))
                suspects.Add(blocked);
        }

        foreach (var owner in after)
        {
            if (!dependents.TryGetValue(owner, out var set))
                dependents.Add(owner, set = []);
            set.Add(id);
        }

        if (after.Length > 0)
            suspects.Add(id);
        if (after.Length > 0)
            ownersOf[id] = after;
        else
            ownersOf.Remove(id);
        if (change.Kind == ChangeKind.Deleted)
        {
            owners.Remove(uid);
            waiting.Remove(uid);
            suspects.UnionWith(dependents.GetValueOrDefault(uid, []));
            if (change.Object.Collection == Collection.Services)
                services.Add(change.Object);
            return;
        }

        owners[uid] = id;
        if (metadata.Has("deletionTimestamp") && metadata.Strings("finalizers").Exists(static f => f is "foregroundDeletion" or "orphan"))
        {
            waiting.Add(uid);
            suspects.Add(id);
        }
    }

    public void React(Transaction change)
    {
        foreach (var service in services)
            TakeEndpoints(change, service);
        services.Clear();
        foreach (var (collection, key) in suspects.ToList())
        {
            suspects.Remove((collection, key));
            if (change.Find(collection, key) is not { } item)
                continue;
            var tree = item.Parse();
            if (waiting.Contains(tree["metadata"]!.Str("uid")))
                Proceed(change, item, tree);
            else
                Collect(change, item, tree);
        }
    }

    // Files that still declare the Endpoints are not contradicted because another file is gone.
    private void TakeEndpoints(Transaction change, StoredObject service)
    {
        if (change.Find(Collection.Services, service.Key) is not null || change.Find(Collection.Endpoints, service.Key) is not { } endpoints)
            return;
        var byFile = service.Writer == Writer.File && !change.State.Tombstones.ContainsKey((Collection.Services, service.Key));
        if (!byFile || endpoints.Writer != Writer.File)
            deleter.Delete(change, endpoints, new(false, "Background", null, null));
    }

    private void Collect(Transaction change, StoredObject item, Node tree)
    {
        var references = tree["metadata"]!.ListOf("ownerReferences");
        var there = references.Where(r => IsThere(change, r, item.Key.Namespace)).ToList();
        if (references.Count == 0 || there.Count == references.Count)
            return;
        if (there.Count == 0)
        {
            if (!tree["metadata"]!.Has("deletionTimestamp"))
                deleter.Delete(change, item, new(false, "Background", null, null));
            return;
        }

        Keep(change, item, tree, there);
    }

    private void Proceed(Transaction change, StoredObject item, Node tree)
    {
        var metadata = tree["metadata"]!;
        var uid = metadata.Str("uid");
        var finalizers = metadata.Strings("finalizers");
        var orphans = finalizers.Contains("orphan");
        var blocked = false;
        foreach (var (collection, key) in dependents.GetValueOrDefault(uid, []).ToList())
        {
            if (change.Find(collection, key) is not { } dependent)
                continue;
            var own = dependent.Parse();
            var others = own["metadata"]!.ListOf("ownerReferences").Where(r => r.Str("uid") != uid).ToList();
            if (orphans || others.Count > 0)
                Keep(change, dependent, own, others);
            else
                blocked |= !deleter.Delete(change, dependent, new(false, "Background", null, null)).Gone;
        }

        if (blocked)
            return;
        finalizers.RemoveAll(static f => f is "foregroundDeletion" or "orphan");
        if (finalizers.Count > 0)
            metadata.Set("finalizers", Node.List(finalizers));
        else
            metadata.Remove("finalizers");
        waiting.Remove(uid);
        var kept = change.Put(item.Collection, item.Key, tree, item.Writer, item.FileHash);
        if (ObjectWriter.IsFinished(item.Collection, tree))
            change.Delete(kept, item.FileHash);
    }

    private static void Keep(Transaction change, StoredObject item, Node tree, List<Node> references)
    {
        if (references.Count == 0)
        {
            tree["metadata"]!.Remove("ownerReferences");
        }
        else
        {
            var list = Node.List();
            list.Items.AddRange(references);
            tree["metadata"]!.Set("ownerReferences", list);
        }

        change.Put(item.Collection, item.Key, tree, Writer.Api, item.FileHash);
    }

    private static bool IsThere(Transaction change, Node reference, string space)
    {
        if (Collection.Find(reference.Str("apiVersion"), reference.Str("kind")) is not { } collection)
            return true;
        var owner = change.Find(collection, new(collection.Kind.Namespaced ? space : "", reference.Str("name")));
        return owner?.Parse()["metadata"]!.Str("uid") == reference.Str("uid");
    }
}
