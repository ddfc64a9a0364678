using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Text;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>The connections to one address of one origin. Who uses it enters and leaves; when it is retired, the last who leaves closes them.</summary>
internal sealed class OriginPool : IDisposable
{
    // Twice what Envoy takes by default.
    private const int MostHeaderKilobytes = 128;
    private static readonly SslApplicationProtocol[] both = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
    private static readonly SslApplicationProtocol[] http1 = [SslApplicationProtocol.Http11];
    private readonly ConcurrentQueue<Stream> lent = new();
    private readonly PoolKey key;
    private readonly OriginPools pools;
    private readonly HttpMessageInvoker invoker;
    private int users;
    private int closed;
    private volatile bool retired;

    public OriginPool(PoolKey key, OriginPools pools)
    {
        this.key = key;
        this.pools = pools;
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
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = (context, cancellation) => ConnectAsync(context.InitialRequestMessage, cancellation),
        });
    }

    /// <summary>Whether the last connect to the address went well.</summary>
    public bool IsWarm { get; private set; }

    /// <summary>Whether a request was answered by one of these connections: what ends before it answers may have been idle.</summary>
    public bool HasAnswered { get; set; }

    /// <summary>Held by who finds out whether the address answers.</summary>
    public SemaphoreSlim Opening { get; } = new(1, 1);

    /// <summary>What may be spoken by TLS, best first.</summary>
    public static IReadOnlyList<SslApplicationProtocol> Protocols => both;

    /// <summary>Which connections these are.</summary>
    public PoolKey Key => key;

    /// <summary>Takes a place; false if the pool is retired.</summary>
    public bool TryEnter()
    {
        Interlocked.Increment(ref users);
        if (!retired)
            return true;
        Leave();
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref users) == 0 && retired)
            Close();
    }

    /// <summary>Takes nobody any more: requests in flight end on their connection, then it closes.</summary>
    public void Dispose()
    {
        retired = true;
        if (Volatile.Read(ref users) == 0)
            Close();
    }

    /// <summary>Gives it a connection that is open already, for the next who needs one.</summary>
    public void Lend(Stream stream)
    {
        IsWarm = true;
        lent.Enqueue(stream);
    }

    /// <summary>Sends a request; returns when the header of the response is there.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        // Upgrades are of HTTP/1.1 (RFC 9113 section 8.6); a request that has set its version keeps it.
        if (request.VersionPolicy != HttpVersionPolicy.RequestVersionExact)
        {
            request.Version = key.PriorKnowledge || key.Origin.Tls is not null ? HttpVersion.Version20 : HttpVersion.Version11;
            request.VersionPolicy = key.PriorKnowledge ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower;
        }

        return invoker.SendAsync(request, cancellation);
    }

    // The handler would speak TLS by the name in the Host field; a stream that is secure already is taken as it is.
    private async ValueTask<Stream> ConnectAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var isHttp1 = request.Version == HttpVersion.Version11;
        if (!(isHttp1 && key.Origin.Tls is not null) && lent.TryDequeue(out var open))
            return open;
        try
        {
            var (stream, _) = await pools.ConnectAsync(key, [key.Address], isHttp1 ? http1 : both, cancellation).ConfigureAwait(false);
            IsWarm = true;
            return stream;
        }
        catch
        {
            IsWarm = false;
            throw;
        }
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref closed, 1) == 1)
            return;
        invoker.Dispose();
        Opening.Dispose();
        while (lent.TryDequeue(out var stream))
            stream.Dispose();
    }
}
