using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>
/// A set of paths to fields, as <c>metadata.managedFields</c> holds them (structured-merge-diff <c>fieldpath.Set</c>). Built by <see cref="Insert"/>;
/// whoever hands one on does not touch it again. The operations make new sets.
/// </summary>
internal sealed class FieldSet
{
    private readonly SortedSet<FieldElement> members = [];
    private readonly SortedDictionary<FieldElement, FieldSet> children = [];

    /// <summary>Whether it holds no path.</summary>
    public bool IsEmpty => members.Count == 0 && children.Values.All(static c => c.IsEmpty);

    /// <summary>Adds a path; the empty one is not a field.</summary>
    public void Insert(ReadOnlySpan<FieldElement> path)
    {
        if (path.IsEmpty)
            return;
        var set = this;
        foreach (var step in path[..^1])
        {
            if (!set.children.TryGetValue(step, out var child))
                set.children[step] = child = new();
            set = child;
        }

        set.members.Add(path[^1]);
    }

    /// <summary>Whether the path of one step is in it.</summary>
    public bool Has(FieldElement step) => members.Contains(step);

    /// <summary>Whether a path is in it.</summary>
    public bool Has(ReadOnlySpan<FieldElement> path)
    {
        var set = this;
        foreach (var step in path[..^1])
        {
            if (!set.children.TryGetValue(step, out set))
                return false;
        }

        return set.members.Contains(path[^1]);
    }

    /// <summary>The rest of the paths that begin with a step; null if there are none.</summary>
    public FieldSet? Below(FieldElement step) => children.TryGetValue(step, out var child) && !child.IsEmpty ? child : null;

    public FieldSet Union(FieldSet other)
    {
        var union = new FieldSet();
        union.members.UnionWith(members);
        union.members.UnionWith(other.members);
        foreach (var (step, child) in children)
            union.children[step] = other.children.TryGetValue(step, out var more) ? child.Union(more) : child;
        foreach (var (step, child) in other.children)
            union.children.TryAdd(step, child);
        return union;
    }

    public FieldSet Intersect(FieldSet other)
    {
        var common = new FieldSet();
        common.members.UnionWith(members.Where(other.members.Contains));
        foreach (var (step, child) in children)
        {
            if (other.children.TryGetValue(step, out var more) && child.Intersect(more) is { IsEmpty: false } both)
                common.children[step] = both;
        }

        return common;
    }

    public FieldSet Except(FieldSet other)
    {
        var left = new FieldSet();
        left.members.UnionWith(members.Where(m => !other.members.Contains(m)));
        foreach (var (step, child) in children)
        {
            var rest = other.children.TryGetValue(step, out var less) ? child.Except(less) : child;
            if (!rest.IsEmpty)
                left.children[step] = rest;
        }

        return left;
    }

    /// <summary>Without some fields of the root and everything below them.</summary>
    public FieldSet Without(IReadOnlyList<string> roots)
    {
        if (roots.Count == 0)
            return this;
        var left = new FieldSet();
        left.members.UnionWith(members.Where(m => !roots.Contains(m.Name)));
        foreach (var (step, child) in children)
        {
            if (!roots.Contains(step.Name))
                left.children[step] = child;
        }

        return left;
    }

    /// <summary>With every structure's field that leads to a path in it: those are not written, but count when items are taken away.</summary>
    public FieldSet WithNamedFields(FieldType? type)
    {
        var set = new FieldSet();
        set.members.UnionWith(members);
        foreach (var (step, child) in children)
        {
            FieldType? inner = null;
            if (step.Kind == FieldElementKind.Field && type is StructType s)
            {
                if (s.IndexOf(step.Name) is >= 0 and var at)
                {
                    inner = s.Fields[at].Type;
                    set.members.Add(step);
                }
            }
            else
            {
                inner = type switch { MapType m => m.Value, ListType l => l.Item, _ => null };
            }

            set.children[step] = child.WithNamedFields(inner);
        }

        return set;
    }

    /// <summary>Every path, in order; the paths of members come before those below them.</summary>
    public IEnumerable<FieldElement[]> Paths()
    {
        foreach (var member in members)
            yield return [member];
        foreach (var (step, child) in children)
        {
            foreach (var path in child.Paths())
                yield return [step, .. path];
        }
    }

    /// <summary>The form of <c>fieldsV1</c>: <c>{"f:spec":{"f:type":{}}}</c>; a dot stands for the element itself where something is below it too.</summary>
    public Node ToNode()
    {
        var node = Node.Map();
        foreach (var step in members.Union(children.Keys).Order())
        {
            var inner = Node.Map();
            if (children.TryGetValue(step, out var child) && !child.IsEmpty)
            {
                if (members.Contains(step))
                    inner.Entries.Add(new(".", Node.Map()));
                inner.Entries.AddRange(child.ToNode().Entries);
            }
            else if (!members.Contains(step))
            {
                continue;
            }

            node.Entries.Add(new(step.Written, inner));
        }

        return node;
    }

    /// <summary>Reads <c>fieldsV1</c>; what no step can be made of is dropped, as a later version may know it.</summary>
    public static FieldSet Parse(Node node)
    {
        var set = new FieldSet();
        foreach (var (key, inner) in node.Entries)
        {
            if (key == "." || FieldElement.Parse(key) is not { } step)
                continue;
            var child = Parse(inner);
            var nothing = child.IsEmpty;
            if (nothing || inner.Has("."))
                set.members.Add(step);
            if (!nothing)
                set.children[step] = child;
        }

        return set;
    }

    /// <summary>A path for people, <c>.spec.ports[port=80,protocol="TCP"].targetPort</c>.</summary>
    public static string Text(IEnumerable<FieldElement> path) => string.Concat(path);
}
