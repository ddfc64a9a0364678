namespace Elsewhere.Http.Connect;

/// <summary>How origins are dialled. The defaults are those of the relay.</summary>
public sealed record ConnectOptions
{
    /// <summary>How long to wait for a connect before the next address is tried beside it (RFC 8305 section 5). Default 250 ms.</summary>
    public TimeSpan Stagger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How many connects to one address and port may be under way; the others wait for their turn within the time-out. Default 256.</summary>
    public int ConnectsPerAddress { get; init; } = 256;

    /// <summary>The first silence after which TCP probes its peer, 15 s between probes, 4 probes. Default 60 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many addresses' state is kept; beyond it, that of addresses without a connect under way is forgotten. Default 8,192.</summary>
    public int Addresses { get; init; } = 8_192;
}
