using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>One address (or name) with one port: what CoreDNS calls a service message. A Service is a list of them.</summary>
/// <param name="Host">The endpoint's label; empty for the Service itself.</param>
/// <param name="Address">The address, or null.</param>
/// <param name="Name">The name of an FQDN endpoint, or null.</param>
/// <param name="Port">The port; -1 if none is declared: the address counts, there is no SRV record.</param>
/// <param name="PortName">The port's name, lower case; may be empty.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c>, <c>sctp</c>, or empty with a port that is not declared.</param>
internal readonly record struct Item(string Host, IPAddress? Address, DnsName? Name, int Port, string PortName, string Protocol);

/// <summary>Turns Services and slices into items, as the <c>kubernetes</c> plugin of CoreDNS does.</summary>
internal static class Endpoints
{
    /// <summary>Every address of a ClusterIP Service with every port.</summary>
    public static void AddService(Alias alias, List<Item> items)
    {
        if (alias.Ports.IsEmpty)
        {
            foreach (var address in alias.ServiceAddresses)
                items.Add(new Item("", address, null, -1, "", ""));
        }

        foreach (var port in alias.Ports)
        {
            foreach (var address in alias.ServiceAddresses)
                items.Add(new Item("", address, null, port.Port, Folded(port.Name), NameOf(port.Protocol)));
        }
    }

    /// <summary>Every address of every ready endpoint of a slice with every port.</summary>
    public static void AddSlice(EndpointSliceView slice, List<Item> items)
    {
        foreach (var endpoint in slice.Endpoints)
        {
            if (!endpoint.IsReady)
                continue;
            foreach (var address in endpoint.Addresses)
                AddEndpoint(slice, new Item(HostOf(endpoint, address), address, null, -1, "", ""), items);
            foreach (var name in endpoint.Names)
            {
                var host = endpoint.Hostname.Length > 0 ? Folded(endpoint.Hostname) : Folded(name.ToHostString()).Replace('.', '-');
                AddEndpoint(slice, new Item(host, null, name, -1, "", ""), items);
            }
        }
    }

    /// <summary>An endpoint's label: its host name, or its address with dashes.</summary>
    public static string HostOf(EndpointView endpoint, IPAddress address) =>
        endpoint.Hostname.Length > 0 ? Folded(endpoint.Hostname) : Dashed(address);

    private static void AddEndpoint(EndpointSliceView slice, Item item, List<Item> items)
    {
        if (slice.Ports.IsEmpty)
            items.Add(item);
        foreach (var port in slice.Ports)
            items.Add(item with { Port = port.Port ?? -1, PortName = Folded(port.Name ?? ""), Protocol = NameOf(port.Protocol) });
    }

    private static string NameOf(Protocol protocol) => protocol switch
    {
        Protocol.Tcp => "tcp",
        Protocol.Udp => "udp",
        Protocol.Sctp => "sctp",
    };

    private static string Folded(string label)
    {
        foreach (var c in label)
        {
            if (char.IsAsciiLetterUpper(c))
                return label.ToLowerInvariant();
        }

        return label;
    }

    // RFC 5952 text, colons as dashes; a name must not end with a dash, so that a zero is added there.
    private static string Dashed(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address.ToString().Replace('.', '-');
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        int gap = -1, gapLength = 1;
        for (var i = 0; i < 8; i++)
        {
            var run = 0;
            while (i + run < 8 && octets[2 * (i + run)] == 0 && octets[(2 * (i + run)) + 1] == 0)
                run++;
            if (run > gapLength)
                (gap, gapLength) = (i, run);
            i += run;
        }

        var text = new StringBuilder(40);
        for (var i = 0; i < 8; i++)
        {
            if (i == gap)
            {
                text.Append("--");
                i += gapLength - 1;
                continue;
            }

            if (text.Length > 0 && text[^1] != '-')
                text.Append('-');
            text.Append(((octets[2 * i] << 8) | octets[(2 * i) + 1]).ToString("x", CultureInfo.InvariantCulture));
        }

        if (text[^1] == '-')
            text.Append('0');
        return text.ToString();
    }
}
