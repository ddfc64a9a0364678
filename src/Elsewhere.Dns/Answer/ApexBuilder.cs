using System.Net;
using System.Net.Sockets;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Builds what is at the zone itself and at <c>dns-version</c> and <c>ns.dns</c>.</summary>
internal static class ApexBuilder
{
    // Kubernetes DNS-Based Service Discovery 1.1.0, section 2.2: the version record; CoreDNS gives it eight hours.
    private const uint VersionTtl = 28800;

    public static void Add(TableParts parts, SectionWriter writer, byte[] branch, AliasSnapshot snapshot)
    {
        writer.Begin([]);
        writer.BeginAtQuestion(RecordType.Txt, VersionTtl);
        writer.Octets("\u00051.1.0"u8);
        writer.End(additional: false);
        parts.Version = writer.Finish();

        var servers = NameServers(parts, branch, snapshot);
        if (servers.Count == 0)
            return;
        parts.NameServerA = Addresses(writer, servers, AddressFamily.InterNetwork, parts.Options.Ttl);
        parts.NameServerAaaa = Addresses(writer, servers, AddressFamily.InterNetworkV6, parts.Options.Ttl);
        writer.Begin(snapshot.ClusterDomain.Wire.ToArray());
        var named = new List<byte[]>();
        foreach (var (name, _) in servers)
        {
            if (named.Exists(other => other.AsSpan().SequenceEqual(name)))
                continue;
            named.Add(name);
            writer.BeginAtQuestion(RecordType.NS, parts.Options.Ttl);
            writer.Name(name);
            writer.End(additional: false);
        }

        foreach (var (name, address) in servers)
        {
            if (writer.Find(name) is not { } at)
                continue;
            writer.BeginAt(at, address.AddressFamily == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa, parts.Options.Ttl);
            writer.Octets(address.GetAddressBytes());
            writer.End(additional: true);
        }

        parts.ApexNS = writer.Finish();
    }

    // As CoreDNS: the Services that our addresses are endpoints of; if there is none, ns.dns with the addresses themselves.
    private static List<(byte[] Name, IPAddress Address)> NameServers(TableParts parts, byte[] branch, AliasSnapshot snapshot)
    {
        var servers = new List<(byte[], IPAddress)>();
        var own = parts.Options.OwnAddresses;
        if (own.IsEmpty)
            return servers;
        var services = new HashSet<ObjectKey>();
        foreach (var slice in snapshot.EndpointSlices)
        {
            if (slice.Endpoints.Any(endpoint => endpoint.IsReady && endpoint.Addresses.Any(address => own.Contains(address))))
                services.Add(new ObjectKey(slice.Key.Namespace, slice.ServiceName));
        }

        foreach (var alias in snapshot.Aliases)
        {
            // A Service whose own address is ours is our name as well: on one machine we answer on it ourselves.
            if (!services.Contains(alias.Key) && !alias.ServiceAddresses.Any(address => own.Contains(address)))
                continue;
            foreach (var address in alias.ServiceAddresses)
            {
                if (TableBuilder.NameOf(alias.Key, "", branch) is { } name)
                    servers.Add((name, address));
            }
        }

        if (servers.Count == 0)
        {
            byte[] name = [2, .. "ns"u8, 3, .. "dns"u8, .. snapshot.ClusterDomain.Wire];
            foreach (var address in own)
                servers.Add((name, address));
        }

        return servers;
    }

    private static int Addresses(SectionWriter writer, List<(byte[] Name, IPAddress Address)> servers, AddressFamily family, uint ttl)
    {
        writer.Begin([]);
        writer.Ring(null, [.. servers.Select(server => server.Address).Where(address => address.AddressFamily == family).Distinct()], family, ttl);
        return writer.Finish();
    }
}
