using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>Brings an applied object into the one that is there (structured-merge-diff <c>typed/merge.go</c>).</summary>
internal static class TypedMerge
{
    /// <summary>The two together; where both speak, the applied one counts.</summary>
    public static Node Merge(Node live, Node applied, StructType type) => Value(live, applied, type) ?? Node.Map();

    // Null for nothing at all, as where both sides are structures without content of their own.
    private static Node? Value(Node? live, Node? applied, FieldType? type)
    {
        if (TypedValue.IsLeaf(type, live, applied))
            return applied ?? live;
        if (type is ListType list)
            return Items(live, applied, list);
        var merged = Node.Map(applied?.Line ?? 0);
        foreach (var (key, old) in live?.Entries ?? [])
            Add(merged, key, Value(old, applied?[key], TypedValue.Inner(type!, key)));
        foreach (var (key, now) in applied?.Entries ?? [])
        {
            if (live?[key] is null)
                Add(merged, key, Value(null, now, TypedValue.Inner(type!, key)));
        }

        return merged.Entries.Count > 0 ? merged : null;
    }

    private static void Add(Node map, string key, Node? value)
    {
        if (value is not null)
            map.Entries.Add(new(key, value));
    }

    // Items that only one side has keep their place relative to those that both have; those stand in the applied order.
    private static Node? Items(Node? live, Node? applied, ListType type)
    {
        var (left, right) = (Steps(live, type), Steps(applied, type));
        var inLeft = left.GroupBy(static s => s.Step).ToDictionary(static g => g.Key, static g => g.Count() == 1 ? g.First().Item : Node.Null());
        var inRight = right.DistinctBy(static s => s.Step).ToDictionary(static s => s.Step, static s => s.Item);
        var shared = new Queue<FieldElement>(right.Select(static s => s.Step).Where(inLeft.ContainsKey));
        var next = shared.TryDequeue(out var first) ? first : null;
        var taken = new HashSet<FieldElement>();
        var merged = Node.List(applied?.Line ?? 0);
        int l = 0, r = 0;
        while (l < left.Count || r < right.Count)
        {
            if (l < left.Count && r < right.Count)
            {
                var step = left[l].Step;
                if (step.Equals(right[r].Step))
                {
                    Take(step);
                    l++;
                    r++;
                    next = shared.TryDequeue(out var after) ? after : null;
                    continue;
                }

                if (inRight.ContainsKey(step) && next is not null && !next.Equals(step))
                {
                    l++;
                    continue;
                }
            }

            if (l < left.Count)
            {
                var (step, item) = left[l];
                if (!inRight.ContainsKey(step))
                {
                    if (Value(item, null, type.Item) is { } kept)
                        merged.Items.Add(kept);
                    l++;
                    continue;
                }

                if (taken.Contains(step))
                    l++;
            }

            if (r < right.Count)
            {
                var step = right[r++].Step;
                Take(step);
                if (next is not null && next.Equals(step))
                    next = shared.TryDequeue(out var after) ? after : null;
            }
        }

        return merged.Items.Count > 0 ? merged : null;

        void Take(FieldElement step)
        {
            taken.Add(step);
            if (Value(inLeft.GetValueOrDefault(step), inRight[step], type.Item) is { } item)
                merged.Items.Add(item);
        }
    }

    private static List<(FieldElement Step, Node Item)> Steps(Node? list, ListType type)
    {
        var steps = new List<(FieldElement, Node)>();
        foreach (var item in list?.Items ?? [])
        {
            if (FieldElement.Of(type, item, out _) is { } step)
                steps.Add((step, item));
        }

        return steps;
    }
}
