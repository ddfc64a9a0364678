using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Builds what is at the zone itself and at <c>dns-version</c> and <c>ns.dns</c>.</summary>
internal static class ApexBuilder
{
    // Kubernetes DNS-Based Service Discovery 1.1.0, section 2.2: the version record; CoreDNS gives it eight hours.
    private const uint VersionTtl = 28800;

    /// <summary>Adds it.</summary>
    /// <param name="parts">Where to.</param>
    /// <param name="writer">Writes into them.</param>
    /// <param name="branch"><c>svc.ZONE</c> in wire format.</param>
    /// <param name="snapshot">What is in the table.</param>
    /// <param name="before">The parts that these go on behind: what stands there is not written again. Null for none.</param>
    public static void Add(TableParts parts, SectionWriter writer, byte[] branch, AliasSnapshot snapshot, TableParts? before)
    {
        parts.Servers = NameServers(parts, branch, snapshot);
        if (before is null)
            AddVersion(parts, writer);
        if (before is not null && parts.Servers.SequenceEqual(before.Servers))
            (parts.ApexNS, parts.NameServerA, parts.NameServerAaaa) = (before.ApexNS, before.NameServerA, before.NameServerAaaa);
        else if (parts.Servers.Count > 0)
            AddServers(parts, writer, snapshot.ClusterDomain);
    }

    private static void AddVersion(TableParts parts, SectionWriter writer)
    {
        writer.Begin([]);
        writer.BeginAtQuestion(RecordType.Txt, VersionTtl);
        writer.Octets("\u00051.1.0"u8);
        writer.End(additional: false);
        parts.Version = writer.Finish();
    }

    private static void AddServers(TableParts parts, SectionWriter writer, DnsName zone)
    {
        parts.NameServerA = Addresses(parts, writer, AddressFamily.InterNetwork);
        parts.NameServerAaaa = Addresses(parts, writer, AddressFamily.InterNetworkV6);
        writer.Begin(zone.Wire.ToArray());
        foreach (var name in parts.Servers.Select(static server => server.Name).Distinct())
        {
            writer.BeginAtQuestion(RecordType.NS, parts.Options.Ttl);
            writer.Name(name.Wire.ToArray());
            writer.End(additional: false);
        }

        foreach (var (name, address) in parts.Servers)
        {
            if (writer.Find(name.Wire.ToArray()) is not { } at)
                continue;
            writer.BeginAt(at, address.AddressFamily == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa, parts.Options.Ttl);
            writer.Octets(address.GetAddressBytes());
            writer.End(additional: true);
        }

        parts.ApexNS = writer.Finish();
    }

    // As CoreDNS: the Services that our addresses are endpoints of; if there is none, ns.dns with the addresses themselves.
    private static List<NameServer> NameServers(TableParts parts, byte[] branch, AliasSnapshot snapshot)
    {
        var servers = new List<NameServer>();
        var own = parts.Options.OwnAddresses;
        if (own.IsEmpty)
            return servers;
        var services = new HashSet<ObjectKey>();
        foreach (var slice in snapshot.EndpointSlices)
        {
            foreach (var endpoint in slice.Endpoints)
            {
                if (endpoint.IsReady && AnyOf(own, endpoint.Addresses))
                    services.Add(new ObjectKey(slice.Key.Namespace, slice.ServiceName));
            }
        }

        foreach (var alias in snapshot.Aliases)
        {
            // A Service whose own address is ours is our name as well: on one machine we answer on it ourselves.
            if ((services.Count == 0 || !services.Contains(alias.Key)) && !AnyOf(own, alias.ServiceAddresses))
                continue;
            if (TableBuilder.NameOf(alias.Key, "", branch) is not { } wire || !DnsName.TryFromWire(wire, out var name))
                continue;
            foreach (var address in alias.ServiceAddresses)
                servers.Add(new NameServer(name, address));
        }

        if (servers.Count == 0 && DnsName.TryFromWire([2, .. "ns"u8, 3, .. "dns"u8, .. snapshot.ClusterDomain.Wire], out var other))
        {
            foreach (var address in own)
                servers.Add(new NameServer(other, address));
        }

        return servers;
    }

    private static bool AnyOf(Seq<IPAddress> own, Seq<IPAddress> addresses)
    {
        foreach (var address in addresses)
        {
            foreach (var ours in own)
            {
                if (ours.Equals(address))
                    return true;
            }
        }

        return false;
    }

    private static int Addresses(TableParts parts, SectionWriter writer, AddressFamily family)
    {
        writer.Begin([]);
        writer.Ring(null, [.. parts.Servers.Select(static server => server.Address).Where(address => address.AddressFamily == family).Distinct()], family, parts.Options.Ttl);
        return writer.Finish();
    }
}

/// <summary>A name server of the zone, with one of its addresses.</summary>
internal readonly record struct NameServer(DnsName Name, IPAddress Address);
