using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>What differs between two objects; no path is in two of the sets.</summary>
/// <param name="Removed">Only in the first.</param>
/// <param name="Modified">In both, with other values.</param>
/// <param name="Added">Only in the second.</param>
internal sealed record Comparison(FieldSet Removed, FieldSet Modified, FieldSet Added)
{
    /// <summary>Without some fields of the root.</summary>
    public Comparison Without(IReadOnlyList<string> roots) => new(Removed.Without(roots), Modified.Without(roots), Added.Without(roots));
}

/// <summary>Objects seen through their type: which fields one has, what differs between two, and what is left without some (structured-merge-diff <c>typed</c>).</summary>
internal static class TypedValue
{
    /// <summary>The fields that an applied object speaks of.</summary>
    public static FieldSet Fields(Node value, StructType type)
    {
        var set = new FieldSet();
        Collect(set, value, type, []);
        return set;
    }

    /// <summary>What differs between two objects.</summary>
    public static Comparison Compare(Node before, Node after, StructType type)
    {
        var comparison = new Comparison(new(), new(), new());
        Walk(comparison, before, after, type, []);
        return comparison;
    }

    /// <summary>An object without the fields and items of a set; atomic parts are left whole.</summary>
    public static Node Remove(Node value, FieldSet gone, FieldType? type)
    {
        switch (type)
        {
            case ListType list when value.Kind == NodeKind.List:
                return list.Kind == ListKind.Atomic ? Node.Null() : RemoveItems(value, gone, list);
            case StructType { Atomic: true } or MapType { Atomic: true } when value.Kind == NodeKind.Map:
                return Node.Null();
            case StructType or MapType when value.Kind == NodeKind.Map:
                return RemoveFields(value, gone, type);
            default:
                return value;
        }
    }

    /// <summary>The type of a map's value or of a structure's field; null for none.</summary>
    public static FieldType? Inner(FieldType type, string key) => type switch
    {
        MapType map => map.Value,
        StructType s when s.IndexOf(key) is >= 0 and var at => s.Fields[at].Type,
        _ => null,
    };

    /// <summary>Whether a value is taken or left as a whole.</summary>
    public static bool IsLeaf(FieldType? type, Node? a, Node? b) => type switch
    {
        ListType list => list.Kind == ListKind.Atomic || ((a?.Items.Count ?? 0) == 0 && (b?.Items.Count ?? 0) == 0),
        StructType s => s.Atomic || ((a?.Entries.Count ?? 0) == 0 && (b?.Entries.Count ?? 0) == 0),
        MapType m => m.Atomic || ((a?.Entries.Count ?? 0) == 0 && (b?.Entries.Count ?? 0) == 0),
        _ => true,
    };

    private static Node RemoveItems(Node value, FieldSet gone, ListType type)
    {
        var left = Node.List(value.Line);
        foreach (var item in value.Items)
        {
            var step = FieldElement.Of(type, item, out _);
            if (step is not null && gone.Has(step))
                continue;
            left.Items.Add(step is not null && gone.Below(step) is { } less ? Remove(item, less, type.Item) : item);
        }

        return left.Items.Count > 0 ? left : Node.Null();
    }

    private static Node RemoveFields(Node value, FieldSet gone, FieldType type)
    {
        var left = Node.Map(value.Line);
        foreach (var (key, inner) in value.Entries)
        {
            var step = FieldElement.Field(key);
            if (gone.Has(step))
                continue;
            left.Entries.Add(new(key, gone.Below(step) is { } less ? Remove(inner, less, Inner(type, key)) : inner));
        }

        return left.Entries.Count > 0 ? left : Node.Null();
    }

    private static void Collect(FieldSet set, Node value, FieldType? type, FieldElement[] path)
    {
        switch (type)
        {
            case ListType { Kind: not ListKind.Atomic } list:
                var steps = value.Items.Select(i => (Item: i, Step: FieldElement.Of(list, i, out _))).Where(s => s.Step is not null).ToList();
                var repeated = steps.GroupBy(s => s.Step).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
                foreach (var (item, step) in steps)
                {
                    if (!repeated.Contains(step))
                        Collect(set, item, list.Item, [.. path, step!]);
                    set.Insert([.. path, step!]);
                }

                break;
            case StructType { Atomic: false } or MapType { Atomic: false }:
                foreach (var (key, inner) in value.Entries)
                {
                    FieldElement[] below = [.. path, FieldElement.Field(key)];
                    Collect(set, inner, Inner(type, key), below);
                    if (type is MapType || inner.Kind == NodeKind.Null || inner is { Kind: NodeKind.Map, Entries.Count: 0 })
                        set.Insert(below);
                }

                break;
            default:
                set.Insert(path);
                break;
        }
    }

    private static void Walk(Comparison found, Node? before, Node? after, FieldType? type, FieldElement[] path)
    {
        if (IsLeaf(type, before, after))
        {
            if (before is null)
                found.Added.Insert(path);
            else if (after is null)
                found.Removed.Insert(path);
            else if (!Node.Same(before, after))
                found.Modified.Insert(path);
            return;
        }

        if (type is ListType list)
            WalkItems(found, before, after, list, path);
        else
            WalkFields(found, before, after, type!, path);
        if (before is null)
            found.Added.Insert(path);
        else if (after is null)
            found.Removed.Insert(path);
    }

    private static void WalkFields(Comparison found, Node? before, Node? after, FieldType type, FieldElement[] path)
    {
        foreach (var (key, old) in before?.Entries ?? [])
            Walk(found, old, after?[key], Inner(type, key), [.. path, FieldElement.Field(key)]);
        foreach (var (key, now) in after?.Entries ?? [])
        {
            if (before?[key] is null)
                Walk(found, null, now, Inner(type, key), [.. path, FieldElement.Field(key)]);
        }
    }

    private static void WalkItems(Comparison found, Node? before, Node? after, ListType type, FieldElement[] path)
    {
        var (old, now) = (Index(before, type), Index(after, type));
        foreach (var step in old.Keys.Union(now.Keys))
        {
            var was = old.GetValueOrDefault(step) ?? [];
            var is_ = now.GetValueOrDefault(step) ?? [];
            FieldElement[] below = [.. path, step];
            if (was.Count <= 1 && is_.Count <= 1)
            {
                Walk(found, was.FirstOrDefault(), is_.FirstOrDefault(), type.Item, below);
            }
            else if (was.Count > 1 && is_.Count > 1)
            {
                if (was.Count != is_.Count || was.Zip(is_).Any(static p => !Node.Same(p.First, p.Second)))
                    found.Modified.Insert(below);
            }
            else if (was.Count > 1)
            {
                if (is_.Count > 0)
                    Walk(found, null, is_[0], type.Item, below);
                found.Removed.Insert(below);
            }
            else
            {
                if (was.Count > 0)
                    Walk(found, was[0], null, type.Item, below);
                found.Added.Insert(below);
            }
        }
    }

    private static Dictionary<FieldElement, List<Node>> Index(Node? list, ListType type)
    {
        var index = new Dictionary<FieldElement, List<Node>>();
        foreach (var item in list?.Items ?? [])
        {
            if (FieldElement.Of(type, item, out _) is not { } step)
                continue;
            if (!index.TryGetValue(step, out var same))
                index[step] = same = [];
            same.Add(item);
        }

        return index;
    }
}
