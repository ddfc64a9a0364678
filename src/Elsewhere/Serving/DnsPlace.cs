using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Serving;

/// <summary>Where cluster DNS answers.</summary>
internal static class DnsPlace
{
    private const int TenthAddress = 10, Port = 53;

    /// <summary>The tenth address of each service range, port 53: where Kubernetes puts its DNS service by custom.</summary>
    internal static Seq<IPEndPoint> OfService(Seq<Cidr> serviceCidrs) => serviceCidrs.Select(static cidr => new IPEndPoint(cidr.AddressAt(TenthAddress), Port)).ToSeq();

    /// <summary>Where it answers; what answers over UDP counts, since that is what is asked first.</summary>
    internal static Seq<IPEndPoint> Answering(Seq<ListenReport> listeners) =>
        listeners.Where(static listener => listener is { Listens: true, Transport: DnsTransport.Udp }).Select(static listener => listener.EndPoint).ToSeq();

    /// <summary>Whether the zone's NS record may lead to an address: one that others can dial.</summary>
    internal static bool IsNameServer(IPAddress address) => !IPAddress.IsLoopback(address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);

    /// <summary>Addresses that a <c>resolv.conf</c> can name, since they answer on port 53.</summary>
    internal static Seq<string> Nameservers(IEnumerable<IPEndPoint> bound) =>
        bound.Where(static endPoint => endPoint.Port == Port).Select(static endPoint => Reachable(endPoint).Address.ToString()).Distinct(StringComparer.Ordinal).ToSeq();

    /// <summary>A wildcard address as a client on this machine dials it.</summary>
    internal static IPEndPoint Reachable(IPEndPoint endPoint) =>
        endPoint.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, endPoint.Port)
        : endPoint.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, endPoint.Port)
        : endPoint;

    /// <summary>Addresses where DNS does not answer, as findings.</summary>
    internal static IEnumerable<Finding> Findings(Seq<ListenReport> listeners) => listeners
        .Where(static listener => !listener.Listens)
        .Select(static listener => ServingFindingCodes.DnsNotListening.On(
            ObjectRef.None, "", $"DNS {listener.Problem}", listener.Remedy ?? "", null));

    /// <summary><c>UDP</c> or <c>TCP</c>.</summary>
    internal static string Transport(DnsTransport transport) => transport switch { DnsTransport.Udp => "UDP", DnsTransport.Tcp => "TCP" };
}
