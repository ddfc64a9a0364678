using System.Buffers;
using System.Text;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Set-Cookie (RFC 6265 and its revision 6265bis). A cookie for the origin's name, or for a domain above it, becomes one for exactly the name that the client
/// dialled: there is no domain above an alias that only its owner holds. A Domain that does not hold the origin stays, and is refused by the client as it would
/// be at the origin. On plain http Secure goes, and with it what needs it.
/// </summary>
internal static class SetCookie
{
    /// <summary>
    /// In front of <c>__Host-sid</c> and its like on plain http, where a client refuses the name itself; <see cref="RequestHeaders.Cookie"/> takes it off again.
    /// </summary>
    internal static ReadOnlySpan<byte> RenamedPrefix => "elsewhere."u8;

    internal static HeaderVerdict Rule(ReadOnlySpan<byte> value, RewriteRules rules, in Exchange exchange, IBufferWriter<byte> output)
    {
        if (!rules.Cookies)
            return HeaderVerdict.Keep;
        var secure = rules.Self.Client.Secure;
        var changed = false;
        var scratch = new ArrayBufferWriter<byte>(value.Length + 64);
        var isFirst = true;
        foreach (var range in value.Split((byte)';'))
        {
            var part = value[range];
            if (isFirst)
            {
                isFirst = false;
                if (!secure && HasPrefix(part.TrimStart(" \t"u8)))
                {
                    scratch.Write(RenamedPrefix);
                    part = part.TrimStart(" \t"u8);
                    changed = true;
                }

                scratch.Write(part);
                continue;
            }

            changed |= !WriteAttribute(part, rules, secure, scratch);
        }

        return HeaderText.Finish(changed, scratch, output);
    }

    // False if it went, or changed.
    private static bool WriteAttribute(ReadOnlySpan<byte> part, RewriteRules rules, bool secure, ArrayBufferWriter<byte> output)
    {
        var text = part.Trim(" \t"u8);
        var equals = text.IndexOf((byte)'=');
        var name = (equals < 0 ? text : text[..equals]).TrimEnd(" \t"u8);
        var value = equals < 0 ? default : text[(equals + 1)..].TrimStart(" \t"u8);
        if (Ascii.EqualsIgnoreCase(name, "Domain"u8) && IsDomainOf(value, rules.Self.Origin.Host))
            return false;
        if (!secure && (Ascii.EqualsIgnoreCase(name, "Secure"u8) || Ascii.EqualsIgnoreCase(name, "Partitioned"u8)))
            return false;
        if (!secure && Ascii.EqualsIgnoreCase(name, "SameSite"u8) && Ascii.EqualsIgnoreCase(value, "None"u8))
            return false;
        output.Write(";"u8);
        if (Ascii.EqualsIgnoreCase(name, "Path"u8) && rules.BasePath.Length > 0 && TryMapPath(value, rules.BasePath, out var path))
        {
            output.Write(" Path="u8);
            output.Write(path);
            return false;
        }

        output.Write(part);
        return true;
    }

    // Below the base path, or above it (RFC 6265 section 5.1.4): then all of the alias lies below.
    private static bool TryMapPath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> basePath, out ReadOnlySpan<byte> mapped)
    {
        mapped = "/"u8;
        if (UrlTable.IsUnder(path, basePath))
            mapped = path.Length == basePath.Length ? mapped : path[basePath.Length..];
        else if (path.Length <= 1 || !basePath.StartsWith(path) || (path[^1] != '/' && basePath[path.Length] != '/'))
            return false;
        return true;
    }

    // RFC 6265 section 5.1.3; a leading dot says nothing (section 5.2.3).
    private static bool IsDomainOf(ReadOnlySpan<byte> domain, string host)
    {
        domain = domain.Trim((byte)'"');
        if (domain.StartsWith("."u8))
            domain = domain[1..];
        if (domain.IsEmpty)
            return true;
        if (domain.Length > host.Length || !Ascii.EqualsIgnoreCase(domain, host.AsSpan(host.Length - domain.Length)))
            return false;
        return domain.Length == host.Length || (host[host.Length - domain.Length - 1] == '.' && !char.IsAsciiDigit(host[^1]));
    }

    // 6265bis section 4.1.3; user agents compare without regard to case. The Http prefixes are newer.
    private static bool HasPrefix(ReadOnlySpan<byte> cookie) =>
        StartsWith(cookie, "__Host-"u8) || StartsWith(cookie, "__Secure-"u8) || StartsWith(cookie, "__Http-"u8) || StartsWith(cookie, "__Host-Http-"u8);

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix) =>
        text.Length >= prefix.Length && Ascii.EqualsIgnoreCase(text[..prefix.Length], prefix);
}
