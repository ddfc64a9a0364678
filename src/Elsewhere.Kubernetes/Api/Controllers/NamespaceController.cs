using Elsewhere.Kubernetes.Api.Server;
using Elsewhere.Kubernetes.Api.Store;
using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Controllers;

/// <summary>Makes the namespaces that everything takes for granted, and empties those that are deleted (K8S <c>pkg/controller/namespace</c>).</summary>
internal sealed class NamespaceController(ApiCore core)
{
    private static readonly string[] Own = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private static readonly (string Type, string Reason, string Message)[] Done =
    [
        ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
        ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
        ("NamespaceDeletionContentFailure", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        ("NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"),
        ("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"),
    ];

    private readonly ObjectDeleter deleter = new(core);
    private readonly HashSet<string> terminating = new(StringComparer.Ordinal);

    /// <summary>Makes the namespaces of these names, and takes back those that were made so and are named no more.</summary>
    public async ValueTask ImplyAsync(IReadOnlyCollection<string> names)
    {
        var wanted = names.Concat(Own).ToHashSet(StringComparer.Ordinal);
        await core.Store.WriteAsync(change =>
        {
            var table = change.State.Of(Collection.Namespaces);
            foreach (var gone in table.Where(space => space.Writer == Writer.Controller && !wanted.Contains(space.Key.Name) && IsEmpty(change, space.Key.Name)).ToList())
                change.Delete(gone);
            foreach (var name in wanted.Order(StringComparer.Ordinal))
            {
                if (change.Find(Collection.Namespaces, new("", name)) is null && !change.State.Tombstones.ContainsKey((Collection.Namespaces, new("", name))))
                    change.Put(Collection.Namespaces, new("", name), Make(name), Writer.Controller);
            }

            return true;
        }).ConfigureAwait(false);
    }

    public void See(StoreChange change)
    {
        if (change.Object.Collection != Collection.Namespaces)
        {
            return;
        }

        if (change.Kind != ChangeKind.Deleted && change.Object.Parse()["metadata"]!.Has("deletionTimestamp"))
            terminating.Add(change.Object.Key.Name);
        else
            terminating.Remove(change.Object.Key.Name);
    }

    public void React(Transaction change)
    {
        foreach (var name in terminating.ToList())
        {
            if (change.Find(Collection.Namespaces, new("", name)) is not { } space)
            {
                terminating.Remove(name);
                continue;
            }

            foreach (var collection in Collection.All.Where(static c => c.Kind.Namespaced))
            {
                foreach (var item in ItemsIn(change, collection, name))
                    deleter.Delete(change, item, new(false, "Background", null, null));
            }

            if (IsEmpty(change, name) && space.Parse() is var tree && tree["metadata"]!.ListOf("finalizers").Count == 0)
                Finish(change, space, tree);
        }
    }

    private void Finish(Transaction change, StoredObject space, Node tree)
    {
        var conditions = Node.List();
        foreach (var (type, reason, message) in Done)
        {
            var condition = Node.Map();
            condition.Set("type", Node.String(type));
            condition.Set("status", Node.String("False"));
            condition.Set("lastTransitionTime", ApiClock.Now(core.Time));
            condition.Set("reason", Node.String(reason));
            condition.Set("message", Node.String(message));
            conditions.Items.Add(condition);
        }

        // The mark of this controller goes first; others hold the namespace until they are taken away by PUT to finalize.
        var finalizers = tree["spec"]!.Strings("finalizers");
        var isMarked = finalizers.Remove("kubernetes");
        tree["status"]!.Set("conditions", conditions);
        if (finalizers.Count > 0)
        {
            tree["spec"]!.Set("finalizers", Node.List(finalizers));
            if (isMarked)
                change.Put(Collection.Namespaces, space.Key, tree, space.Writer, space.FileHash);
            return;
        }

        change.Delete(change.Put(Collection.Namespaces, space.Key, tree, space.Writer, space.FileHash), space.FileHash);
        terminating.Remove(space.Key.Name);
    }

    private Node Make(string name)
    {
        var metadata = Node.Map();
        metadata.Set("name", Node.String(name));
        var tree = Node.Map();
        tree.Set("metadata", metadata);
        var outcome = ApiValidation.Create(ApiKind.Namespace, tree, [], ApiContext.Anywhere, "");
        outcome.Filled!["metadata"]!.Set("uid", Node.String(Guid.NewGuid().ToString()));
        outcome.Filled["metadata"]!.Set("resourceVersion", Node.String("0"));
        outcome.Filled["metadata"]!.Set("creationTimestamp", ApiClock.Now(core.Time));
        return outcome.Object!;
    }

    private static bool IsEmpty(Transaction change, string name) => Collection.All.Where(static c => c.Kind.Namespaced).All(c => ItemsIn(change, c, name).Count == 0);

    private static List<StoredObject> ItemsIn(Transaction change, Collection collection, string name)
    {
        var table = change.State.Of(collection);
        var (start, count) = change.State.In(collection, name).GetOffsetAndLength(table.Count);
        var items = new List<StoredObject>(count);
        for (var i = start; i < start + count; i++)
            items.Add(table[i]);
        return items;
    }
}
