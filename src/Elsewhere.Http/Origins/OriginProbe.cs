using System.Globalization;
using System.Net;
using System.Net.Security;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Tls;
using Elsewhere.Model;

namespace Elsewhere.Http.Origins;

/// <summary>
/// Asks one address of an origin whether it serves, over a connection of its own: connect, proxy and TLS as requests have them, and GET of the check's path. What a
/// connection that is open already says, nobody needs to ask.
/// </summary>
/// <param name="connector">What dials.</param>
/// <param name="policy">What may be dialled.</param>
/// <param name="time">The clock.</param>
public sealed class OriginProbe(OriginConnector connector, DialPolicy policy, TimeProvider time)
{
    private static readonly SslApplicationProtocol[] Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    /// <summary>Where and how an address is dialled.</summary>
    /// <param name="key">The address.</param>
    /// <param name="tls">How TLS is spoken to it; null for not at all.</param>
    /// <param name="policy">What may be dialled.</param>
    /// <param name="timeout">For everything until the connection can be used; zero is none.</param>
    internal static OriginTarget TargetOf(AddressKey key, OriginTlsClient? tls, DialPolicy policy, TimeSpan timeout)
    {
        var origin = key.Origin;
        Seq<IPAddress> own = origin.Literal is { } literal ? [literal] : [];
        return new OriginTarget(
            origin.HostText,
            origin.Port,
            origin.Proxy is null ? [key.Address] : own,
            policy,
            tls,
            Protocols,
            origin.Proxy is { } proxy ? new ProxyTarget(proxy.Host?.ToHostString() ?? key.Address.ToString(), proxy.Port, [key.Address]) : null,
            timeout);
    }

    /// <summary>Asks.</summary>
    /// <param name="key">The address.</param>
    /// <param name="check">The check of the manifest; null for a connection only.</param>
    /// <param name="timeout">For all of it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What failed, as a sentence that begins with the origin; null if nothing did.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<string?> RunAsync(AddressKey key, HealthCheckView? check, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(key);
        var tls = key.Origin.Tls is { } settings ? OriginTlsClient.Create(settings) : null;
        var target = TargetOf(key, tls, policy, timeout);
        if (check?.Path is not null)
            return await AskAsync(key, check, target, timeout, cancellation).ConfigureAwait(false);
        var connection = await connector.ConnectAsync(target, cancellation).ConfigureAwait(false);
        if (connection.Stream is null)
            return Explain(key, connection.Failure, connection.Detail);
        await connection.Stream.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private static string Explain(AddressKey key, Connect.OriginFailure failure, string detail) =>
        $"{key} {OriginFailures.Explain(failure)}{(detail.Length > 0 ? $" ({detail})" : "")}";

    private async Task<string?> AskAsync(AddressKey key, HealthCheckView check, OriginTarget target, TimeSpan timeout, CancellationToken cancellation)
    {
        // A handler of its own: what is kept open would answer for an origin that takes no new connection.
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = (_, token) => DialAsync(target, token),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(key.Origin.ToString() + check.Path))
        {
            // As requests speak it: an origin of HTTP/2 in clear knows no other.
            Version = key.Origin.PriorKnowledge || key.Origin.Tls is not null ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = key.Origin.PriorKnowledge ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation("User-Agent", "elsewhere-health-check");
        using var late = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            using var response = await invoker.SendAsync(request, both.Token).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            return check.ExpectedStatus.Any(range => status >= range.First && status <= range.Last)
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{key} answered {status} to GET {check.Path}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{key} did not answer GET {check.Path} within {timeout.TotalSeconds} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            for (var cause = e; cause is not null; cause = cause.InnerException)
            {
                if (cause is OriginConnectException refused)
                    return Explain(key, refused.Failure, refused.Message);
            }

            return $"{key} did not answer GET {check.Path} in HTTP";
        }
    }

    private async ValueTask<Stream> DialAsync(OriginTarget target, CancellationToken cancellation)
    {
        var connection = await connector.ConnectAsync(target, cancellation).ConfigureAwait(false);
        return connection.Stream ?? throw new OriginConnectException(connection.Failure, connection.Detail);
    }
}
