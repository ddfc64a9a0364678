using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>Asks an upstream resolver; <see langword="null"/> means that nobody answered. <c>UpstreamResolver.QueryAsync</c> is one.</summary>
/// <param name="question">Name, type, class, and the client's flags.</param>
/// <param name="cancellation">The server stops.</param>
public delegate ValueTask<UpstreamReply?> UpstreamQuery(UpstreamQuestion question, CancellationToken cancellation);

/// <summary>Where a server listens, and its limits.</summary>
/// <param name="Listen">Addresses and ports, each for UDP and TCP; port 0 takes a free one. A wildcard address answers from the address that was asked.</param>
public sealed record DnsServerOptions(Seq<IPEndPoint> Listen)
{
    /// <summary>Threads per address, each with a socket of its own; 0 for one per processor.</summary>
    public int Workers { get; init; }

    /// <summary>A TCP connection without a whole query for so long is closed (RFC 7766 section 6.2.3).</summary>
    public TimeSpan TcpIdle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>With one connection more, the one that is idle longest is closed.</summary>
    public int MaxTcpConnections { get; init; } = 1024;

    /// <summary>The same for the connections of one client address.</summary>
    public int MaxTcpConnectionsPerClient { get; init; } = 256;

    /// <summary>Questions with upstream at the same time; one more is answered SERVFAIL at once.</summary>
    public int MaxForwards { get; init; } = 1024;

    /// <summary>Forwarded questions of one TCP connection at the same time; one more waits, and with it the connection.</summary>
    public int MaxForwardsPerConnection { get; init; } = 64;

    /// <summary>
    /// Answers over UDP per second, thread and client network (/24 or /56) before every second one is dropped and the others say TC: less than that no
    /// resolver needs, more than that is an attack on whose address was forged. 0 for no limit; at loopback addresses there is none.
    /// </summary>
    public int AnswersPerNetwork { get; init; } = 5000;

    /// <summary>The same for clients at private, loopback and link-local addresses: no limit unless one is set.</summary>
    public int AnswersPerNearNetwork { get; init; }

    /// <summary>What the server says it is to one who asks (NSID, RFC 5001); at most 64 ASCII characters.</summary>
    public string Identity { get; init; } = "elsewhere";
}

/// <summary>What became of one address to listen at.</summary>
/// <param name="EndPoint">The address; with the port that was taken, if it was 0.</param>
/// <param name="Transport">Which of the two.</param>
/// <param name="Problem">Why not, as a sentence; null if it listens.</param>
/// <param name="Remedy">What to do about it, a command where there is one; null if it listens.</param>
public sealed record ListenReport(IPEndPoint EndPoint, DnsTransport Transport, string? Problem, string? Remedy)
{
    /// <summary>Whether it listens.</summary>
    public bool Listens => this.Problem is null;
}

/// <summary>What a server did since its start.</summary>
/// <param name="UdpQueries">Datagrams received.</param>
/// <param name="TcpQueries">Queries received over TCP.</param>
/// <param name="Dropped">Datagrams that were no query, and were not answered.</param>
/// <param name="Forwarded">Questions that went upstream.</param>
/// <param name="ForwardsRefused">Questions that did not, since too many were there already.</param>
/// <param name="TcpConnections">Open connections now.</param>
/// <param name="Lost">Datagrams that the kernel dropped, since they came faster than they were taken (Linux; 0 elsewhere).</param>
public readonly record struct DnsCounters(
    long UdpQueries, long TcpQueries, long Dropped, long Forwarded, long ForwardsRefused, int TcpConnections, long Lost);
