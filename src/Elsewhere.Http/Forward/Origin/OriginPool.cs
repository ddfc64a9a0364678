using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>The connections to one address of one origin.</summary>
internal sealed class OriginPool : IDisposable
{
    // Twice what Envoy takes by default.
    private const int MostHeaderKilobytes = 128;
    private static readonly List<SslApplicationProtocol> both = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> http1 = [SslApplicationProtocol.Http11];
    private readonly PoolKey key;
    private readonly HttpMessageInvoker invoker;

    public OriginPool(PoolKey key, TimeProvider time)
    {
        this.key = key;
        _ = time;
        invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // The origin is asked once, as it is: what it answers is the client's to follow, keep, decode and store.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            PreAuthenticate = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            ConnectTimeout = key.Connect > TimeSpan.Zero ? key.Connect : Timeout.InfiniteTimeSpan,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = (context, cancellation) => ConnectAsync(context.InitialRequestMessage, cancellation),
        });
    }

    /// <summary>Sends a request; returns when the header of the response is there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        // Upgrades are of HTTP/1.1 (RFC 9113 section 8.6); a request that has set its version keeps it.
        if (request.VersionPolicy != HttpVersionPolicy.RequestVersionExact)
        {
            request.Version = key.PriorKnowledge || key.Tls is not null ? HttpVersion.Version20 : HttpVersion.Version11;
            request.VersionPolicy = key.PriorKnowledge ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower;
        }

        return invoker.SendAsync(request, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => invoker.Dispose();

    private async ValueTask<Stream> ConnectAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var socket = new Socket(key.Address.AddressFamily, SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(key.Address, key.Url.Port), cancellation).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = new NetworkStream(socket, ownsSocket: true);
        return key.Tls is null ? stream : await SecureAsync(stream, request, cancellation).ConfigureAwait(false);
    }

    // The handler would ask for the name in the Host field; a stream that is secure already is taken as it is.
    private async Task<Stream> SecureAsync(NetworkStream stream, HttpRequestMessage request, CancellationToken cancellation)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = key.Tls!.ServerName,
                    ApplicationProtocols = request.Version == HttpVersion.Version11 ? http1 : both,
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                },
                cancellation).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
