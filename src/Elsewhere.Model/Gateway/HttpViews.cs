namespace Elsewhere.Model;

/// <summary>What the origin is told as Host (<c>spec.http.host</c>).</summary>
public enum HostRule
{
    /// <summary>The origin's own name.</summary>
    Origin,

    /// <summary>What the client dialled.</summary>
    Alias,

    /// <summary>A name of the user's.</summary>
    Literal,
}

/// <summary>Whose links are mapped (<c>spec.http.rewrite.aliases</c>).</summary>
public enum RewriteScope
{
    /// <summary>Links to the aliases of the same namespace too.</summary>
    Namespace,

    /// <summary>Links to the alias' own origins only.</summary>
    Self,
}

/// <summary>The lowest version of TLS that is spoken to an origin.</summary>
public enum TlsMinimum
{
    /// <summary>TLS 1.2 (RFC 5246).</summary>
    Tls12,

    /// <summary>TLS 1.3 (RFC 8446).</summary>
    Tls13,
}

/// <summary>On which failure a request is tried again (<c>spec.http.retries.on</c>).</summary>
public enum RetryCondition
{
    /// <summary>No connection came about: nothing was sent.</summary>
    ConnectFailure,

    /// <summary>The origin refused the stream (HTTP/2 REFUSED_STREAM, or a GOAWAY that does not count it): nothing was done.</summary>
    RefusedStream,

    /// <summary>The connection ended before the first byte of a response; only for methods that may be repeated.</summary>
    Reset,

    /// <summary>502, 503 or 504 of the origin; only for methods that may be repeated.</summary>
    RetriableStatus,
}

/// <summary><c>spec.http</c> of an Alias, defaults applied.</summary>
/// <param name="Host">What the origin is told as Host.</param>
/// <param name="HostLiteral">The Host of <see cref="HostRule.Literal"/>; empty otherwise.</param>
/// <param name="Rewrite">What is mapped.</param>
/// <param name="SetHeaders">Request fields that replace what the client sent.</param>
/// <param name="AddHeaders">Request fields that are added.</param>
/// <param name="RemoveHeaders">Request fields that are removed.</param>
/// <param name="Timeouts">Time-outs.</param>
/// <param name="Retries">Retries.</param>
/// <param name="RateLimit">Limits.</param>
public sealed record HttpView(
    HostRule Host,
    string HostLiteral,
    RewriteView Rewrite,
    Seq<HeaderView> SetHeaders,
    Seq<HeaderView> AddHeaders,
    Seq<string> RemoveHeaders,
    TimeoutsView Timeouts,
    RetriesView Retries,
    RateLimitView RateLimit)
{
    /// <summary>What an Alias without <c>spec.http</c> has, and a Service.</summary>
    public static HttpView Default { get; } =
        new(HostRule.Origin, "", RewriteView.Default, [], [], [], TimeoutsView.Default, RetriesView.Default, RateLimitView.None);
}

/// <summary><c>spec.http.rewrite</c>.</summary>
/// <param name="Headers">Whether header fields are mapped.</param>
/// <param name="Cookies">Whether cookies are.</param>
/// <param name="Bodies">Whether text bodies are (<c>Auto</c>).</param>
/// <param name="Aliases">Whose links.</param>
public sealed record RewriteView(bool Headers, bool Cookies, bool Bodies, RewriteScope Aliases)
{
    /// <summary>Everything, for all aliases of the namespace.</summary>
    public static RewriteView Default { get; } = new(true, true, true, RewriteScope.Namespace);
}

/// <summary>A request field that is set or added: a value, or where it comes from.</summary>
/// <param name="Name">Its name (a token, RFC 9110 section 5.1).</param>
/// <param name="Value">Its value, or null.</param>
/// <param name="From">Where the value is, or null.</param>
public sealed record HeaderView(string Name, string? Value, KeyReference? From);

/// <summary><c>spec.http.timeouts</c>; zero is none.</summary>
/// <param name="Connect">For one connection to an origin, TLS included.</param>
/// <param name="Request">For one request, from its first byte to the last of the response.</param>
/// <param name="Idle">Without a byte either way.</param>
public sealed record TimeoutsView(TimeSpan Connect, TimeSpan Request, TimeSpan Idle)
{
    /// <summary>5 s to connect, no limit for a request, 90 s idle.</summary>
    public static TimeoutsView Default { get; } = new(TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromSeconds(90));
}

/// <summary><c>spec.http.retries</c>.</summary>
/// <param name="Attempts">Further tries after the first, 0 to 10.</param>
/// <param name="On">When.</param>
public sealed record RetriesView(int Attempts, Seq<RetryCondition> On)
{
    /// <summary>One further try where nothing was done yet.</summary>
    public static RetriesView Default { get; } = new(1, [RetryCondition.ConnectFailure, RetryCondition.RefusedStream]);
}

/// <summary><c>spec.http.rateLimit</c>; 0 is none. What is over it is answered 429.</summary>
/// <param name="RequestsPerSecond">Requests per second, of all clients of the alias.</param>
/// <param name="Burst">How many may come at once; where 0, one second's worth.</param>
/// <param name="Concurrency">Requests in flight.</param>
public sealed record RateLimitView(int RequestsPerSecond, int Burst, int Concurrency)
{
    /// <summary>No limit.</summary>
    public static RateLimitView None { get; } = new(0, 0, 0);
}

/// <summary><c>spec.healthCheck</c>, defaults applied.</summary>
/// <param name="Path">The path that is asked for by GET; null for a TCP check (connect, and TLS where the origin has it).</param>
/// <param name="ExpectedStatus">Which answers are healthy.</param>
/// <param name="Interval">From one check to the next.</param>
/// <param name="Timeout">For one check.</param>
/// <param name="HealthyThreshold">Successes in a row until an unhealthy origin is healthy.</param>
/// <param name="UnhealthyThreshold">Failures in a row until a healthy origin is unhealthy.</param>
public sealed record HealthCheckView(
    string? Path, Seq<StatusRange> ExpectedStatus, TimeSpan Interval, TimeSpan Timeout, int HealthyThreshold, int UnhealthyThreshold);

/// <summary>Status codes from one to another, both included.</summary>
/// <param name="First">100 to 599.</param>
/// <param name="Last">Not below the first.</param>
public sealed record StatusRange(int First, int Last);

/// <summary><c>spec.origins[].tls</c>, defaults applied.</summary>
/// <param name="ServerName">The name that is asked for and verified; empty for the host of the origin's URL.</param>
/// <param name="CaCertificates">Who may have signed; null for the system's trust store.</param>
/// <param name="ClientCertificate">The Secret of type <c>kubernetes.io/tls</c> that we show; empty for none.</param>
/// <param name="Minimum">The lowest version.</param>
/// <param name="Verify">Whether the certificate is verified.</param>
public sealed record OriginTlsView(string ServerName, KeyReference? CaCertificates, string ClientCertificate, TlsMinimum Minimum, bool Verify)
{
    /// <summary>What an origin without <c>tls</c> has.</summary>
    public static OriginTlsView Default { get; } = new("", null, "", TlsMinimum.Tls12, true);
}
