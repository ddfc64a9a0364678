using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Elsewhere.Model;

/// <summary>IP addresses as Kubernetes writes them: strict dotted decimal, RFC 4291 text; no zone, no other base, no leading zero.</summary>
public static class IPText
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>
    /// Reads an address. Refused, though the framework takes them: <c>1.2.3</c>, <c>0x7f.0.0.1</c>, <c>010.0.0.1</c>, <c>fe80::1%eth0</c>,
    /// <c>[::1]</c>. An IPv4-mapped IPv6 address comes back as IPv6: whoever dials decides (see <see cref="Unmap"/>).
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text) || text.Length > 45)
            return false;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            if (text.AsSpan().ContainsAny('%', '[', ']') || text.Contains('/', StringComparison.Ordinal))
                return false;
            var dotted = text.LastIndexOf(':') + 1;
            if (text.Contains('.', StringComparison.Ordinal) && !IsDottedQuad(text.AsSpan(dotted)))
                return false;
#pragma warning disable RS0030 // the one place that may: what the framework is too lax about has been refused above
            return IPAddress.TryParse(text, out address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        return IsDottedQuad(text) && IPAddress.TryParse(text, out address);
#pragma warning restore RS0030
    }

    /// <summary>Reads an address that the program itself wrote.</summary>
    /// <exception cref="FormatException">The text is no address: a bug of the caller.</exception>
    public static IPAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is no IP address");

    /// <summary>The IPv4 address inside <c>::ffff:a.b.c.d</c>; any other address as it is.</summary>
    public static IPAddress Unmap(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>
    /// Whether the last label of a host is a number, decimal or <c>0x</c> hexadecimal (WHATWG URL Standard, "ends in a number"): no name of DNS, but an IPv4 address to
    /// programs that read <c>2130706433</c>, <c>0177.1</c> and <c>0x7f000001</c> as C's <c>inet_aton</c> does.
    /// </summary>
    /// <param name="host">The host; a dot at its end does not count.</param>
    public static bool EndsInNumber(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = host.AsSpan();
        if (name.EndsWith("."))
            name = name[..^1];
        var last = name[(name.LastIndexOf('.') + 1)..];
        return !last.IsEmpty && (!last.ContainsAnyExceptInRange('0', '9')
            || (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && !last[2..].ContainsAnyExcept(HexDigits)));
    }

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (++parts > 4 || part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0') || part.ContainsAnyExceptInRange('0', '9'))
                return false;
            if (part.Length == 3 && part.SequenceCompareTo("255") > 0)
                return false;
        }

        return parts == 4;
    }
}
