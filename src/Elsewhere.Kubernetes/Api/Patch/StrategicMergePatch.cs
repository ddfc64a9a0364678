using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Patch;

/// <summary>
/// Strategic merge patch (apimachinery <c>pkg/util/strategicpatch</c>): like a merge patch, but lists that have keys are merged item by item, and
/// directives delete, replace, order and retain.
/// </summary>
internal sealed class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";
    private const string OrderPrefix = "$setElementOrder/";
    private ApiFailure? failure;

    private StrategicMergePatch()
    {
    }

    /// <summary>Applies a patch to a copy of an object.</summary>
    /// <param name="document">The object as stored.</param>
    /// <param name="patch">The patch, a map.</param>
    /// <param name="type">The object's type, which knows its lists' keys.</param>
    /// <returns>The patched object, or why there is none.</returns>
    public static (Node? Patched, ApiFailure? Failure) Apply(Node document, Node patch, StructType type)
    {
        var merge = new StrategicMergePatch();
        var patched = merge.Map(document.Copy(), patch.Copy(), type);
        return (merge.failure is null ? patched : null, merge.failure);
    }

    private Node? Map(Node original, Node patch, StructType? type)
    {
        if (patch[Directive] is { } directive)
            return Directed(directive, patch);
        if (patch[RetainKeys] is { } retained && !Retain(original, patch, retained))
            return null;
        foreach (var (key, order) in patch.Entries.ToArray())
        {
            if (key.StartsWith("$setElementOrder", StringComparison.Ordinal) && !InOrder(original, patch, key, order, type))
                return null;
        }

        foreach (var (key, value) in patch.Entries)
        {
            if (!Field(original, key, value, type))
                return null;
        }

        return original;
    }

    private Node? Directed(Node directive, Node patch)
    {
        if (directive is { Kind: NodeKind.String, Text: "replace" })
        {
            patch.Remove(Directive);
            return patch;
        }

        return directive is { Kind: NodeKind.String, Text: "delete" } ? Node.Map() : Fail($"unknown patch type: {GoValue.Text(directive)} in map: {GoValue.Text(patch)}");
    }

    private bool Field(Node original, string key, Node value, StructType? type)
    {
        var deleting = key.StartsWith("$deleteFromPrimitiveList", StringComparison.Ordinal);
        if (deleting && !key.StartsWith(DeletePrefix, StringComparison.Ordinal))
            return Bad("invalid patch format of primitive list");
        if (deleting)
            key = key[DeletePrefix.Length..];
        if (value.Kind == NodeKind.Null)
        {
            original.Remove(key);
            return true;
        }

        var before = original[key];
        if (before is null || before.Kind != value.Kind || before.Kind is not (NodeKind.Map or NodeKind.List))
        {
            if (deleting)
                return true;
            StrategicLists.DropNulls(value);
            if (StrategicLists.Undirected(value) is { } plain)
                original.Set(key, plain);
            else
                original.Remove(key);
            return true;
        }

        var field = type?.IndexOf(key) is >= 0 and var at ? type.Fields[at].Type : null;
        if (type is not null && field is null)
            return Fail($"unable to find api field in struct {type.Name} for the json field {GoText.Quote(key)}") is not null;
        var merged = before.Kind == NodeKind.Map ? Map(before, value, field as StructType) : List(before, value, field as ListType, deleting);
        if (merged is not null)
            original.Set(key, merged);
        return merged is not null;
    }

    // A list without keys is replaced; one of plain values is joined; one of objects is merged by the first key.
    private Node? List(Node original, Node patch, ListType? type, bool deleting)
    {
        if (!deleting && type is null or { Kind: ListKind.Atomic })
            return patch;
        if (original.Items.Count == 0 && patch.Items.Count == 0)
            return original;
        if (Mixed(original, patch))
            return null;
        var order = patch.Items;
        var first = original.Items.Concat(patch.Items).First();
        if (first.Kind != NodeKind.Map)
        {
            if (deleting)
                return StrategicLists.ListOf(StrategicLists.Without(original.Items, patch.Items));
            return Arrange(StrategicLists.Distinct(original.Items.Concat(patch.Items)), order, original.Items, null);
        }

        if (type is not { Kind: ListKind.Map, Keys: [var key, ..] })
            return Fail($"cannot merge lists without merge key for {(type?.Item as StructType)?.Name}");
        if (Special(original, patch, key) is not var (items, changes))
            return null;
        var server = items.ToList();
        return Items(items, changes, key, (StructType)type.Item) ? Arrange(items, changes, server, key) : null;
    }

    private (List<Node> Items, List<Node> Changes)? Special(Node original, Node patch, string key)
    {
        var changes = new List<Node>();
        var deleted = new List<Node>();
        var replace = false;
        foreach (var change in patch.Items)
        {
            if (change[Directive] is not { } directive)
            {
                changes.Add(change);
            }
            else if (directive is { Kind: NodeKind.String, Text: "delete" })
            {
                if (change[key] is null)
                {
                    NoKey(change, key);
                    return null;
                }

                deleted.Add(change);
            }
            else if (directive is { Kind: NodeKind.String, Text: "replace" })
            {
                replace = true;
            }
            else
            {
                Fail(directive.Text == "merge" ? "merging lists cannot yet be specified in the patch" : $"unknown patch type: {GoValue.Text(directive)} in map: {GoValue.Text(change)}");
                return null;
            }
        }

        return replace ? (changes, []) : (StrategicLists.Without(original.Items, deleted, key), changes);
    }

    private bool Items(List<Node> items, List<Node> changes, string key, StructType type)
    {
        var places = StrategicLists.Places(items, key);
        foreach (var change in changes)
        {
            if (change[key] is not { } value)
                return NoKey(change, key) is not null;
            var at = places.GetValueOrDefault(value.ToString(), -1);
            if (at < 0)
            {
                places[value.ToString()] = items.Count;
                items.Add(change);
            }
            else if (Map(items[at], change, type) is { } merged)
                items[at] = merged;
            else
                return false;
        }

        return true;
    }

    private bool InOrder(Node original, Node patch, string key, Node order, StructType? type)
    {
        if (!key.StartsWith(OrderPrefix, StringComparison.Ordinal) || order.Kind != NodeKind.List)
            return Bad("invalid patch format of setElementOrder list");
        patch.Remove(key);
        var name = key[OrderPrefix.Length..];
        if (type is null || type.IndexOf(name) is not (>= 0 and var index) || type.Fields[index].Type is not ListType list)
            return Fail($"unable to find api field in struct {type?.Name} for the json field {GoText.Quote(name)}") is not null;
        var (before, change) = (original[name], patch[name]);
        if (before is null && change is null)
            return true;
        if (before is { Kind: not NodeKind.List } || change is { Kind: not NodeKind.List })
            return Fail($"expected a []interface {{}}, but received a {GoType(before is { Kind: not NodeKind.List } ? before : change!)}") is not null;
        var mergeKey = list.Kind == ListKind.Map ? list.Keys[0] : null;
        if (!Consistent(change?.Items ?? [], order.Items, mergeKey))
            return false;
        var merged = change is null ? before : before is null ? StrategicLists.Undirected(change) : List(before, change, list, deleting: false);
        if (merged is null)
            return false;
        patch.Remove(name);
        if (Arrange(merged.Items, order.Items, before?.Items ?? [], mergeKey) is not { } arranged)
            return false;
        original.Set(name, arranged);
        return true;
    }

    // The patch's items must stand in the order that it states; only deletions need not.
    private bool Consistent(List<Node> changes, List<Node> order, string? key)
    {
        if (changes.Count == 0 || order.Count == 0)
            return true;
        var at = 0;
        foreach (var change in changes.Where(c => c[Directive] is null))
        {
            if (key is not null && change[key] is null)
                return NoKey(change, key) is not null;
            while (at < order.Count && !StrategicLists.SameItem(change, order[at], key))
                at++;
            if (at++ >= order.Count)
                return Fail($"The order in patch list:\n{GoValue.Text(StrategicLists.ListOf(changes))}\n doesn't match $setElementOrder list:\n{GoValue.Text(StrategicLists.ListOf(order))}\n") is not null;
        }

        return true;
    }

    private Node? Arrange(List<Node> merged, List<Node> order, List<Node> server, string? key)
    {
        if (key is not null && merged.Concat(order).Concat(server).FirstOrDefault(i => i[key] is null) is { } keyless)
            return NoKey(keyless, key);
        return StrategicLists.Arrange(merged, order, server, key);
    }

    private bool Retain(Node original, Node patch, Node retained)
    {
        patch.Remove(RetainKeys);
        if (retained.Kind != NodeKind.List)
            return Bad("invalid patch format of retainKeys");
        var keys = retained.Items.Where(i => i.Kind == NodeKind.String).Select(i => i.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, value) in patch.Entries)
        {
            if (value.Kind != NodeKind.Null && !keys.Contains(key) && !key.StartsWith(DeletePrefix, StringComparison.Ordinal) && !key.StartsWith(OrderPrefix, StringComparison.Ordinal))
                return Bad("invalid patch format of retainKeys");
        }

        original.Entries.RemoveAll(e => !keys.Contains(e.Key));
        return true;
    }

    private bool Mixed(Node original, Node patch)
    {
        var all = original.Items.Concat(patch.Items).ToList();
        if (all[0].Kind == NodeKind.List)
            failure = ApiFailure.Unprocessable();
        else if (all.Exists(i => i.Kind != all[0].Kind))
            Fail($"list element types are not identical: [{GoValue.Text(original)} {GoValue.Text(patch)}]");
        return failure is not null;
    }

    private static string GoType(Node node) => node.Kind switch
    {
        NodeKind.Null => "%!s(<nil>)",
        NodeKind.Bool => "bool",
        NodeKind.Number => "int64",
        NodeKind.String => "string",
        NodeKind.List => "[]interface {}",
        NodeKind.Map => "map[string]interface {}",
    };

    private Node? NoKey(Node item, string key) => Fail($"map: {GoValue.Text(item)} does not contain declared merge key: {key}");

    private bool Bad(string message)
    {
        failure ??= ApiFailure.BadRequest(message);
        return false;
    }

    private Node? Fail(string message)
    {
        failure ??= ApiFailure.Internal(message);
        return null;
    }
}
