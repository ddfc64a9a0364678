namespace Elsewhere.Http.Relay;

/// <summary>How the relay behaves. The defaults are right for one machine.</summary>
public sealed record RelayOptions
{
    /// <summary>How long a listener that is gone goes on serving: the TTL with which DNS gave its address away. Default 30 s.</summary>
    public TimeSpan RetireGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long open connections to a target that is gone live on before they are reset. Default 30 s.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one connect may take. Default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait for a connect before the next target is tried beside it (RFC 8305 section 5). Default 250 ms.</summary>
    public TimeSpan ConnectStagger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How many connects to one target may be under way; the others wait for their turn within <see cref="ConnectTimeout"/>. Default 256.</summary>
    public int ConnectsPerTarget { get; init; } = 256;

    /// <summary>How long a UDP association lives without a datagram in either direction. Default 60 s.</summary>
    public TimeSpan UdpIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many UDP associations there may be; the one that was idle longest makes room for a new one. Default 16,384.</summary>
    public int UdpAssociations { get; init; } = 16_384;

    /// <summary>How many threads move bytes on Linux; 0 means one for each processor, 8 at most.</summary>
    public int Reactors { get; init; }

    /// <summary>The first silence after which TCP probes its peer, 15 s between probes, 4 probes. Default 60 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Use the portable engine on Linux too.</summary>
    public bool Portable { get; init; }

    /// <summary>Use splice(2) where much is moved. Only measurements turn it off.</summary>
    internal bool Splice { get; init; } = true;

    /// <summary>First and last local port for connects, where the system's own range is not to be used (IP_LOCAL_PORT_RANGE, Linux 6.3).</summary>
    internal (ushort First, ushort Last)? LocalPorts { get; init; }

    /// <summary>Descriptors that the relay may have, where the process's own limit is not to be used.</summary>
    internal int? Descriptors { get; init; }
}
