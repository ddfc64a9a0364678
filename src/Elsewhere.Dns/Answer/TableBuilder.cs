using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Builds the names under <c>svc.ZONE</c>; the other parts of a table have builders of their own.</summary>
internal sealed class TableBuilder
{
    private readonly TableParts parts;
    private readonly SectionWriter writer;
    private readonly byte[] branch;
    private readonly uint ttl;
    private readonly List<Item> items = [];
    private readonly List<Item> chosen = [];
    private readonly List<IPAddress> addresses = [];
    private readonly byte[] key = new byte[DnsTable.MaxKeyLength];

    /// <param name="parts">Where to.</param>
    public TableBuilder(TableParts parts)
    {
        this.parts = parts;
        writer = new SectionWriter(parts);
        branch = [3, .. "svc"u8, .. parts.Zone.Wire];
        ttl = parts.Options.Ttl;
    }

    /// <summary>Writes a table.</summary>
    /// <param name="snapshot">What is in it.</param>
    /// <param name="options">TTLs and so on.</param>
    public static TableParts Build(AliasSnapshot snapshot, DnsTableOptions options)
    {
        var parts = new TableParts(options, snapshot.ClusterDomain, snapshot.Aliases.Count + snapshot.EndpointSlices.Count);
        var builder = new TableBuilder(parts);
        var slices = new SlicesByService(snapshot.EndpointSlices);
        foreach (var space in snapshot.Namespaces)
        {
            if (IsLabel(space))
                parts.AddNode(builder.Key(space), new Node { Kind = NodeKind.Namespace });
        }

        foreach (var alias in snapshot.Aliases)
            builder.AddAlias(alias, slices.Of(alias.Key));
        builder.AddAddresses(snapshot, only: null);
        builder.AddApex(snapshot, before: null);
        parts.Index = NameIndex.Of(parts);
        return parts;
    }

    /// <summary>Writes the reverse names.</summary>
    /// <param name="snapshot">What is in the table.</param>
    /// <param name="only">Of these addresses; null for all.</param>
    public void AddAddresses(AliasSnapshot snapshot, HashSet<IPAddress>? only) => new ReverseBuilder(parts, writer, branch).Add(snapshot, only);

    /// <summary>Writes what is at the zone itself.</summary>
    /// <param name="snapshot">What is in the table.</param>
    /// <param name="before">The parts that this table goes on behind, or null.</param>
    public void AddApex(AliasSnapshot snapshot, TableParts? before) => ApexBuilder.Add(parts, writer, branch, snapshot, before);

    /// <summary>The name of an alias in wire format; null if it cannot be a name.</summary>
    internal static byte[]? NameOf(Alias alias, byte[] branch) => IsLabel(alias.Key.Name) && IsLabel(alias.Key.Namespace) ? NameOf(alias.Key, "", branch) : null;

    /// <summary>The name of an alias, or of an endpoint of it, in wire format; null if it is too long for a name.</summary>
    internal static byte[]? NameOf(ObjectKey alias, string host, byte[] branch)
    {
        var hostLength = host.Length == 0 ? 0 : host.Length + 1;
        var wire = new byte[hostLength + alias.Name.Length + alias.Namespace.Length + 2 + branch.Length];
        if (wire.Length > DnsName.MaxWireLength || host.Length > DnsName.MaxLabelLength)
            return null;
        var at = 0;
        if (hostLength > 0)
            Append(wire, ref at, host);
        Append(wire, ref at, alias.Name);
        Append(wire, ref at, alias.Namespace);
        branch.CopyTo(wire, at);
        return wire;
    }

    /// <summary>Writes what there is at an alias, its ports and its endpoints.</summary>
    /// <param name="alias">The alias.</param>
    /// <param name="slices">The slices that name it as their Service.</param>
    public void AddAlias(Alias alias, IReadOnlyList<EndpointSliceView> slices)
    {
        if (NameOf(alias, branch) is not { } name)
            return;
        if (alias.Kind == AliasKind.ExternalName)
        {
            if (alias.Target is { } target)
                AddCname(Key(alias.Key.Name, alias.Key.Namespace), name, target);
            return;
        }

        items.Clear();
        foreach (var slice in slices)
            Endpoints.AddSlice(slice, items);
        AddHosts(alias.Key, name);
        if (alias.Kind == AliasKind.ClusterIP)
        {
            items.Clear();
            Endpoints.AddService(alias, items);
        }

        // A Service with an address exists even where no endpoint does; a headless one is its endpoints.
        if (items.Count > 0 || alias.Kind == AliasKind.ClusterIP)
            AddService(alias.Key, name);
    }

    private void AddHosts(ObjectKey alias, byte[] name)
    {
        if (items.Count == 0)
            return;
        if (IsLabel(items[0].Host) && items.TrueForAll(item => item.Host == items[0].Host))
        {
            parts.AddNode(Key(items[0].Host, alias.Name, alias.Namespace), NodeOf(items, alias, name));
            return;
        }

        var byHost = new Dictionary<string, List<Item>>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (!byHost.TryGetValue(item.Host, out var list))
                byHost.Add(item.Host, list = []);
            list.Add(item);
        }

        foreach (var (host, list) in byHost)
        {
            if (IsLabel(host))
                parts.AddNode(Key(host, alias.Name, alias.Namespace), NodeOf(list, alias, name));
        }
    }

    // One underscore less in front of port and protocol, and an empty one of them matches all; both empty is the Service itself.
    private void AddService(ObjectKey alias, byte[] name)
    {
        var whole = NodeOf(items, alias, name);
        parts.AddNode(Key(alias.Name, alias.Namespace), whole);
        if (items.Count == 0)
            return;
        var (onlyPort, onlyProtocol) = (items[0].PortName, items[0].Protocol);
        if (items.TrueForAll(item => item.PortName == onlyPort && item.Protocol == onlyProtocol))
        {
            AddPort(alias, onlyPort, onlyProtocol, whole);
            if (onlyPort.Length > 0 && onlyProtocol.Length > 0)
            {
                AddPort(alias, onlyPort, "", whole);
                AddPort(alias, "", onlyProtocol, whole);
            }

            return;
        }

        var done = new HashSet<(string Port, string Protocol)> { ("", "") };
        foreach (var item in items)
        {
            AddSelection(item.PortName, item.Protocol);
            AddSelection(item.PortName, "");
            AddSelection("", item.Protocol);
        }

        void AddSelection(string port, string protocol)
        {
            if (!done.Add((port, protocol)))
                return;
            chosen.Clear();
            foreach (var other in items)
            {
                if ((port.Length == 0 || port == other.PortName) && (protocol.Length == 0 || protocol == other.Protocol))
                    chosen.Add(other);
            }

            AddPort(alias, port, protocol, NodeOf(chosen, alias, name));
        }
    }

    private void AddPort(ObjectKey alias, string port, string protocol, Node node)
    {
        if ((port.Length > 0 || protocol.Length > 0) && port.Length <= DnsName.MaxLabelLength)
            parts.AddNode(Key(port, protocol, alias.Name, alias.Namespace), node);
    }

    private Node NodeOf(List<Item> subset, ObjectKey alias, byte[] name)
    {
        var node = new Node { Kind = NodeKind.Service };
        node.A = WriteAddresses(subset, name, AddressFamily.InterNetwork);
        node.Aaaa = WriteAddresses(subset, name, AddressFamily.InterNetworkV6);
        if (node.A != 0 || node.Aaaa != 0)
            node.Srv = WriteSrv(subset, alias, name);
        else if (subset.Find(item => item.Name is not null).Name is { } target)
            node = AliasNode(name, target);
        return node;
    }

    private int WriteAddresses(List<Item> subset, byte[] name, AddressFamily family)
    {
        addresses.Clear();
        var seen = new Seen<IPAddress>(subset.Count);
        foreach (var item in subset)
        {
            if (item.Address is { } address && address.AddressFamily == family && seen.Add(address))
                addresses.Add(address);
        }

        if (addresses.Count == 0)
            return 0;
        writer.Begin(name);
        writer.Ring(null, addresses, family, ttl);
        return writer.Finish();
    }

    // RFC 2782 and CoreDNS: priority 0, the weights of all that match add up to 100 (but none is 0), one record for a target and port, and
    // the target's addresses behind.
    private int WriteSrv(List<Item> subset, ObjectKey alias, byte[] name)
    {
        var weight = (ushort)Math.Max(1, Math.Floor(100.0 / (subset.Count * 100.0) * 100));
        var targets = subset.Count > 1 ? new Dictionary<string, short?>(StringComparer.Ordinal) : null;
        var ports = new Seen<(string Host, int Port)>(subset.Count);
        short? only = null;
        writer.Begin(name);
        foreach (var item in subset)
        {
            if (item.Port < 0 || item.Address is null || !ports.Add((item.Host, item.Port)))
                continue;
            var target = item.Host.Length == 0 ? name : NameOf(alias, item.Host, branch);
            if (target is null)
                continue;
            writer.BeginAtQuestion(RecordType.Srv, ttl);
            writer.Word(0);
            writer.Word(weight);
            writer.Word((ushort)item.Port);
            only = item.Host.Length == 0 ? (short)-name.Length : SectionWriter.Target(writer.DataAt + 6);
            targets?.TryAdd(item.Host, only);
            writer.Octets(target);
            if (!writer.End(additional: false))
                return writer.Finish();
        }

        var behind = new Seen<(string Host, IPAddress Address)>(subset.Count);
        foreach (var item in subset)
        {
            // A target too far behind to be pointed to goes without its addresses: they would not fit anyway.
            var at = targets is null ? only : targets.GetValueOrDefault(item.Host);
            if (item.Port < 0 || item.Address is null || at is null || !behind.Add((item.Host, item.Address)))
                continue;
            writer.BeginAt(at.Value, item.Address.AddressFamily == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa, ttl);
            writer.Octets(item.Address.GetAddressBytes());
            if (!writer.End(additional: true))
                break;
        }

        return writer.Finish();
    }

    /// <summary>A set that costs nothing where there is but one item.</summary>
    private readonly struct Seen<T>(int count)
    {
        private readonly HashSet<T>? items = count > 1 ? new HashSet<T>(count) : null;

        public bool Add(T item) => items is null || items.Add(item);
    }

    private void AddCname(ReadOnlySpan<byte> nodeKey, byte[] name, DnsName target) => parts.AddNode(nodeKey, AliasNode(name, target));

    private Node AliasNode(byte[] name, DnsName target)
    {
        writer.Begin(name);
        writer.BeginAtQuestion(RecordType.Cname, ttl);
        writer.Name(target.Wire.ToArray());
        writer.End(additional: false);
        return new Node { Kind = NodeKind.Alias, Cname = writer.Finish(), Target = parts.Targets.Add(target) + 1 };
    }

    private ReadOnlySpan<byte> Key(params ReadOnlySpan<string> labels)
    {
        key[0] = DnsTable.NameKey;
        var at = 1;
        foreach (var label in labels)
            Append(key, ref at, label);
        return key.AsSpan(0, at);
    }

    private static void Append(byte[] wire, ref int at, string label)
    {
        wire[at++] = (byte)label.Length;
        at += Encoding.ASCII.GetBytes(label, wire.AsSpan(at));
    }

    private static bool IsLabel(string label) => label.Length is > 0 and <= DnsName.MaxLabelLength;
}
