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
    private readonly HashSet<IPAddress> seenAddresses = [];
    private readonly byte[] key = new byte[DnsTable.MaxKeyLength];

    private TableBuilder(AliasSnapshot snapshot, DnsTableOptions options)
    {
        parts = new TableParts(options, snapshot.ClusterDomain);
        writer = new SectionWriter(parts);
        branch = [3, .. "svc"u8, .. snapshot.ClusterDomain.Wire];
        ttl = options.Ttl;
    }

    public static TableParts Build(AliasSnapshot snapshot, DnsTableOptions options)
    {
        var builder = new TableBuilder(snapshot, options);
        var slices = new SliceIndex(snapshot.EndpointSlices);
        foreach (var space in snapshot.Namespaces)
        {
            if (IsLabel(space))
                builder.parts.AddNode(builder.Key(space), new Node { Kind = NodeKind.Namespace });
        }

        foreach (var alias in snapshot.Aliases)
        {
            if (IsLabel(alias.Key.Name) && IsLabel(alias.Key.Namespace))
                builder.AddAlias(alias, slices);
        }

        ReverseBuilder.Add(builder.parts, builder.writer, builder.branch, snapshot);
        ApexBuilder.Add(builder.parts, builder.writer, builder.branch, snapshot);
        return builder.parts;
    }

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

    private void AddAlias(Alias alias, SliceIndex slices)
    {
        var name = NameOf(alias.Key, "", branch);
        if (name is null)
            return;
        if (alias.Kind == AliasKind.ExternalName)
        {
            if (alias.Target is { } target)
                AddCname(Key(alias.Key.Name, alias.Key.Namespace), name, target);
            return;
        }

        items.Clear();
        foreach (var slice in slices.Of(alias.Key))
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
                AddNode(Key(host, alias.Name, alias.Namespace), NodeOf(list, alias, name));
        }
    }

    private void AddService(ObjectKey alias, byte[] name)
    {
        var whole = NodeOf(items, alias, name);
        AddNode(Key(alias.Name, alias.Namespace), whole);
        var uniform = items.TrueForAll(item => item.PortName == items[0].PortName && item.Protocol == items[0].Protocol);
        var done = new HashSet<(string Port, string Protocol)>();
        foreach (var item in items)
        {
            foreach (var (port, protocol) in ((string, string)[])[(item.PortName, item.Protocol), (item.PortName, ""), ("", item.Protocol)])
            {
                // Both empty is the Service itself; an empty one matches all.
                if ((port.Length == 0 && protocol.Length == 0) || !done.Add((port, protocol)) || !IsLabelOrEmpty(port))
                    continue;
                if (uniform)
                {
                    AddNode(Key(port, protocol, alias.Name, alias.Namespace), whole);
                    continue;
                }

                chosen.Clear();
                foreach (var other in items)
                {
                    if ((port.Length == 0 || port == other.PortName) && (protocol.Length == 0 || protocol == other.Protocol))
                        chosen.Add(other);
                }

                AddNode(Key(port, protocol, alias.Name, alias.Namespace), NodeOf(chosen, alias, name));
            }
        }
    }

    private void AddNode(ReadOnlySpan<byte> nodeKey, Node node) => parts.AddNode(nodeKey, node);

    private Node NodeOf(List<Item> subset, ObjectKey alias, byte[] name)
    {
        var node = new Node { Kind = NodeKind.Service };
        foreach (var family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            seenAddresses.Clear();
            foreach (var item in subset)
            {
                if (item.Address is { } address && address.AddressFamily == family)
                    seenAddresses.Add(address);
            }

            if (seenAddresses.Count == 0)
                continue;
            writer.Begin(name);
            writer.Ring(null, seenAddresses, family, ttl);
            if (family == AddressFamily.InterNetwork)
                node.A = writer.Finish();
            else
                node.Aaaa = writer.Finish();
        }

        if (node.A != 0 || node.Aaaa != 0)
            node.Srv = WriteSrv(subset, alias, name);
        else if (subset.Find(item => item.Name is not null).Name is { } target)
            node = AliasNode(name, target);
        return node;
    }

    // RFC 2782 and CoreDNS: priority 0, the weights of all that match add up to 100 (but none is 0), one record for a target and port, and
    // the target's addresses behind.
    private int WriteSrv(List<Item> subset, ObjectKey alias, byte[] name)
    {
        var weight = (ushort)Math.Max(1, Math.Floor(100.0 / (subset.Count * 100.0) * 100));
        var targets = new Dictionary<string, short?>(StringComparer.Ordinal);
        var ports = new HashSet<(string Host, int Port)>();
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
            if (item.Host.Length == 0)
                targets[""] = (short)-name.Length;
            else
                targets.TryAdd(item.Host, SectionWriter.Target(writer.DataAt + 6));
            writer.Octets(target);
            if (!writer.End(additional: false))
                return writer.Finish();
        }

        var addresses = new HashSet<(string Host, IPAddress Address)>();
        foreach (var item in subset)
        {
            // A target too far behind to be pointed to goes without its addresses: they would not fit anyway.
            if (item.Port < 0 || item.Address is null || !targets.TryGetValue(item.Host, out var at) || at is null
                || !addresses.Add((item.Host, item.Address)))
                continue;
            writer.BeginAt(at.Value, item.Address.AddressFamily == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa, ttl);
            writer.Octets(item.Address.GetAddressBytes());
            if (!writer.End(additional: true))
                break;
        }

        return writer.Finish();
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

    private static bool IsLabelOrEmpty(string label) => label.Length <= DnsName.MaxLabelLength;
}
