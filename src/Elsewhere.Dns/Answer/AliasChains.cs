using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>
/// Follows each CNAME of the zone once, when the table is built. As CoreDNS: at most eleven CNAMEs; a chain that comes back to itself, leads to
/// nothing, or leads to a name without such addresses is no answer at all (NODATA); one that leaves the zone is completed at question time.
/// </summary>
internal static class AliasChains
{
    private const int MaxLength = 11;

    /// <param name="table">The table.</param>
    /// <param name="first">The first node that is new: all before it are complete.</param>
    public static void Complete(DnsTable table, int first)
    {
        var parts = table.Parts;
        var writer = new SectionWriter(parts);
        var targets = new List<DnsName>();
        for (var i = first; i < parts.Nodes.Count; i++)
        {
            var node = parts.Nodes.Span[i];
            if (node.Kind != NodeKind.Alias)
                continue;
            var name = OwnerOf(table, node);
            if (name is null)
                continue;
            node.A = Follow(table, writer, node, name, AddressFamily.InterNetwork, targets, out var open);
            node.Aaaa = open ? node.A : Follow(table, writer, node, name, AddressFamily.InterNetworkV6, targets, out _);
            parts.Nodes.Span[i] = node;
        }
    }

    private static int Follow(
        DnsTable table, SectionWriter writer, Node start, DnsName name, AddressFamily family, List<DnsName> targets, out bool open)
    {
        var parts = table.Parts;
        var node = start;
        var current = name;
        open = false;
        targets.Clear();
        while (node.Kind == NodeKind.Alias)
        {
            var target = parts.Targets.Span[node.Target - 1];
            if (target.IsSubdomainOf(current) || targets.Count == MaxLength || targets.Contains(target))
                return 0;
            targets.Add(target);
            if (!target.IsSubdomainOf(table.Zone))
            {
                open = true;
                WriteChain(writer, name, targets, parts.Options.Ttl);
                return writer.Finish(parts.Chains.Add([.. targets]));
            }

            current = target;
            if (!TryFindNode(table, target, family, out node))
                return 0;
        }

        var found = family == AddressFamily.InterNetwork ? node.A : node.Aaaa;
        if (found == 0)
            return 0;
        var last = WriteChain(writer, name, targets, parts.Options.Ttl);
        writer.Ring(last, AddressesOf(parts, found), family, parts.Options.Ttl);
        return writer.Finish();
    }

    /// <returns>Where the last target's name can be pointed to.</returns>
    private static short? WriteChain(SectionWriter writer, DnsName name, List<DnsName> targets, uint ttl)
    {
        writer.Begin(name.Wire.ToArray());
        short? owner = null;
        foreach (var target in targets)
        {
            if (owner is { } value)
                writer.BeginAt(value, RecordType.Cname, ttl);
            else
                writer.BeginAtQuestion(RecordType.Cname, ttl);
            var wire = target.Wire.ToArray();
            writer.Name(wire);
            writer.End(additional: false);
            owner = writer.Find(wire);
        }

        return owner;
    }

    private static bool TryFindNode(DnsTable table, DnsName name, AddressFamily family, out Node node)
    {
        Span<byte> buffer = stackalloc byte[FoldedName.BufferLength];
        Span<byte> offsets = stackalloc byte[128];
        var folded = new FoldedName(name.Wire, buffer, offsets);
        var place = table.Locate(folded);
        node = place.Node;
        if (place.Kind == PlaceKind.NameServer)
        {
            node = new Node { Kind = NodeKind.Service, A = table.Parts.NameServerA, Aaaa = table.Parts.NameServerAaaa };
            return (family == AddressFamily.InterNetwork ? node.A : node.Aaaa) != 0;
        }

        return place.Kind == PlaceKind.Found;
    }

    private static List<IPAddress> AddressesOf(TableParts parts, int number)
    {
        var section = parts.Sections.Span[number];
        var addresses = new List<IPAddress>(section.RingCount);
        var at = section.At + section.Length - (section.RingCount * section.RingSize);
        for (var i = 0; i < section.RingCount; i++, at += section.RingSize)
            addresses.Add(new IPAddress(parts.Octets.Span.Slice(at + 12, section.RingSize - 12)));
        return addresses;
    }

    // The last two labels of an alias' key are its Service; the compression of its chain needs no more of the question than that.
    private static DnsName? OwnerOf(DnsTable table, Node node)
    {
        var key = table.Parts.Octets.Span.Slice(node.KeyAt + 1, node.KeyLength - 1);
        var labels = new List<int>();
        for (var at = 0; at < key.Length; at += key[at] + 1)
            labels.Add(at);
        var tail = labels.Count > 3 ? key[labels[^2]..] : key;
        return DnsName.TryFromWire([.. tail, 3, .. "svc"u8, .. table.Zone.Wire], out var name) ? name : null;
    }
}
