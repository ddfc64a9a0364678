using Elsewhere.Http.Http1;

namespace Elsewhere.Http.Forward;

/// <summary>What clients may take of the gateway. Each limit names what happens at the limit, and each outcome is counted by <see cref="RequestFaults"/>.</summary>
public sealed record ClientLimits
{
    /// <summary>The most connections of clients at once; more are closed unanswered. Null for a quarter of the descriptors that the process may have, and no more than 65,536.</summary>
    public int? Connections { get; init; }

    /// <summary>
    /// The most connections of one client address (of IPv6, one network of 64 bits) at once; more are closed unanswered. Null for half of <see cref="Connections"/>.
    /// It is not for loopback: there all programs have one address.
    /// </summary>
    public int? PerAddress { get; init; }

    /// <summary>The same at one alias, loopback too, so that whoever holds all it may at one does not keep others from the next. Null for a quarter of <see cref="Connections"/>.</summary>
    public int? PerAddressAndAlias { get; init; }

    /// <summary>Lengths, time-outs and rates of one connection.</summary>
    public Http1Limits Http { get; init; } = new();
}
