namespace Elsewhere.Model;

/// <summary>Whether an address may be dialled, and if not, why.</summary>
public enum DialVerdict
{
    /// <summary>It may be dialled.</summary>
    Allowed,

    /// <summary>The unspecified address or the rest of 0.0.0.0/8 (RFC 1122 section 3.2.1.3): Linux would dial this machine.</summary>
    Unspecified,

    /// <summary>127.0.0.0/8 or ::1, and the policy does not want them.</summary>
    Loopback,

    /// <summary>169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291): never dialled.</summary>
    LinkLocal,

    /// <summary>A cloud's metadata service, which hands out credentials: never dialled.</summary>
    Metadata,

    /// <summary>224.0.0.0/4 or ff00::/8: no origin can be there.</summary>
    Multicast,

    /// <summary>240.0.0.0/4 with the broadcast address (RFC 1112 section 4, RFC 919): no origin can be there.</summary>
    Reserved,

    /// <summary>A private range (RFC 1918, RFC 6598, RFC 4193), and the policy does not want them.</summary>
    Private,

    /// <summary>The policy's deny list holds it.</summary>
    Denied,
}

/// <summary>What may be dialled beside public addresses.</summary>
/// <param name="Allow">Ranges that may be dialled although they are loopback or private (<c>--allow-origin</c>).</param>
/// <param name="Deny">Ranges that may not be dialled (<c>--deny-origin</c>). Where both lists hold an address the longer prefix decides; of equal ones, this.</param>
/// <param name="LoopbackAllowed">Whether 127.0.0.0/8 and ::1 may be dialled without being listed.</param>
/// <param name="PrivateAllowed">Whether private ranges may be dialled without being listed.</param>
public sealed record DialPolicy(Seq<Cidr> Allow, Seq<Cidr> Deny, bool LoopbackAllowed, bool PrivateAllowed)
{
    /// <summary>One machine: whoever writes the manifests may dial what the machine may dial, so loopback and private are allowed.</summary>
    public static DialPolicy OneMachine { get; } = new([], [], LoopbackAllowed: true, PrivateAllowed: true);

    /// <summary>A cluster: loopback would be the gateway's own Pod.</summary>
    public static DialPolicy Cluster { get; } = new([], [], LoopbackAllowed: false, PrivateAllowed: true);
}
