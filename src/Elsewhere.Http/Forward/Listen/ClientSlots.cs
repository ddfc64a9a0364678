using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Http.Forward.Listen;

/// <summary>Keeps count of the connections of clients: of all, of each address, and of each address at each alias.</summary>
/// <param name="most">All together.</param>
/// <param name="mostPerAddress">Of one address that is not loopback.</param>
/// <param name="mostPerAddressAndAlias">Of one address at one alias.</param>
internal sealed class ClientSlots(int most, int mostPerAddress, int mostPerAddressAndAlias)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(IPAddress Client, IPAddress? Dialled), int> counts = [];
    private int all;

    /// <summary>Takes a place for a connection; <see cref="Return"/> gives it back.</summary>
    /// <returns>The code of the limit that is reached; null if there was a place.</returns>
    public string? Take(IPAddress client, IPAddress dialled)
    {
        client = NetworkOf(client);
        lock (gate)
        {
            if (all >= most)
                return ClientRefusals.Connections;
            var (here, everywhere) = (counts.GetValueOrDefault((client, dialled)), counts.GetValueOrDefault((client, null)));
            if (here >= mostPerAddressAndAlias || (everywhere >= mostPerAddress && !IPAddress.IsLoopback(client)))
                return ClientRefusals.ConnectionsPerAddress;
            all++;
            counts[(client, dialled)] = here + 1;
            counts[(client, null)] = everywhere + 1;
            return null;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Return(IPAddress client, IPAddress dialled)
    {
        client = NetworkOf(client);
        lock (gate)
        {
            all--;
            Less((client, dialled));
            Less((client, null));
        }
    }

    private void Less((IPAddress, IPAddress?) key)
    {
        var left = counts[key] - 1;
        if (left > 0)
            counts[key] = left;
        else
            counts.Remove(key);
    }

    // Whoever has IPv6 has at least 2^64 addresses.
    private static IPAddress NetworkOf(IPAddress client)
    {
        if (client.IsIPv4MappedToIPv6)
            return client.MapToIPv4();
        if (client.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(client))
            return client;
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
