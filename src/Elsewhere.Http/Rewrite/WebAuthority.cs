using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Http.Rewrite;

/// <summary>
/// Scheme, host and port of a web address: what a URL points at before its path (RFC 9110 section 4.3.1 calls it the origin of a URL; here that
/// word means the service behind an alias).
/// </summary>
/// <param name="Secure">Whether it is https (or wss).</param>
/// <param name="Host">In lower case, A-labels, no trailing dot; an IPv6 address is in brackets and canonical.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record WebAuthority(bool Secure, string Host, int Port)
{
    /// <summary>Whether the port is the one that the scheme implies.</summary>
    public bool HasDefaultPort => Port == DefaultPort(Secure);

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme => Secure ? "https" : "http";

    /// <summary>Host and port as in a Host header field: the port only where the scheme does not imply it.</summary>
    public string HostAndPort => HasDefaultPort ? Host : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>443 or 80.</summary>
    public static int DefaultPort(bool secure) => secure ? 443 : 80;

    /// <summary>Makes one from a host as people write it: any case, U-labels, a trailing dot, an IPv6 address with or without brackets.</summary>
    /// <param name="secure">Whether it is https.</param>
    /// <param name="host">The host.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="authority">The authority, if the host is one.</param>
    public static bool TryCreate(bool secure, string host, int port, [NotNullWhen(true)] out WebAuthority? authority)
    {
        authority = TryNormalise(host, out var normal) && port is > 0 and <= 65535 ? new(secure, normal, port) : null;
        return authority is not null;
    }

    /// <summary>Reads <c>scheme://host[:port]</c> that the program itself or a test wrote.</summary>
    /// <exception cref="FormatException">It is none: a bug of the caller.</exception>
    public static WebAuthority Parse(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return WebUrl.TryParse(bytes, out var url) && url.HasScheme && url.RestAt == bytes.Length
            && TryCreate(url.Secure, Encoding.UTF8.GetString(url.HostOf(bytes)), url.PortOr(DefaultPort(url.Secure)), out var authority)
            ? authority
            : throw new FormatException($"'{text}' is no scheme://host[:port]");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}://{HostAndPort}";

    internal static bool TryNormalise(string host, [NotNullWhen(true)] out string? normal)
    {
        normal = null;
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        if (bare.Contains(':', StringComparison.Ordinal))
        {
            if (IPText.TryParse(bare, out var address))
                normal = $"[{address}]";
            return normal is not null;
        }

        if (bare.EndsWith('.'))
            bare = bare[..^1];
        if (!Ascii.IsValid(bare) && !TryToALabels(bare, out bare))
            return false;
        bare = bare.ToLowerInvariant();
        if (bare.Length is 0 or > 253 || bare.AsSpan().ContainsAnyExcept(HostCharacters) || bare[0] is '.' or '-')
            return false;
        normal = bare;
        return true;
    }

    private static readonly SearchValues<char> HostCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    private static bool TryToALabels(string name, out string aLabels)
    {
        try
        {
            aLabels = new IdnMapping().GetAscii(name);
            return true;
        }
        catch (ArgumentException)
        {
            aLabels = name;
            return false;
        }
    }
}

/// <summary>One line of a URL map: where an origin's URLs are found by the client.</summary>
/// <param name="Origin">How the origin calls itself.</param>
/// <param name="BasePath">What all of the alias lies under at the origin; empty, or begins with a slash and does not end with one.</param>
/// <param name="Client">How this client dials it.</param>
public sealed record UrlPair(WebAuthority Origin, string BasePath, WebAuthority Client);
