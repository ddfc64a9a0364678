using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api;

/// <summary>
/// The objects of clients as the data plane reads them, kept up with the store change by change: what a write costs does not depend on how many objects there
/// are. Used by the thread that reads the files.
/// </summary>
internal sealed class ApiContents(ObjectStore store)
{
    private readonly Dictionary<(Collection, ObjectKey), ManifestObject> objects = [];
    private readonly Dictionary<(Collection, ObjectKey), ManifestObject?> before = [];
    private readonly List<StoreChange> found = [];
    private bool isKnown;
    private ulong cursor;
    private long number;

    /// <summary>The version up to which it follows the store.</summary>
    public ulong Version => cursor;

    /// <summary>Follows the store.</summary>
    /// <param name="touched">The keys of what has changed come here.</param>
    /// <returns>False if anything may have changed.</returns>
    public bool Follow(HashSet<(Collection, ObjectKey)> touched)
    {
        if (!isKnown || !store.History.TryReadAll(ref cursor, found))
        {
            Rebuild();
            return false;
        }

        // Of several changes of one object the last counts.
        var latest = new Dictionary<(Collection, ObjectKey), StoreChange>();
        foreach (var change in found)
            latest[(change.Object.Collection, change.Object.Key)] = change;
        found.Clear();
        foreach (var (id, change) in latest)
        {
            touched.Add(id);
            Set(id, change.Kind == ChangeKind.Deleted ? null : View(change.Object));
        }

        return true;
    }

    /// <summary>What has changed since the last call.</summary>
    public ObjectChanges Take()
    {
        var (gone, come) = (new List<ManifestObject>(), new List<ManifestObject>());
        foreach (var (id, old) in before)
        {
            var now = objects.GetValueOrDefault(id);
            if (ReferenceEquals(old, now))
                continue;
            if (old is not null)
                gone.Add(old);
            if (now is not null)
                come.Add(now);
        }

        before.Clear();
        if (gone.Count + come.Count == 0 && number > 0)
            return new(number, number, objects.Values, gone, come);
        number++;
        return new(number - 1, number, objects.Values, gone, come);
    }

    private void Rebuild()
    {
        // Whatever comes behind this version is seen once more.
        cursor = store.History.Last;
        isKnown = true;
        var left = objects.Keys.ToHashSet();
        foreach (var item in store.Latest.Tables.SelectMany(static table => table))
        {
            var id = (item.Collection, item.Key);
            left.Remove(id);
            Set(id, View(item));
        }

        foreach (var id in left)
            Set(id, null);
    }

    private static ManifestObject? View(StoredObject item) => item.Writer == Writer.Api ? ApiView.Of(item) : null;

    private void Set((Collection, ObjectKey) id, ManifestObject? next)
    {
        var old = objects.GetValueOrDefault(id);
        // What leads nowhere else is no change to whoever reads it: an annotation, a label.
        if (old == next)
            return;
        before.TryAdd(id, old);
        if (next is null)
            objects.Remove(id);
        else
            objects[id] = next;
    }
}
