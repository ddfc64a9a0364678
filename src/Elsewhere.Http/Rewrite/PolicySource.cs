using System.Buffers.Text;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>A source of a Content-Security-Policy that may cover more than one host or path (CSP Level 3, section 6.7.2.6 and following).</summary>
internal readonly ref struct PolicySource
{
    private const int AnyPort = -1;

    /// <summary>Whether it names ws or wss.</summary>
    internal bool IsWebSocket { get; private init; }

    private bool HasScheme { get; init; }

    private bool Secure { get; init; }

    /// <summary>A host; with a dot in front the hosts below it; empty for all.</summary>
    private ReadOnlySpan<byte> Host { get; init; }

    private int Port { get; init; }

    private ReadOnlySpan<byte> Path { get; init; }

    /// <summary>Reads <c>https:</c> and <c>wss:</c>, <c>[scheme://]*.host[:port][/path]</c>, and <c>[scheme://]host[:port][/path]</c>.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> word, out PolicySource source)
    {
        source = default;
        var colon = word.IndexOf((byte)':');
        var secure = false;
        var webSocket = false;
        var hasScheme = colon > 0 && (colon == word.Length - 1 || word[colon..].StartsWith("://"u8));
        if (hasScheme)
        {
            var scheme = word[..colon];
            webSocket = (scheme[0] | 0x20) == 'w';
            secure = (scheme[^1] | 0x20) == 's';
            if (!Ascii.EqualsIgnoreCase(scheme, UrlTable.SchemeOf(webSocket, secure)))
                return false;
            if (colon == word.Length - 1)
            {
                // http: covers what the client finds by http or https anyway.
                source = new PolicySource { HasScheme = true, Secure = true, IsWebSocket = webSocket, Port = AnyPort };
                return secure;
            }

            word = word[(colon + 3)..];
        }

        var end = word.IndexOfAny((byte)':', (byte)'/');
        var host = end < 0 ? word : word[..end];
        var rest = end < 0 ? default : word[end..];
        if (host.StartsWith("*."u8))
            host = host[1..];
        else if (host.IndexOf((byte)'.') < 0)
            return false;
        var port = 0;
        if (rest.StartsWith(":*"u8))
        {
            port = AnyPort;
            rest = rest[2..];
        }
        else if (rest.StartsWith(":"u8))
        {
            if (!Utf8Parser.TryParse(rest[1..], out port, out var digits) || port is <= 0 or > 65535)
                return false;
            rest = rest[(1 + digits)..];
        }

        source = new PolicySource { HasScheme = hasScheme, Secure = secure, IsWebSocket = webSocket, Host = host, Port = port, Path = rest };
        return true;
    }

    /// <summary>Whether the origin's side of a pair is covered, and more than it.</summary>
    internal bool Covers(UrlPair pair)
    {
        var origin = pair.Origin;

        // http and https of one host are one site, as for URLs.
        var isSecure = origin.Secure || origin.HasDefaultPort;
        if (Host.IsEmpty)
            return isSecure && !pair.Client.Secure;
        if (HasScheme && Secure && !isSecure)
            return false;
        if (Port != AnyPort && (Port == 0 ? !origin.HasDefaultPort : origin.Port != Port))
            return false;
        if (Host[0] == '.')
            return Host.Length < origin.Host.Length && Ascii.EqualsIgnoreCase(Host, origin.Host.AsSpan(origin.Host.Length - Host.Length));
        return pair.BasePath.Length > 0 && Ascii.EqualsIgnoreCase(Host, origin.Host)
            && (Path.IsEmpty || (Path[^1] == '/' && Encoding.UTF8.GetBytes(pair.BasePath + "/").AsSpan().StartsWith(Path)));
    }
}
