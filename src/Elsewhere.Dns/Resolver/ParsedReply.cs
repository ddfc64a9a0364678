using Elsewhere.Model;

namespace Elsewhere.Dns;

/// <summary>What a datagram or a TCP message is to the one who waits for an answer.</summary>
internal enum MessageVerdict
{
    /// <summary>The answer to the question.</summary>
    Answer,

    /// <summary>Another id, another question, no response at all: whoever sent it, the wait goes on.</summary>
    NotOurs,

    /// <summary>The right question, but its letters have another case than was sent.</summary>
    CaseDiffers,

    /// <summary>The right question, but the answer did not fit (TC).</summary>
    Truncated,

    /// <summary>The right question, and an answer that cannot be read.</summary>
    Malformed,
}

/// <summary>How the chain of CNAMEs in an answer ends.</summary>
internal enum ChainEnd
{
    /// <summary>With records of the type asked for.</summary>
    Data,

    /// <summary>With a denial: NXDOMAIN, or no such record as a SOA record shows.</summary>
    Denied,

    /// <summary>Nowhere: the target of the last CNAME is not spoken of.</summary>
    Open,

    /// <summary>At a name that is in the chain already.</summary>
    Loop,

    /// <summary>After more steps than are followed.</summary>
    TooLong,
}

/// <summary>A reply with what reading it showed.</summary>
/// <param name="Reply">The reply, trimmed to what the question is about.</param>
/// <param name="End">How its chain ends; <see cref="ChainEnd.Data"/> or <see cref="ChainEnd.Denied"/> without a CNAME too.</param>
/// <param name="LastName">The name at the end of the chain.</param>
internal sealed record ParsedReply(UpstreamReply Reply, ChainEnd End, DnsName LastName)
{
    public static UpstreamReply Empty(int rcode) => new(rcode, Authoritative: false, AuthenticatedData: false, [], [], []);
}
