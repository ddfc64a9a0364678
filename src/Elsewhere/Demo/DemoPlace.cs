using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Elsewhere.Commands;
using Elsewhere.Model;

namespace Elsewhere.Demo;

/// <summary>Where the demo's origin listens, and on which ports its alias is dialled: the usual ones where this user may have them, else three from 1024 on.</summary>
/// <param name="Plain">The port for http.</param>
/// <param name="Secure">The port for https.</param>
/// <param name="Dns">The port of the origin's name server.</param>
internal sealed record DemoPlace(int Plain, int Secure, int Dns)
{
    /// <summary>What the origin calls itself; a name that nobody has on the internet (RFC 2606).</summary>
    internal const string OriginName = "shop.example";

    /// <summary>Another one, in clear.</summary>
    internal const string NewsName = "news.example";

    /// <summary>What to type for an origin that is nobody's but the demo's; null for all others.</summary>
    /// <param name="name">The origin's name.</param>
    /// <param name="upstreams">Who is asked about names.</param>
    internal static string? HowToPlay(DnsName name, IEnumerable<IPEndPoint> upstreams) =>
        name.ToHostString() is OriginName or NewsName && !upstreams.Any(static upstream => upstream.Address.Equals(Address))
            ? $"{Self.Name()} demo --serve {Path.Combine(Path.GetTempPath(), "shop-ca.yaml")}"
            : null;

    /// <summary>What the client calls it.</summary>
    internal const string ClientName = "shop.default";

    /// <summary>A loopback address that nothing else is likely to use.</summary>
    internal static IPAddress Address { get; } = new([127, 83, 72, 80]);

    /// <summary>The origin as it writes itself into its pages.</summary>
    internal string OriginHost => Host(OriginName, Secure, 443);

    /// <summary>The alias over http.</summary>
    internal string PlainUrl => $"http://{Host(ClientName, Plain, 80)}";

    /// <summary>The alias over https.</summary>
    internal string SecureUrl => $"https://{Host(ClientName, Secure, 443)}";

    /// <summary>Where the origin's name server answers.</summary>
    internal IPEndPoint NameServer => new(Address, Dns);

    /// <summary>The first ports that can be bound; null if there is none.</summary>
    internal static DemoPlace? Find()
    {
        foreach (var place in (ReadOnlySpan<DemoPlace>)[new(80, 443, 53), new(8080, 8443, 5353), new(18080, 18443, 15353), new(28080, 28443, 25353)])
        {
            if (IsFree(place.Plain) && IsFree(place.Secure) && IsFree(place.Dns))
                return place;
        }

        return null;
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(Address, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Host(string name, int port, int implied) => port == implied ? name : string.Create(CultureInfo.InvariantCulture, $"{name}:{port}");
}
