using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Makes a table of the one before it. What is answered about most aliases is the same as before, so that only the others are written, behind what is there; the index
/// is copied, and loses what is gone. What is answered is what a table that was written anew answers.
/// </summary>
internal static class TableUpdate
{
    // Writing more than one alias in so many costs about as much as writing all.
    private const int Share = 8;

    /// <summary>Writes what changed.</summary>
    /// <param name="before">The table before.</param>
    /// <param name="snapshot">What is to be in the table.</param>
    /// <param name="options">As those of the table before, but for the serial number.</param>
    /// <param name="first">The first node that is new.</param>
    /// <returns>Null if all has to be written anew: too much changed, too much of the storage is what is gone, or another table was made of this one already.</returns>
    public static TableParts? Apply(DnsTable before, AliasSnapshot snapshot, DnsTableOptions options, out int first)
    {
        first = before.Parts.Nodes.Count;
        if (before.Snapshot is not { } last || last.Namespaces != snapshot.Namespaces || before.Parts.Index!.IsFull || first > before.NameCount * 2)
            return null;
        var touched = new Touched(snapshot.ClusterDomain);
        if (!touched.Add(last, snapshot) || touched.Aliases.Count > 16 + (snapshot.Aliases.Count / Share) || !before.TryGoOn())
            return null;
        var parts = new TableParts(options, before.Parts);
        Remove(parts, last, touched);
        var builder = new TableBuilder(parts);
        var slices = new SlicesByService(snapshot.EndpointSlices, touched.Aliases);
        foreach (var key in touched.Aliases)
        {
            if (Find(snapshot.Aliases, key) is { } alias)
                builder.AddAlias(alias, slices.Of(key));
        }

        builder.AddAddresses(snapshot, touched.Addresses);
        builder.AddApex(snapshot, before.Parts);
        return parts;
    }

    // Which names there were is found by writing them once more.
    private static void Remove(TableParts parts, AliasSnapshot last, Touched touched)
    {
        var names = new TableParts(parts.Options, parts.Zone, touched.Aliases.Count);
        var builder = new TableBuilder(names);
        var slices = new SlicesByService(last.EndpointSlices, touched.Aliases);
        foreach (var key in touched.Aliases)
        {
            if (Find(last.Aliases, key) is { } alias)
                builder.AddAlias(alias, slices.Of(key));
        }

        for (var node = 0; node < names.Nodes.Count; node++)
            parts.Index!.Remove(parts, names.KeyOf(node));
        Span<byte> address = stackalloc byte[DnsTable.MaxAddressKeyLength];
        foreach (var touchedAddress in touched.Addresses)
            parts.Index!.Remove(parts, address[..ReverseBuilder.KeyOf(touchedAddress, address)]);
    }

    private static Alias? Find(Seq<Alias> aliases, ObjectKey key)
    {
        int low = 0, high = aliases.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = aliases[middle].Key.CompareTo(key);
            if (order == 0)
                return aliases[middle];
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return null;
    }

    /// <summary>Whose names are written anew.</summary>
    private sealed class Touched(DnsName zone)
    {
        /// <summary>The aliases, and the Services that slices name; there need not be any such.</summary>
        public HashSet<ObjectKey> Aliases { get; } = [];

        /// <summary>The addresses.</summary>
        public HashSet<IPAddress> Addresses { get; } = [];

        /// <summary>Finds all that differs, and what follows names of the zone: that may have changed without being changed itself.</summary>
        /// <returns>False if the order of what stays has changed.</returns>
        public bool Add(AliasSnapshot before, AliasSnapshot now)
        {
            if (SeqChanges.Between(before.Aliases.AsSpan(), now.Aliases.AsSpan()) is not { } aliases
                || SeqChanges.Between(before.EndpointSlices.AsSpan(), now.EndpointSlices.AsSpan()) is not { } slices)
                return false;
            foreach (var alias in aliases.Gone.Concat(aliases.Come))
            {
                this.Aliases.Add(alias.Key);
                this.Addresses.UnionWith(alias.ServiceAddresses);
            }

            foreach (var slice in slices.Gone.Concat(slices.Come))
            {
                this.Aliases.Add(new ObjectKey(slice.Key.Namespace, slice.ServiceName));
                this.Addresses.UnionWith(slice.Endpoints.SelectMany(static endpoint => endpoint.Addresses));
            }

            foreach (var alias in now.Aliases)
            {
                if (alias.Target?.IsSubdomainOf(zone) == true)
                    this.Aliases.Add(alias.Key);
            }

            foreach (var slice in now.EndpointSlices)
            {
                if (slice.AddressType == AddressType.Fqdn && slice.Endpoints.Any(endpoint => endpoint.Names.Any(name => name.IsSubdomainOf(zone))))
                    this.Aliases.Add(new ObjectKey(slice.Key.Namespace, slice.ServiceName));
            }

            return true;
        }
    }
}
