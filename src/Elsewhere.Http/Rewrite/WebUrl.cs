using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// The places of the parts in an absolute (<c>https://host/x</c>) or protocol-relative (<c>//host/x</c>) web URL, as a header field carries it
/// (RFC 3986 section 3). Offsets into the text that was parsed, so that nothing is copied.
/// </summary>
internal readonly struct WebUrl
{
    private static readonly SearchValues<byte> AuthorityEnd = SearchValues.Create("/?#\\"u8);

    /// <summary>Whether the text names a scheme.</summary>
    internal bool HasScheme { get; private init; }

    /// <summary>Whether that scheme is ws or wss.</summary>
    internal bool IsWebSocket { get; private init; }

    /// <summary>Whether that scheme is https or wss.</summary>
    internal bool Secure { get; private init; }

    /// <summary>Where user information begins; equal to <see cref="HostAt"/> if there is none.</summary>
    internal int UserInfoAt { get; private init; }

    /// <summary>Where the host begins; an IPv6 address with its bracket.</summary>
    internal int HostAt { get; private init; }

    /// <summary>The host's length, a trailing dot not counted.</summary>
    internal int HostLength { get; private init; }

    /// <summary>Where path, query or fragment begin; the length of the text if there is none.</summary>
    internal int RestAt { get; private init; }

    private int Port { get; init; }

    /// <summary>The port that is written, or else the one given.</summary>
    internal int PortOr(int implied) => Port == 0 ? implied : Port;

    /// <summary>Whether a port is written.</summary>
    internal bool HasPort => Port != 0;

    /// <summary>The host as it is written.</summary>
    internal ReadOnlySpan<byte> HostOf(ReadOnlySpan<byte> text) => text.Slice(HostAt, HostLength);

    /// <summary>Takes apart an http, https, ws or wss URL, or a protocol-relative one. False for anything else, relative references among them.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out WebUrl url)
    {
        url = default;
        int at;
        bool hasScheme = true, secure = false, webSocket = false;
        if (AreSlashes(text))
        {
            at = 2;
            hasScheme = false;
        }
        else
        {
            var colon = text.IndexOf((byte)':');
            if (colon is < 2 or > 5 || !AreSlashes(text[(colon + 1)..]))
                return false;
            var scheme = text[..colon];
            webSocket = (scheme[0] | 0x20) == 'w';
            secure = (scheme[^1] | 0x20) == 's' && colon is 3 or 5;
            if (!Ascii.EqualsIgnoreCase(scheme, webSocket ? secure ? "wss"u8 : "ws"u8 : secure ? "https"u8 : "http"u8))
                return false;
            at = colon + 3;
        }

        var rest = text[at..].IndexOfAny(AuthorityEnd);
        var authority = rest < 0 ? text[at..] : text.Slice(at, rest);
        var userInfo = authority.LastIndexOf((byte)'@') + 1;
        var hostAt = at + userInfo;
        var hostPort = authority[userInfo..];
        var hostLength = hostPort.StartsWith("["u8) ? hostPort.IndexOf((byte)']') + 1 : hostPort.IndexOf((byte)':');
        if (hostLength < 0)
            hostLength = hostPort.Length;
        if (hostLength == 0 || !TryReadPort(hostPort[hostLength..], out var port))
            return false;
        if (hostPort[hostLength - 1] == '.' && hostLength > 1)
            hostLength--;
        url = new WebUrl
        {
            HasScheme = hasScheme,
            IsWebSocket = webSocket,
            Secure = secure,
            UserInfoAt = at,
            HostAt = hostAt,
            HostLength = hostLength,
            RestAt = at + authority.Length,
            Port = port,
        };
        return true;
    }

    /// <summary>A client that follows the URL Standard takes a backslash for a slash (section 4.4, "special authority slashes state").</summary>
    internal static bool IsSlash(byte b) => b is (byte)'/' or (byte)'\\';

    private static bool AreSlashes(ReadOnlySpan<byte> text) => text.Length >= 2 && IsSlash(text[0]) && IsSlash(text[1]);

    // RFC 3986 section 3.2.3: the digits may be missing after the colon.
    private static bool TryReadPort(ReadOnlySpan<byte> text, out int port)
    {
        port = 0;
        if (text.IsEmpty)
            return true;
        if (text[0] != ':' || text.Length > 6 || text[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return false;
        foreach (var digit in text[1..])
            port = (port * 10) + (digit - '0');
        return text.Length == 1 || port is > 0 and <= 65535;
    }
}
