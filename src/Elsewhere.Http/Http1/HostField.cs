using System.Buffers.Text;
using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>Reads <c>uri-host [":" port]</c> (RFC 9110 section 7.2), as narrow as hosts that can be dialled are: no userinfo, no comma, no percent-encoding.</summary>
internal static class HostField
{
    /// <summary>Whether <paramref name="value"/> is a host with an optional port from 0 to 65535.</summary>
    internal static bool IsValid(ReadOnlySpan<byte> value)
    {
        var port = PortOf(value, out var host);
        if (!port.IsEmpty && !IsPort(port[1..]))
            return false;
        if (host is [(byte)'[', .. var address, (byte)']'])
            return address.Length > 1 && !address.ContainsAnyExcept(Http1Bytes.BracketedAddress);
        return !host.IsEmpty && !host.ContainsAnyExcept(Http1Bytes.HostName);
    }

    /// <summary>Whether two valid fields mean the same: the case of letters does not count, nor does the scheme's own port.</summary>
    internal static bool Same(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, ReadOnlySpan<byte> schemePort)
    {
        var onePort = PortOf(one, out var oneHost);
        var otherPort = PortOf(other, out var otherHost);
        return Ascii.EqualsIgnoreCase(oneHost, otherHost)
            && (onePort.IsEmpty ? schemePort : onePort).SequenceEqual(otherPort.IsEmpty ? schemePort : otherPort);
    }

    /// <summary>The port with its colon; empty if there is none.</summary>
    private static ReadOnlySpan<byte> PortOf(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> host)
    {
        var colon = value.LastIndexOf((byte)':');
        if (colon < 0 || value.LastIndexOf((byte)']') > colon)
        {
            host = value;
            return default;
        }

        host = value[..colon];
        return value[colon..];
    }

    private static bool IsPort(ReadOnlySpan<byte> digits) =>
        digits.Length is > 0 and <= 5
        && !digits.ContainsAnyExcept(Http1Bytes.Digits)
        && Utf8Parser.TryParse(digits, out int port, out _)
        && port <= 65_535;
}
