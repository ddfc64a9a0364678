namespace Elsewhere.Dns;

/// <summary>RR TYPE values that this server knows by name (IANA "Resource Record (RR) TYPEs"). Any other value is legal too (RFC 3597).</summary>
public static class RecordType
{
    /// <summary>IPv4 address, 4 octets (RFC 1035).</summary>
    public const ushort A = 1;

    /// <summary>Authoritative name server (RFC 1035).</summary>
    public const ushort NS = 2;

    /// <summary>The canonical name of an alias (RFC 1035).</summary>
    public const ushort Cname = 5;

    /// <summary>Start of a zone of authority (RFC 1035).</summary>
    public const ushort Soa = 6;

    /// <summary>A domain name pointer (RFC 1035).</summary>
    public const ushort Ptr = 12;

    /// <summary>Mail exchange (RFC 1035).</summary>
    public const ushort MX = 15;

    /// <summary>Text strings (RFC 1035).</summary>
    public const ushort Txt = 16;

    /// <summary>IPv6 address, 16 octets (RFC 3596).</summary>
    public const ushort Aaaa = 28;

    /// <summary>Server selection (RFC 2782).</summary>
    public const ushort Srv = 33;

    /// <summary>A whole subtree's alias (RFC 6672).</summary>
    public const ushort Dname = 39;

    /// <summary>Pseudo record of EDNS (RFC 6891); never in a zone.</summary>
    public const ushort Opt = 41;

    /// <summary>The digest of a delegated zone's key (RFC 4034).</summary>
    public const ushort DS = 43;

    /// <summary>A set's signature (RFC 4034); its data begins with the type that it covers.</summary>
    public const ushort Rrsig = 46;

    /// <summary>The next name and the types of this one, which shows what does not exist (RFC 4034).</summary>
    public const ushort Nsec = 47;

    /// <summary>A zone's key (RFC 4034).</summary>
    public const ushort Dnskey = 48;

    /// <summary>NSEC with hashed names (RFC 5155).</summary>
    public const ushort Nsec3 = 50;

    /// <summary>Service binding for HTTP (RFC 9460).</summary>
    public const ushort Https = 65;

    /// <summary>Question only: incremental zone transfer (RFC 1995).</summary>
    public const ushort Ixfr = 251;

    /// <summary>Question only: zone transfer (RFC 5936).</summary>
    public const ushort Axfr = 252;

    /// <summary>Question only: any type (RFC 8482).</summary>
    public const ushort Any = 255;
}

/// <summary>RR CLASS values (IANA "DNS CLASSes").</summary>
public static class RecordClass
{
    /// <summary>The Internet.</summary>
    public const ushort In = 1;

    /// <summary>Chaos, by custom used to ask a server about itself.</summary>
    public const ushort Ch = 3;

    /// <summary>Hesiod.</summary>
    public const ushort Hs = 4;

    /// <summary>Question only: any class.</summary>
    public const ushort Any = 255;
}
