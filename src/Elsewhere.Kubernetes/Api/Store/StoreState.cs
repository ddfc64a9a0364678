using System.Collections.Immutable;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>Everything that there is at one collection version. Immutable: whoever answers a request reads it once.</summary>
/// <param name="Version">The version of the latest change.</param>
/// <param name="Tables">The objects of each collection, by <see cref="Collection.Index"/>.</param>
/// <param name="Claims">Who has which service address and node port.</param>
/// <param name="Tombstones">Objects of files that a client deleted, each with the fingerprint of the file's object.</param>
internal sealed record StoreState(
    ulong Version,
    ImmutableArray<ImmutableSortedSet<StoredObject>> Tables,
    ImmutableDictionary<string, ObjectKey> Claims,
    ImmutableDictionary<(Collection Collection, ObjectKey Key), string> Tombstones)
{
    /// <summary>Nothing yet.</summary>
    public static StoreState Empty(ulong version) => new(
        version,
        [.. Collection.All.Select(static _ => ImmutableSortedSet.Create<StoredObject>(ByKey.Order))],
        ImmutableDictionary<string, ObjectKey>.Empty.WithComparers(StringComparer.Ordinal),
        ImmutableDictionary<(Collection, ObjectKey), string>.Empty);

    /// <summary>The objects of a collection, sorted.</summary>
    public ImmutableSortedSet<StoredObject> Of(Collection collection) => Tables[collection.Index];

    /// <summary>An object, or null.</summary>
    public StoredObject? Find(Collection collection, ObjectKey key) => Of(collection).TryGetValue(StoredObject.Probe(key), out var found) && found.Collection is not null ? found : null;

    /// <summary>The part of a table that is in a namespace, as a range of indices.</summary>
    public Range In(Collection collection, string space)
    {
        var table = Of(collection);
        return At(table, new(space, ""))..At(table, new(space + '\0', ""));
    }

    /// <summary>The index of the first object that is not before a key.</summary>
    public static int At(ImmutableSortedSet<StoredObject> table, ObjectKey key)
    {
        var at = table.IndexOf(StoredObject.Probe(key));
        return at < 0 ? ~at : at;
    }

    /// <summary>With an object added or replaced.</summary>
    /// <param name="next">The object.</param>
    /// <param name="before">The one that it replaces.</param>
    public StoreState With(StoredObject next, StoredObject? before)
    {
        var table = Of(next.Collection);
        return this with
        {
            Version = next.Version,
            Tables = Tables.SetItem(next.Collection.Index, (before is null ? table : table.Remove(before)).Add(next)),
            Claims = Claim(Release(Claims, before), next),
        };
    }

    /// <summary>Without an object.</summary>
    public StoreState Without(StoredObject gone, ulong version) =>
        this with { Version = version, Tables = Tables.SetItem(gone.Collection.Index, Of(gone.Collection).Remove(gone)), Claims = Release(Claims, gone) };

    /// <summary>Claims of an object added; who has something already keeps it.</summary>
    public static ImmutableDictionary<string, ObjectKey> Claim(ImmutableDictionary<string, ObjectKey> claims, StoredObject item)
    {
        foreach (var claim in item.Claims)
        {
            if (!claims.ContainsKey(claim))
                claims = claims.Add(claim, item.Key);
        }

        return claims;
    }

    private static ImmutableDictionary<string, ObjectKey> Release(ImmutableDictionary<string, ObjectKey> claims, StoredObject? item)
    {
        if (item is null)
            return claims;
        foreach (var claim in item.Claims)
        {
            if (claims.TryGetValue(claim, out var holder) && holder == item.Key)
                claims = claims.Remove(claim);
        }

        return claims;
    }
}

/// <summary>What happened to an object.</summary>
internal enum ChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It is another one.</summary>
    Modified,

    /// <summary>It is gone.</summary>
    Deleted,
}

/// <summary>One change of one object.</summary>
/// <param name="Version">The collection version that it made.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Object">The object after it; of a deleted one the last state, with the version of the deletion.</param>
/// <param name="Before">The object before it; null if it is new.</param>
/// <param name="IsReport">Whether the data plane itself says how the object does: it has nothing to follow then.</param>
internal sealed record StoreChange(ulong Version, ChangeKind Kind, StoredObject Object, StoredObject? Before, bool IsReport = false);
