using System.Collections.Immutable;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Api.Store;

/// <summary>Gathers a state line by line at the start; building thousands of immutable tables one after the other would take a second.</summary>
internal sealed class StoreStateBuilder
{
    private readonly Dictionary<(Collection, ObjectKey), StoredObject> objects = [];
    private readonly Dictionary<(Collection, ObjectKey), string> tombstones = [];

    /// <summary>The highest version that may have been given out.</summary>
    public ulong Version { get; private set; }

    public bool Reach(ulong version)
    {
        Version = Math.Max(Version, version);
        return true;
    }

    public void Put(StoredObject item)
    {
        objects[(item.Collection, item.Key)] = item;
        tombstones.Remove((item.Collection, item.Key));
    }

    public void Drop(Collection collection, ObjectKey key, string? hidden)
    {
        objects.Remove((collection, key));
        if (hidden is null)
            tombstones.Remove((collection, key));
        else
            tombstones[(collection, key)] = hidden;
    }

    public StoreState Build(ulong version)
    {
        var byCollection = objects.Values.ToLookup(static o => o.Collection);
        var claims = new Dictionary<string, ObjectKey>(StringComparer.Ordinal);
        foreach (var service in byCollection[Collection.Services])
        {
            foreach (var claim in service.Claims)
                claims.TryAdd(claim, service.Key);
        }

        return new(
            version,
            [.. Collection.All.Select(r => byCollection[r].ToImmutableSortedSet(ByKey.Order))],
            claims.ToImmutableDictionary(StringComparer.Ordinal),
            tombstones.ToImmutableDictionary());
    }
}
