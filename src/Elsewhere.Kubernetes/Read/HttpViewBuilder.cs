using System.Globalization;
using Elsewhere.Kubernetes.Validation;
using Elsewhere.Model;

namespace Elsewhere.Kubernetes.Read;

/// <summary>The parts of a valid Alias that concern HTTP, defaults applied.</summary>
internal static class HttpViewBuilder
{
    private static readonly StatusRange Healthy = new(200, 399);

    /// <summary><c>spec.http</c>.</summary>
    public static HttpView Http(Node http) => new(
        http.Str("host") switch
        {
            "" or "Origin" => HostRule.Origin,
            "Alias" => HostRule.Alias,
            _ => HostRule.Literal,
        },
        http.Str("host") is "Origin" or "Alias" ? "" : http.Str("host"),
        http["rewrite"] is { } rewrite
            ? new RewriteView(
                rewrite.BoolOrNull("headers") ?? true,
                rewrite.BoolOrNull("cookies") ?? true,
                rewrite.Str("bodies") != "Off",
                rewrite.Str("aliases") == "Self" ? RewriteScope.Self : RewriteScope.Namespace)
            : RewriteView.Default,
        Headers(http["requestHeaders"], "set"),
        Headers(http["requestHeaders"], "add"),
        (http["requestHeaders"]?.Strings("remove") ?? []).ToSeq(),
        Timeouts(http["timeouts"]),
        Retries(http["retries"]),
        http["rateLimit"] is { } limit
            ? new RateLimitView((int)limit.Int("requestsPerSecond"), (int)limit.Int("burst"), (int)limit.Int("concurrency"))
            : RateLimitView.None);

    /// <summary><c>spec.healthCheck</c>; null where it is empty.</summary>
    public static HealthCheckView? HealthCheck(Node? check)
    {
        if (check is not { Entries.Count: > 0 })
            return null;
        var http = check["http"];
        var expected = http?.Strings("expectedStatus") ?? [];
        return new HealthCheckView(
            http is null ? null : http.Str("path") is { Length: > 0 } path ? path : "/",
            http is null ? [] : expected.Count == 0 ? [Healthy] : expected.Select(Range).ToSeq(),
            DurationOr(check, "interval", TimeSpan.FromSeconds(10)),
            DurationOr(check, "timeout", TimeSpan.FromSeconds(2)),
            check.Has("healthyThreshold") ? (int)check.Int("healthyThreshold") : 1,
            check.Has("unhealthyThreshold") ? (int)check.Int("unhealthyThreshold") : 3);
    }

    /// <summary><c>tls</c> of an origin; null where it is not written.</summary>
    public static OriginTlsView? Tls(Node? tls)
    {
        if (tls is null)
            return null;
        var ca = tls["caCertificates"];
        var reference = ca?["configMapRef"] is { } map ? Reference(ReferenceKind.ConfigMap, map)
            : ca?["secretRef"] is { } secret ? Reference(ReferenceKind.Secret, secret)
            : null;
        return new OriginTlsView(
            tls.Str("serverName"),
            reference,
            tls["clientCertificate"]?["secretRef"]?.Str("name") ?? "",
            tls.Str("minimumVersion") == "1.3" ? TlsMinimum.Tls13 : TlsMinimum.Tls12,
            tls.BoolOrNull("verify") ?? true);
    }

    private static Seq<HeaderView> Headers(Node? headers, string list) => (headers?.ListOf(list) ?? []).Select(static header => new HeaderView(
        header.Str("name"),
        header.StrOrNull("value"),
        header["valueFrom"] is not { } from ? null
            : from["secretKeyRef"] is { } secret ? Reference(ReferenceKind.Secret, secret)
            : from["configMapKeyRef"] is { } map ? Reference(ReferenceKind.ConfigMap, map)
            : null)).ToSeq();

    private static KeyReference Reference(ReferenceKind kind, Node reference) => new(kind, reference.Str("name"), reference.Str("key"));

    private static TimeoutsView Timeouts(Node? timeouts)
    {
        var usual = TimeoutsView.Default;
        return timeouts is null
            ? usual
            : new TimeoutsView(DurationOr(timeouts, "connect", usual.Connect), DurationOr(timeouts, "request", usual.Request), DurationOr(timeouts, "idle", usual.Idle));
    }

    private static RetriesView Retries(Node? retries)
    {
        var usual = RetriesView.Default;
        if (retries is null)
            return usual;
        var on = retries.Strings("on");
        return new RetriesView(retries.Has("attempts") ? (int)retries.Int("attempts") : usual.Attempts, on.Count == 0 ? usual.On : on.Select(Condition).ToSeq());
    }

    private static RetryCondition Condition(string word) => word switch
    {
        "refused-stream" => RetryCondition.RefusedStream,
        "reset" => RetryCondition.Reset,
        "retriable-status" => RetryCondition.RetriableStatus,
        _ => RetryCondition.ConnectFailure,
    };

    private static StatusRange Range(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var first = int.Parse(dash < 0 ? text : text[..dash], CultureInfo.InvariantCulture);
        return new StatusRange(first, dash < 0 ? first : int.Parse(text.AsSpan(dash + 1), CultureInfo.InvariantCulture));
    }

    private static TimeSpan DurationOr(Node parent, string field, TimeSpan usual) =>
        parent.Str(field) is { Length: > 0 } text ? AliasHttpRules.ReadDuration(text) : usual;
}
