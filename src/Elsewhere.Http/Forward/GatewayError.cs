namespace Elsewhere.Http.Forward;

/// <summary>On whose side something went wrong.</summary>
public enum ErrorSide
{
    /// <summary>The client sent what cannot be served.</summary>
    Client,

    /// <summary>The origin did not answer as it should.</summary>
    Origin,

    /// <summary>This gateway, or its manifests.</summary>
    Elsewhere,
}

/// <summary>
/// A kind of answer that the gateway gives itself. Every one is a static property of this class, and a heading of <c>docs/errors.md</c>.
/// </summary>
/// <param name="Code">The stable name.</param>
/// <param name="Status">The status code.</param>
/// <param name="Side">Whose side.</param>
/// <param name="Title">One line, without the values of the case.</param>
/// <param name="Remedy">What to do, as the page has it; ALIAS stands for the alias.</param>
public sealed record GatewayError(string Code, int Status, ErrorSide Side, string Title, string Remedy)
{
    /// <summary>No alias is served at the dialled address any more.</summary>
    public static GatewayError NoAlias { get; } = new(
        "gateway-no-alias", 421, ErrorSide.Client, "No alias is served at this address",
        "Resolve the name again.");

    /// <summary>The host is none of the alias' names.</summary>
    public static GatewayError UnknownHost { get; } = new(
        "gateway-unknown-host", 421, ErrorSide.Client, "The alias at this address has no such name",
        "Use one of the names that the answer lists, or add the name to spec.hostnames of the alias.");

    /// <summary>CONNECT asks for a tunnel.</summary>
    public static GatewayError NoTunnel { get; } = new(
        "gateway-no-tunnel", 405, ErrorSide.Client, "CONNECT is for proxies, and this is none",
        "Do not set the alias as a proxy: http_proxy, https_proxy, --proxy.");

    /// <summary>An HTTP/2 request that would be another one in HTTP/1.1.</summary>
    public static GatewayError BadRequest { get; } = new(
        "gateway-bad-request", 400, ErrorSide.Client, "The request is malformed",
        "Ask whoever wrote the client; the answer says which field it is.");

    /// <summary>TRACE asks for the request to be shown.</summary>
    public static GatewayError NoTrace { get; } = new(
        "gateway-no-trace", 405, ErrorSide.Client, "TRACE is not passed on",
        "Ask the origin itself, or look at its log.");

    /// <summary>The body is not what the head said.</summary>
    public static GatewayError BadBody { get; } = new(
        "gateway-bad-body", 400, ErrorSide.Client, "The body of the request could not be read",
        "Look at the client: it ended the connection, sent too slowly, or its Content-Length is wrong.");

    /// <summary>A header of HTTP/2 is larger than what is taken here, or than what the origin says that it takes (RFC 9113 section 6.5.2).</summary>
    public static GatewayError HeadTooLarge { get; } = new(
        "gateway-head-too-large", 431, ErrorSide.Client, "The header of the request is too large",
        "Send less: mostly it is cookies.");

    /// <summary>The request went through this alias already, or through too many.</summary>
    public static GatewayError Loop { get; } = new(
        "gateway-loop", 508, ErrorSide.Elsewhere, "The request came back to the alias that it went through",
        "Give the alias the origin's real name or address, not a name of this cluster.");

    /// <summary>Too many requests per second.</summary>
    public static GatewayError OverRate { get; } = new(
        "gateway-over-rate", 429, ErrorSide.Client, "Too many requests per second",
        "Wait as long as Retry-After says, or raise the limit.");

    /// <summary>Too many requests at once.</summary>
    public static GatewayError OverConcurrency { get; } = new(
        "gateway-over-concurrency", 429, ErrorSide.Client, "Too many requests at once",
        "Wait for some to end, or raise the limit.");

    /// <summary>There is no origin that could be asked.</summary>
    public static GatewayError NoOrigin { get; } = new(
        "gateway-no-origin", 503, ErrorSide.Elsewhere, "The alias has no origin that could be asked",
        "Do what the answer says, or see the findings: elsewhere explain ALIAS");

    /// <summary>The origin's name does not resolve.</summary>
    public static GatewayError OriginUnresolved { get; } = new(
        "gateway-origin-unresolved", 503, ErrorSide.Origin, "The name of the origin does not resolve",
        "Ask who answers for the name of the origin with dig, and see what was answered here: elsewhere explain ALIAS");

    /// <summary>None of the origin's addresses may be dialled.</summary>
    public static GatewayError OriginDenied { get; } = new(
        "gateway-origin-denied", 502, ErrorSide.Elsewhere, "The address of the origin may not be dialled",
        "Give the alias another origin, or allow this one where the answer says how.");

    /// <summary>No connection to the origin.</summary>
    public static GatewayError OriginUnreachable { get; } = new(
        "gateway-origin-unreachable", 502, ErrorSide.Origin, "The origin could not be connected to",
        "Dial the origin with curl -v on the machine of the gateway, and see since when: elsewhere explain ALIAS");

    /// <summary>No TLS with the origin.</summary>
    public static GatewayError OriginTls { get; } = new(
        "gateway-origin-tls", 502, ErrorSide.Origin, "TLS with the origin failed",
        "Look at the origin's certificate with openssl s_client; an authority of its own is named under tls.caCertificates.");

    /// <summary>The origin closed the connection instead of answering.</summary>
    public static GatewayError OriginClosed { get; } = new(
        "gateway-origin-closed", 502, ErrorSide.Origin, "The origin ended the connection before it answered",
        "Look into the origin's log.");

    /// <summary>The origin's answer is no HTTP.</summary>
    public static GatewayError OriginProtocol { get; } = new(
        "gateway-origin-protocol", 502, ErrorSide.Origin, "The origin's answer is not HTTP",
        "Check scheme and port of the origin's URL: https on a port that speaks plain HTTP looks like this, and the other way round.");

    /// <summary>The origin's header fields are longer than the limit.</summary>
    public static GatewayError OriginHeaders { get; } = new(
        "gateway-origin-headers", 502, ErrorSide.Origin, "The header of the origin's answer is too long",
        "Look for what grows in the header of the answer: mostly cookies.");

    /// <summary>The origin's body cannot be decoded, from its first bytes on.</summary>
    public static GatewayError OriginBody { get; } = new(
        "gateway-origin-body", 502, ErrorSide.Origin, "The body of the origin's answer is not coded as its header says",
        "Ask whoever runs the origin: curl -v --compressed shows it.");

    /// <summary>The origin did not answer in time.</summary>
    public static GatewayError OriginTimeout { get; } = new(
        "gateway-origin-timeout", 504, ErrorSide.Origin, "The origin did not answer in time",
        "Raise spec.http.timeouts if the origin is that slow by nature.");

    /// <summary>No descriptor or local port is left to dial with.</summary>
    public static GatewayError Exhausted { get; } = new(
        "gateway-exhausted", 503, ErrorSide.Elsewhere, "This machine has no descriptor or local port left",
        "Raise the limit (ulimit -n) or the range (net.ipv4.ip_local_port_range), or see what holds so many connections: ss -tn.");

    /// <summary>A bug.</summary>
    public static GatewayError Internal { get; } = new(
        "gateway-internal", 500, ErrorSide.Elsewhere, "The gateway failed",
        "Report it, with the request.");
}

/// <summary>One case of an error.</summary>
/// <param name="Error">The kind.</param>
/// <param name="Detail">What is wrong, with the values of the case, as a sentence.</param>
/// <param name="RetryAfter">What to say in <c>Retry-After</c>, in seconds; 0 for nothing.</param>
public readonly record struct Refusal(GatewayError Error, string Detail, int RetryAfter = 0);
