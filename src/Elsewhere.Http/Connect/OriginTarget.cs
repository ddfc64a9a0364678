using System.Net;
using System.Net.Security;
using Elsewhere.Http.Tls;
using Elsewhere.Model;

namespace Elsewhere.Http.Connect;

/// <summary>Where a connection is to lead, and how.</summary>
/// <param name="Name">The origin's name or address, for a proxy and for people.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Addresses">
/// What the name resolves to, best first. Where there is a proxy it is asked for the first of these that may be dialled, and if there are none for the name, which
/// it resolves itself.
/// </param>
/// <param name="Policy">What may be dialled.</param>
/// <param name="Tls">How TLS is spoken; null for not at all.</param>
/// <param name="Protocols">What may be spoken inside TLS (ALPN), best first.</param>
/// <param name="Proxy">The HTTP CONNECT proxy in between, or null.</param>
/// <param name="ConnectTimeout">For everything until the connection can be used: connect, proxy, TLS. Zero is none.</param>
/// <param name="AsTheyCome">Whether the first address is dialled first every time, instead of each in its turn.</param>
public sealed record OriginTarget(
    string Name,
    int Port,
    IReadOnlyList<IPAddress> Addresses,
    DialPolicy Policy,
    OriginTlsClient? Tls,
    IReadOnlyList<SslApplicationProtocol> Protocols,
    ProxyTarget? Proxy,
    TimeSpan ConnectTimeout,
    bool AsTheyCome = false);

/// <summary>An HTTP CONNECT proxy (RFC 9110 section 9.3.6).</summary>
/// <param name="Name">Its name or address, for people.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Addresses">What the name resolves to.</param>
public sealed record ProxyTarget(string Name, int Port, IReadOnlyList<IPAddress> Addresses);

/// <summary>An address that was not dialled, and why.</summary>
/// <param name="Address">The address.</param>
/// <param name="Verdict">Why.</param>
public sealed record DeniedAddress(IPAddress Address, DialVerdict Verdict);

/// <summary>What became of a try to connect.</summary>
/// <param name="Stream">The connection, an <see cref="SslStream"/> where TLS is spoken; null if there is none.</param>
/// <param name="Failure">Why there is none.</param>
/// <param name="Detail">The facts of the case as a sentence without its end; may be empty. No secret is among them.</param>
/// <param name="Peer">Who was reached last: the origin, or its proxy.</param>
/// <param name="Denied">Addresses that were left out, whether or not another one served.</param>
public sealed record OriginConnection(Stream? Stream, OriginFailure Failure, string Detail, IPEndPoint? Peer, Seq<DeniedAddress> Denied);
