namespace Elsewhere.Dns;

/// <summary>Flags of a query that change what a security-aware resolver answers (RFC 4035 section 3.2).</summary>
[Flags]
public enum QueryFlags
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>DO: signatures and proofs of what does not exist are wanted (RFC 3225).</summary>
    DnssecOk = 1,

    /// <summary>CD: the client checks signatures itself, and wants answers that the resolver would reject too.</summary>
    CheckingDisabled = 2,
}
