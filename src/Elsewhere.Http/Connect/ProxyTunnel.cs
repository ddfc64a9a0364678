using System.Globalization;
using System.Text;
using Elsewhere.Model;

namespace Elsewhere.Http.Connect;

/// <summary>Asks an HTTP proxy for a tunnel (RFC 9110 section 9.3.6).</summary>
internal static class ProxyTunnel
{
    private const int MostInterim = 8;

    /// <summary>Opens it on a fresh connection.</summary>
    /// <param name="proxy">The connection to the proxy.</param>
    /// <param name="host">The name or address that the tunnel is to lead to.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellation">Ends the try.</param>
    /// <returns>What went wrong, and the facts.</returns>
    public static async Task<(OriginFailure Failure, string Detail)> OpenAsync(Stream proxy, string host, int port, CancellationToken cancellation)
    {
        var authority = IPText.TryParse(host, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? string.Create(CultureInfo.InvariantCulture, $"[{host}]:{port}")
            : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        var buffer = new byte[ProxyReply.Limit];
        try
        {
            await proxy.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n"), cancellation).ConfigureAwait(false);
            var filled = 0;
            for (var interim = 0; interim <= MostInterim;)
            {
                switch (ProxyReply.Read(buffer.AsSpan(0, filled), out var status, out var length))
                {
                    case ProxyReplyKind.Garbled:
                        return (OriginFailure.ProxyGarbled, "the proxy's answer is no HTTP/1 head of at most 16 KiB");
                    case ProxyReplyKind.Whole when status is >= 100 and < 200 and not 101:
                        buffer.AsSpan(length, filled - length).CopyTo(buffer);
                        filled -= length;
                        interim++;
                        break;
                    case ProxyReplyKind.Whole:
                        // In the tunnel we speak first, both with TLS and with HTTP: what comes before is no part of it.
                        return status is >= 200 and < 300 && filled > length ? (OriginFailure.ProxyGarbled, "the proxy sent data before the origin was asked for any") : Judge(status);
                    case ProxyReplyKind.Partial:
                        var count = await proxy.ReadAsync(buffer.AsMemory(filled), cancellation).ConfigureAwait(false);
                        if (count == 0)
                            return (OriginFailure.ProxyGarbled, "the proxy ended the connection before its answer was whole");
                        filled += count;
                        break;
                }
            }

            return (OriginFailure.ProxyGarbled, "the proxy sends one interim answer after the other");
        }
        catch (IOException)
        {
            return (OriginFailure.ProxyGarbled, "the proxy reset the connection");
        }
    }

    private static (OriginFailure Failure, string Detail) Judge(int status) => status switch
    {
        >= 200 and < 300 => (OriginFailure.None, ""),
        407 => (OriginFailure.ProxyAuthenticationRequired, "the proxy answered 407"),
        _ => (OriginFailure.ProxyRefused, string.Create(CultureInfo.InvariantCulture, $"the proxy answered {status}")),
    };
}
