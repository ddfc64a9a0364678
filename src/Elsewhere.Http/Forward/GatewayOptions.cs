using System.Net.Security;
using Elsewhere.Http.Origins;
using Elsewhere.Model;

namespace Elsewhere.Http.Forward;

/// <summary>What the gateway needs from around it.</summary>
public sealed record GatewayOptions
{
    /// <summary>What a name of an origin resolves to; waits for the first answer of a name that is new. Called from any thread.</summary>
    public required Func<DnsName, CancellationToken, ValueTask<OriginState?>> Resolve { get; init; }

    /// <summary>What may be dialled.</summary>
    public DialPolicy Policy { get; init; } = DialPolicy.OneMachine;

    /// <summary>Which certificate a client of an alias is shown, by the name that it asks for; null refuses the handshake.</summary>
    public required Func<ObjectKey, string?, SslServerAuthenticationOptions?> Certificates { get; init; }

    /// <summary>
    /// At how many addresses and ports may be listened; more are reported. Null for three quarters of the descriptors that the process may have: requests need some,
    /// and so does the rest of the process.
    /// </summary>
    public int? MostListeners { get; init; }

    /// <summary>What clients may take.</summary>
    public ClientLimits Clients { get; init; } = new();

    /// <summary>Tells this process from all others, so that a request that comes back is known.</summary>
    public string Instance { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>How origins that fail are treated.</summary>
    public OriginOptions Origins { get; init; } = new();

    /// <summary>Told that the health of an origin's address has changed. Called from any thread.</summary>
    public Action OriginChanged { get; init; } = static () => { };
}
