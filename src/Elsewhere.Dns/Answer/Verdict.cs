namespace Elsewhere.Dns;

/// <summary>What to do about a query.</summary>
public enum Verdict
{
    /// <summary>The reply is written; send it.</summary>
    Reply,

    /// <summary>Say nothing: it was no query.</summary>
    Drop,

    /// <summary>The question is for an upstream resolver, as it stands.</summary>
    Forward,

    /// <summary>An alias leads out of the zone: ask an upstream resolver for its last target, then complete the chain.</summary>
    Complete,
}

/// <summary>How a query came.</summary>
public enum DnsTransport
{
    /// <summary>In a datagram: the client's limit holds, and 1232 octets (RFC 9715).</summary>
    Udp,

    /// <summary>In a stream: up to 65,535 octets.</summary>
    Tcp,
}

/// <summary>What a server is, for all its answers.</summary>
/// <param name="Recursion">Whether there is an upstream resolver for names outside of the zones.</param>
/// <param name="Nsid">What identifies this server to one who asks (RFC 5001); at most 64 octets.</param>
/// <param name="CookieKey0">One half of the secret behind server cookies (RFC 7873).</param>
/// <param name="CookieKey1">The other half.</param>
public sealed record AnswerSettings(bool Recursion, ReadOnlyMemory<byte> Nsid, ulong CookieKey0, ulong CookieKey1)
{
    /// <summary>The largest datagram that is sent: no fragments on any path (RFC 9715).</summary>
    public const int MaxDatagram = 1232;

    /// <summary>The largest message.</summary>
    public const int MaxMessage = 65535;
}

/// <summary>One client's query, beside its octets.</summary>
/// <param name="settings">The server.</param>
/// <param name="transport">How it came.</param>
/// <param name="turn">Any number; which of several addresses comes first.</param>
/// <param name="clientAddress">4 or 16 octets; what its cookie is bound to.</param>
public readonly ref struct AnswerContext(AnswerSettings settings, DnsTransport transport, uint turn, ReadOnlySpan<byte> clientAddress)
{
    /// <summary>The server.</summary>
    public AnswerSettings Settings { get; } = settings;

    /// <summary>How it came.</summary>
    public DnsTransport Transport { get; } = transport;

    /// <summary>Which of several addresses comes first.</summary>
    public uint Turn { get; } = turn;

    /// <summary>4 or 16 octets.</summary>
    public ReadOnlySpan<byte> ClientAddress { get; } = clientAddress;
}
