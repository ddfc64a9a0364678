namespace Elsewhere.Model;

/// <summary>What is spoken on an HTTP port.</summary>
internal enum HttpPortKind
{
    /// <summary>HTTP in clear.</summary>
    Plain,

    /// <summary>HTTP over TLS.</summary>
    Secure,

    /// <summary>HTTP/2 in clear, from the first byte.</summary>
    PriorKnowledge,
}

/// <summary>
/// Whether a TCP port speaks HTTP. <c>appProtocol</c> decides if it is there; else the port's name, <c>http...</c>, <c>https...</c> or <c>grpc...</c>; else its
/// number, 80 and 8080 or 443 and 8443.
/// </summary>
internal static class HttpPort
{
    public static HttpPortKind? Of(ServicePortView port)
    {
        if (port.Protocol != Protocol.Tcp)
            return null;
        if (port.AppProtocol.Length > 0)
            return OfAppProtocol(port.AppProtocol);
        if (port.Name.StartsWith("https", StringComparison.Ordinal))
            return HttpPortKind.Secure;
        if (port.Name.StartsWith("http2", StringComparison.Ordinal) || port.Name.StartsWith("grpc", StringComparison.Ordinal))
            return HttpPortKind.PriorKnowledge;
        if (port.Name.StartsWith("http", StringComparison.Ordinal))
            return HttpPortKind.Plain;
        return port.Port switch
        {
            80 or 8080 => HttpPortKind.Plain,
            443 or 8443 => HttpPortKind.Secure,
            _ => null,
        };
    }

    // The names of KEP-3726, and what is in use without a prefix.
    private static HttpPortKind? OfAppProtocol(string text) => text.ToLowerInvariant() switch
    {
        "http" or "kubernetes.io/ws" or "ws" => HttpPortKind.Plain,
        "https" or "kubernetes.io/wss" or "wss" => HttpPortKind.Secure,
        "kubernetes.io/h2c" or "h2c" or "http2" or "grpc" => HttpPortKind.PriorKnowledge,
        _ => null,
    };
}
