using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>
/// Makes one table after the other. Where few aliases changed, and none of them its ports, the others keep their entries: what compares tables then stops at equal
/// references. Each table is the one that <see cref="RelayTable.Build"/> makes. Used by one thread at a time.
/// </summary>
/// <param name="policy">What may be dialled.</param>
public sealed class RelayTables(DialPolicy policy)
{
    private Dictionary<RelayListen, ObjectKey> owners = [];
    private AliasSnapshot? snapshot;
    private OriginAddresses? origins;
    private RelayTable table = RelayTable.Empty;

    /// <summary>Joins the aliases' ports with the addresses that the origins' names have right now.</summary>
    /// <param name="aliases">The aliases.</param>
    /// <param name="addresses">What the names resolve to.</param>
    /// <returns>The same instance as before, if nothing changed that concerns the relay.</returns>
    public RelayTable Build(AliasSnapshot aliases, OriginAddresses addresses)
    {
        ArgumentNullException.ThrowIfNull(aliases);
        ArgumentNullException.ThrowIfNull(addresses);
        table = Patched(aliases, addresses) ?? Whole(aliases, addresses);
        (snapshot, origins) = (aliases, addresses);
        return table;
    }

    private RelayTable Whole(AliasSnapshot aliases, OriginAddresses addresses)
    {
        owners = RelayTableBuilder.Owners(aliases);
        var builder = new RelayTableBuilder(addresses, policy, owners);
        foreach (var alias in aliases.Aliases)
            builder.Add(alias);
        return builder.Table;
    }

    // Who owns which port concerns all; so do problems, which stand in the order of the aliases.
    private RelayTable? Patched(AliasSnapshot aliases, OriginAddresses addresses)
    {
        if (snapshot is null || !ReferenceEquals(origins, addresses) || SeqChanges.Between(snapshot.Aliases.AsSpan(), aliases.Aliases.AsSpan()) is not { } changes)
            return null;
        var (gone, come) = (Relayed(changes.Gone), Relayed(changes.Come));
        if (gone.Count == 0 && come.Count == 0)
            return table;
        if (!table.Problems.IsEmpty || gone.Count != come.Count || gone.Count > 16 + (aliases.Aliases.Count / 8) || !gone.Zip(come).All(static pair => SameListeners(pair.First, pair.Second)))
            return null;
        var builder = new RelayTableBuilder(addresses, policy, owners);
        foreach (var alias in come)
            builder.Add(alias);
        var made = builder.Table;
        if (!made.Problems.IsEmpty)
            return null;
        var entries = table.Entries.AsSpan().ToArray();
        var at = 0;
        foreach (var entry in made.Entries)
        {
            while (entries[at].Listen != entry.Listen)
                at++;
            if (entries[at] != entry)
                entries[at] = entry;
        }

        return table with { Entries = [.. entries] };
    }

    private static List<Alias> Relayed(IReadOnlyList<Alias> aliases) => [.. aliases.Where(static alias => alias.Kind == AliasKind.ClusterIP)];

    private static bool SameListeners(Alias before, Alias now) =>
        before.Key == now.Key && before.ServiceAddresses == now.ServiceAddresses
        && before.Ports.Select(static port => (port.Port, port.Protocol)).SequenceEqual(now.Ports.Select(static port => (port.Port, port.Protocol)));
}
