namespace Elsewhere.Http.Http1;

/// <summary>What the head of one request says that matters for its framing; used again for each request of a connection.</summary>
internal sealed class RequestHead
{
    private byte[] authority = [];
    private int authorityLength;
    private bool authoritySecure;

    /// <summary>HTTP/1.0.</summary>
    public bool IsOldVersion { get; set; }

    /// <summary>The response to it has no body.</summary>
    public bool IsHead { get; set; }

    /// <summary>CONNECT or TRACE. The rest of the head is read all the same, since it says in which form the refusal is wanted.</summary>
    public bool IsRefusedMethod { get; set; }

    public bool HasHost { get; set; }

    /// <summary>What Content-Length says; null without one.</summary>
    public long? Length { get; set; }

    public bool IsChunked { get; set; }

    /// <summary>Expect: 100-continue, which HTTP/1.0 does not have.</summary>
    public bool ExpectsContinue { get; set; }

    /// <summary>Connection names <c>upgrade</c>.</summary>
    public bool ConnectionUpgrade { get; set; }

    /// <summary>Connection names fields that are for this connection only.</summary>
    public bool ConnectionNamesFields { get; set; }

    /// <summary>There is an Upgrade to something other than h2c, which RFC 9113 section 3.1 has taken back.</summary>
    public bool UpgradeOffered { get; set; }

    /// <summary>Accept names a JSON type.</summary>
    public bool AcceptsJson { get; set; }

    public bool HasBody => IsChunked || Length > 0;

    /// <summary>The server behind may switch protocols.</summary>
    public bool MaySwitch => ConnectionUpgrade && UpgradeOffered && !IsOldVersion && !HasBody;

    /// <summary>
    /// Connection names <c>upgrade</c> where there is nothing to switch to: the Java client offers h2c with every body, and many a proxy
    /// always says so. Both are to be served as if they had not (RFC 9110 section 7.8); Kestrel would refuse the body.
    /// </summary>
    public bool UpgradeToBeRemoved => ConnectionUpgrade && !MaySwitch;

    /// <summary>The head goes on as another one than it came.</summary>
    public bool IsToBeRewritten => UpgradeToBeRemoved || ConnectionNamesFields;

    public void Clear()
    {
        IsOldVersion = IsHead = IsRefusedMethod = HasHost = IsChunked = ExpectsContinue = ConnectionUpgrade = ConnectionNamesFields = UpgradeOffered = AcceptsJson = false;
        Length = null;
        authorityLength = 0;
    }

    /// <summary>Keeps what an absolute target says, for Host to be held against.</summary>
    public void RememberAuthority(ReadOnlySpan<byte> value, bool secure)
    {
        if (authority.Length < value.Length)
            authority = new byte[value.Length];
        value.CopyTo(authority);
        authorityLength = value.Length;
        authoritySecure = secure;
    }

    /// <summary>Whether Host says what the target says, or the target says nothing.</summary>
    public bool MatchesTarget(ReadOnlySpan<byte> host) =>
        authorityLength == 0 || HostField.Same(host, authority.AsSpan(0, authorityLength), authoritySecure ? ":443"u8 : ":80"u8);
}
