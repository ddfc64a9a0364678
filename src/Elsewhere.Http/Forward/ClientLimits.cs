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

    /// <summary>
    /// How long a client may take nothing of a response that waits for it; then it is broken off (HTTP/1.1: the connection, HTTP/2: the stream). Where the kernel
    /// says what has arrived, a byte is something. That there is nothing to be sent does not count. Default 60 s.
    /// </summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a request that is under way may last when AliasPolicies change and forbid its origin: this long at least, twice as long at most; then it is broken off.
    /// Default 10 s.
    /// </summary>
    public TimeSpan Forbidden { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Lengths, time-outs and rates of one connection.</summary>
    public Http1Limits Http { get; init; } = new();
}
