namespace Elsewhere.Dns;

/// <summary>Response codes (RFC 1035 section 4.1.1, RFC 6895 section 2.3). Above 15 they need EDNS for their upper bits.</summary>
public static class Rcode
{
    /// <summary>No error; without answers it is called NODATA.</summary>
    public const int NoError = 0;

    /// <summary>The server could not read the query.</summary>
    public const int FormErr = 1;

    /// <summary>The server cannot answer now; says nothing about the name.</summary>
    public const int ServFail = 2;

    /// <summary>The name does not exist, for any type, nor does anything below it (RFC 8020).</summary>
    public const int NXDomain = 3;

    /// <summary>The server does not do this kind of query.</summary>
    public const int NotImp = 4;

    /// <summary>The server does not want to answer.</summary>
    public const int Refused = 5;

    /// <summary>The EDNS version is not implemented (RFC 6891 section 9).</summary>
    public const int BadVers = 16;
}

/// <summary>Kinds of query (RFC 1035 section 4.1.1, RFC 6895 section 2.2).</summary>
public static class Opcode
{
    /// <summary>A standard query.</summary>
    public const int Query = 0;

    /// <summary>An inverse query, obsolete (RFC 3425).</summary>
    public const int IQuery = 1;

    /// <summary>Server status.</summary>
    public const int Status = 2;

    /// <summary>A zone has changed (RFC 1996).</summary>
    public const int Notify = 4;

    /// <summary>Dynamic update (RFC 2136).</summary>
    public const int Update = 5;
}
