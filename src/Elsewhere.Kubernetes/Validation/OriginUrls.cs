using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Validation;

/// <summary>The URL of an origin: <c>http https tcp tls udp</c>, a name or an address, a port, a base path for http(s); nothing else.</summary>
internal static class OriginUrls
{
    /// <summary>Reads an origin's URL.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="url">The URL, if it is one.</param>
    /// <param name="why">What is wrong with it, as the end of a sentence.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out OriginUrl? url, [NotNullWhen(false)] out string? why)
    {
        url = null;
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0)
            return Fail("must begin with http://, https://, tcp://, tls:// or udp://", out why);
        OriginScheme? scheme = text[..colon] switch
        {
            "http" => OriginScheme.Http,
            "https" => OriginScheme.Https,
            "tcp" => OriginScheme.Tcp,
            "tls" => OriginScheme.Tls,
            "udp" => OriginScheme.Udp,
            _ => null,
        };
        if (scheme is not { } known)
            return Fail("must begin with http://, https://, tcp://, tls:// or udp://", out why);
        var rest = text[(colon + 3)..];
        if (rest.AsSpan().ContainsAny('?', '#'))
            return Fail("must not have a query or a fragment", out why);
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "/" : rest[slash..];
        if (authority.Contains('@', StringComparison.Ordinal))
            return Fail("must not have a user or a password", out why);
        if (path != "/" && known is not (OriginScheme.Http or OriginScheme.Https))
            return Fail("must not have a path, which only http and https have", out why);
        if (path.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return Fail("must have a path of printable ASCII characters without spaces", out why);
        if (!TrySplit(authority, out var host, out var portText))
            return Fail("must name a host", out why);
        var port = known switch
        {
            OriginScheme.Http => 80,
            OriginScheme.Https => 443,
            _ => 0,
        };
        if (portText is not null
            && (!int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535 || portText[0] == '0'))
            return Fail("must have a port between 1 and 65535", out why);
        if (port == 0)
            return Fail($"must have a port, as {text[..colon]} has no usual one", out why);
        if (IPText.TryParse(host, out var address))
        {
            url = new OriginUrl(known, null, address, port, path);
            why = null;
            return true;
        }

        if (authority.StartsWith('[') || IPText.EndsInNumber(host) || !NameRules.IsHostName(host) || !DnsName.TryParse(host, out var name, out _))
            return Fail("must name a host by its DNS name or its IP address (IPv6 in brackets)", out why);
        url = new OriginUrl(known, name, null, port, path);
        why = null;
        return true;
    }

    private static bool TrySplit(string authority, out string host, out string? port)
    {
        port = null;
        if (authority.StartsWith('['))
        {
            var close = authority.IndexOf(']', StringComparison.Ordinal);
            host = close > 0 ? authority[1..close] : "";
            var tail = close > 0 ? authority[(close + 1)..] : "";
            if (tail.Length > 0)
                port = tail[0] == ':' ? tail[1..] : "";
            return host.Contains(':', StringComparison.Ordinal);
        }

        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        host = colon < 0 ? authority : authority[..colon];
        port = colon < 0 ? null : authority[(colon + 1)..];
        return host.Length > 0;
    }

    private static bool Fail(string reason, out string why)
    {
        why = reason;
        return false;
    }
}
