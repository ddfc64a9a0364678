using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>The machine's own choice of resolvers, from <c>resolv.conf(5)</c>.</summary>
public static class SystemResolvers
{
    private const int DnsPort = 53;

    // resolv.conf(5), MAXNS: the C library asks no more than three.
    private const int MaxServers = 3;

    /// <summary>
    /// The servers of a <c>resolv.conf</c>, in order, port 53. A stub on this machine (127.0.0.53) is as good as any other server, but not one that is ourselves.
    /// </summary>
    /// <param name="own">Where our own DNS server listens or will listen; those are left out, or we would ask ourselves (an unspecified address is every address of this machine).</param>
    /// <param name="path">The file.</param>
    /// <returns>Empty if the file cannot be read, or if nothing is left.</returns>
    public static Seq<IPEndPoint> Read(IReadOnlyCollection<IPEndPoint>? own = null, string path = "/etc/resolv.conf")
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }

        var ownAddresses = own?.Any(endPoint => IsUnspecified(endPoint.Address)) == true ? MachineAddresses() : [];
        return Parse(lines).Where(server => !IsOwn(server, own ?? [], ownAddresses)).ToSeq();
    }

    /// <summary>The servers that the lines of a <c>resolv.conf</c> name.</summary>
    internal static IEnumerable<IPEndPoint> Parse(IEnumerable<string> lines) => lines.Select(ParseLine).OfType<IPEndPoint>().Distinct().Take(MaxServers);

    private static IPEndPoint? ParseLine(string line)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        // resolv.conf(5): the keyword must start the line.
        if (words.Length < 2 || words[0] != "nameserver" || line[0] != 'n')
            return null;
        var percent = words[1].IndexOf('%', StringComparison.Ordinal);
        if (!IPText.TryParse(percent < 0 ? words[1] : words[1][..percent], out var address))
            return null;
        if (percent >= 0 && address.AddressFamily == AddressFamily.InterNetworkV6)
            address.ScopeId = ScopeOf(words[1][(percent + 1)..]);

        // The C library takes the unspecified address for this machine.
        if (IsUnspecified(address))
            address = address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        return new IPEndPoint(address, DnsPort);
    }

    // A zone is an interface's name or its number (RFC 4007 section 11.2).
    private static long ScopeOf(string zone)
    {
        if (long.TryParse(zone, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        var found = Array.Find(NetworkInterface.GetAllNetworkInterfaces(), candidate => candidate.Name == zone);
        return found?.GetIPProperties().GetIPv6Properties().Index ?? 0;
    }

    private static bool IsOwn(IPEndPoint server, IReadOnlyCollection<IPEndPoint> own, HashSet<IPAddress> machine) =>
        own.Any(endPoint => endPoint.Port == server.Port
            && (endPoint.Address.Equals(server.Address)
                || (IsUnspecified(endPoint.Address) && (IPAddress.IsLoopback(server.Address) || machine.Contains(server.Address)))));

    private static bool IsUnspecified(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static HashSet<IPAddress> MachineAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(candidate => candidate.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)];
}
