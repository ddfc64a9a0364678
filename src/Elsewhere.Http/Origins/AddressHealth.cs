namespace Elsewhere.Http.Origins;

/// <summary>What was wrong with one try to use an address.</summary>
public enum AddressFailure
{
    /// <summary>No connection: refused, unreachable, timed out, no TLS, or the proxy would not. Ejects at once.</summary>
    Connect,

    /// <summary>A new connection ended before the first byte of a response. A connection that was idle before says nothing: that is the usual race.</summary>
    Reset,

    /// <summary>Nothing came in time.</summary>
    Timeout,

    /// <summary>502, 503 or 504.</summary>
    GatewayStatus,
}

/// <summary>Why an address is not used, as long as another can be. Several may hold.</summary>
[Flags]
public enum AddressHealth
{
    /// <summary>It is used.</summary>
    Up = 0,

    /// <summary>The health check of the manifest fails.</summary>
    CheckFails = 1,

    /// <summary>It cannot be connected to.</summary>
    Unreachable = 2,

    /// <summary>It answered wrongly several times in a row.</summary>
    Failing = 4,
}

/// <summary>How one address does, for explanations and metrics.</summary>
/// <param name="Key">Which.</param>
/// <param name="Health">Whether it is used, or why not.</param>
/// <param name="Reason">What failed last, as a sentence; null if nothing did since it last worked.</param>
/// <param name="Ejections">How often in a row it was ejected.</param>
/// <param name="Since">Since when <paramref name="Health"/> is what it is; null if it never changed.</param>
/// <param name="LastError">What failed last, even if it has worked since; null if nothing ever did.</param>
/// <param name="LastErrorAt">When that was.</param>
public sealed record AddressStatus(
    AddressKey Key, AddressHealth Health, string? Reason, int Ejections, DateTimeOffset? Since = null, string? LastError = null, DateTimeOffset? LastErrorAt = null);
