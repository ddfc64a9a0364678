using Elsewhere.Kubernetes.Read;
using Elsewhere.Kubernetes.Validation;

namespace Elsewhere.Kubernetes.Api.Apply;

/// <summary>What an apply would make, and with whom it is in conflict. Nothing that it is given is changed.</summary>
internal sealed class ApplyAttempt
{
    private readonly ApiKind kind;
    private readonly Dictionary<Manager, Ownership> owners;
    private readonly Manager self;
    private readonly Comparison changes;

    public ApplyAttempt(ApiKind kind, string subresource, Node live, Node applied, Manager self, Dictionary<Manager, Ownership> owners)
    {
        this.kind = kind;
        this.self = self;
        var untouched = FieldManager.Untouched(kind, subresource);
        var last = owners.GetValueOrDefault(self)?.Fields ?? new();
        this.owners = new(owners)
        {
            [self] = new(TypedValue.Fields(applied, kind.Schema).Without(untouched), kind.ApiVersion, owners.GetValueOrDefault(self)?.Time),
        };
        Merged = Prune(TypedMerge.Merge(live, applied, kind.Schema), last);
        Changed = !Node.Same(live, Merged);
        changes = TypedValue.Compare(live, Merged, kind.Schema).Without(untouched);
        Conflicts = Ownerships.Conflicts(this.owners, kind, changes, self) is { Count: > 0 } found ? new(found) : null;
    }

    /// <summary>The object as it would be.</summary>
    public Node Merged { get; }

    /// <summary>Whether it would be another one than before.</summary>
    public bool Changed { get; }

    /// <summary>Fields of others that it would change; null if there are none.</summary>
    public FieldConflicts? Conflicts { get; }

    /// <summary>The owners afterwards: what was taken from others is theirs no more.</summary>
    public Dictionary<Manager, Ownership> Finish()
    {
        Ownerships.Yield(owners, kind, changes, self);
        return owners;
    }

    // Takes away what the manager applied last time and not now, unless somebody else owns it or something below it.
    private Node Prune(Node merged, FieldSet last)
    {
        if (last.IsEmpty)
            return merged;
        var type = kind.Schema;
        var named = last.WithNamedFields(type);
        var pruned = TypedValue.Remove(merged, named, type);
        var all = TypedValue.Fields(merged, type).WithNamedFields(type);
        var owned = owners.Values.Where(o => o.ApiVersion == kind.ApiVersion).Aggregate(new FieldSet(), static (sum, o) => sum.Union(o.Fields)).WithNamedFields(type);
        pruned = TypedValue.Remove(merged, all.Except(Left(pruned).Union(owned)), type);
        return TypedValue.Remove(merged, all.Except(Left(pruned)).Intersect(named), type);

        FieldSet Left(Node value) => TypedValue.Fields(value, type).WithNamedFields(type);
    }
}

/// <summary>What a change means for those who own fields.</summary>
internal static class Ownerships
{
    /// <summary>The fields that others own and a change would give another value.</summary>
    public static Dictionary<Manager, FieldSet> Conflicts(Dictionary<Manager, Ownership> owners, ApiKind kind, Comparison changes, Manager? except)
    {
        var touched = changes.Modified.Union(changes.Added);
        var conflicts = new Dictionary<Manager, FieldSet>();
        foreach (var (manager, owned) in owners)
        {
            if (manager != except && owned.ApiVersion == kind.ApiVersion && owned.Fields.Intersect(touched) is { IsEmpty: false } conflict)
                conflicts[manager] = conflict;
        }

        return conflicts;
    }

    /// <summary>Takes from the others what a change gave another value or took away; those that own nothing any more are forgotten, and so are versions that are not served.</summary>
    public static void Yield(Dictionary<Manager, Ownership> owners, ApiKind kind, Comparison changes, Manager? except)
    {
        var touched = changes.Modified.Union(changes.Added).Union(changes.Removed);
        foreach (var (manager, owned) in owners.ToArray())
        {
            var left = manager == except ? owned.Fields : owned.Fields.Except(touched);
            if (left.IsEmpty || owned.ApiVersion != kind.ApiVersion)
                owners.Remove(manager);
            else
                owners[manager] = owned with { Fields = left };
        }
    }
}
