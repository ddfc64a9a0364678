using System.Net;
using Elsewhere.Model;

namespace Elsewhere.Http.Relay;

/// <summary>
/// What passed through one port of one alias, over all its service addresses, since the start. Plain numbers that only grow, except
/// <see cref="Active"/>; read them without a lock, one by one.
/// </summary>
public sealed class RelayCounters
{
    private long connections;
    private long active;
    private long failures;
    private long bytesToOrigin;
    private long bytesToClient;

    internal RelayCounters(ObjectKey alias, int port, Protocol protocol) => (this.Alias, this.Port, this.Protocol) = (alias, port, protocol);

    /// <summary>The alias.</summary>
    public ObjectKey Alias { get; }

    /// <summary>The port that clients dial.</summary>
    public int Port { get; }

    /// <summary>The transport.</summary>
    public Protocol Protocol { get; }

    /// <summary>Connections accepted; for UDP, associations made.</summary>
    public long Connections => Volatile.Read(ref connections);

    /// <summary>Connections or associations open now.</summary>
    public long Active => Volatile.Read(ref active);

    /// <summary>Connections for which no target could be reached.</summary>
    public long Failures => Volatile.Read(ref failures);

    /// <summary>Bytes passed from clients to origins.</summary>
    public long BytesToOrigin => Volatile.Read(ref bytesToOrigin);

    /// <summary>Bytes passed from origins to clients.</summary>
    public long BytesToClient => Volatile.Read(ref bytesToClient);

    internal void Opened()
    {
        Interlocked.Increment(ref connections);
        Interlocked.Increment(ref active);
    }

    internal void Closed() => Interlocked.Decrement(ref active);

    internal void Failed() => Interlocked.Increment(ref failures);

    internal void ToOrigin(long bytes) => Interlocked.Add(ref bytesToOrigin, bytes);

    internal void ToClient(long bytes) => Interlocked.Add(ref bytesToClient, bytes);
}

/// <summary>How one target does.</summary>
/// <param name="Target">Address and port.</param>
/// <param name="Protocol">The transport.</param>
/// <param name="Open">Connections or associations open to it.</param>
/// <param name="Connecting">Connects under way.</param>
/// <param name="Failures">Connects that failed one after the other, up to now; 0 when the last one succeeded.</param>
/// <param name="Penalised">Whether others are preferred to it for now.</param>
/// <param name="LastError">Why the last failed connect failed; null when the last one succeeded.</param>
/// <param name="PortsRunningOut">Whether more than 70 % of the local ports that connections to it can use are taken.</param>
public sealed record RelayTargetStatus(
    IPEndPoint Target,
    Protocol Protocol,
    long Open,
    long Connecting,
    long Failures,
    bool Penalised,
    string? LastError,
    bool PortsRunningOut);

/// <summary>How the relay as a whole does.</summary>
/// <param name="Engine"><c>splice</c> or <c>portable</c>.</param>
/// <param name="Listening">Listeners that stand, those in their grace too.</param>
/// <param name="Sessions">TCP connections relayed now.</param>
/// <param name="Associations">UDP associations now.</param>
/// <param name="AcceptPauses">How often accepting stopped because descriptors had run out.</param>
/// <param name="Notes">What whoever runs this ought to know, each with what to do.</param>
public sealed record RelayStatus(string Engine, int Listening, int Sessions, int Associations, long AcceptPauses, Seq<string> Notes);
