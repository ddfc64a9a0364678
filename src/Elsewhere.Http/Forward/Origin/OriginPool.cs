using System.Net.Security;
using System.Runtime.CompilerServices;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2Client;
using Elsewhere.Http.Network;
using Elsewhere.Http.Pooled;
using Elsewhere.Http.Tls;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>
/// The connections to one address of one origin, whichever version of HTTP they speak. Who uses it enters and leaves; when it is retired, the last who leaves closes
/// them.
/// </summary>
internal sealed class OriginPool : IDisposable
{
    private static readonly SslApplicationProtocol[] both = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
    private static readonly SslApplicationProtocol[] onlyHttp1 = [SslApplicationProtocol.Http11];
    private readonly PoolKey key;
    private readonly OriginPools pools;
    private readonly Http1Pool http1;
    private readonly Http2Pool http2;
    private int users;
    private int closed;
    private volatile bool retired;
    private volatile bool speaksHttp2;

    public OriginPool(PoolKey key, OriginPools pools, TimeProvider time)
    {
        this.key = key;
        this.pools = pools;
        speaksHttp2 = key.PriorKnowledge;
        http1 = new Http1Pool(DialAsync, mayAgree: key.Origin.Tls is not null, AnswerLimits.Default, time);
        http2 = new Http2Pool(ConnectAsync, isSecure: !key.PriorKnowledge, AnswerLimits.Default, time);
    }

    /// <summary>Whether the last connect to the address went well.</summary>
    public bool IsWarm { get; private set; }

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
        if (key.PriorKnowledge || SpeaksHttp2(stream))
            LendHttp2(stream);
        else
            http1.Adopt(Below(stream));
    }

    /// <summary>Closes connections that nobody has used for too long.</summary>
    public void Trim()
    {
        http1.Trim();
        http2.Trim();
    }

    /// <summary>Sends a request; returns when the header of the response is there.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    public async ValueTask<OriginResponse> SendAsync(OriginRequest request, CancellationToken cancellation)
    {
        while (true)
        {
            // Upgrades are of HTTP/1.1 (RFC 9113 section 8.6).
            if (request.Upgrade is not null || !speaksHttp2)
            {
                if (await http1.RentAsync(request.NeedsFresh, request.Upgrade is not null, cancellation).ConfigureAwait(false) is { } connection)
                    return await connection.Exchange.SendAsync(request, cancellation).ConfigureAwait(false);
            }

            // Null where the origin speaks HTTP/1.1 from now on; nothing was sent.
            if (await http2.SendAsync(request, cancellation).ConfigureAwait(false) is { } response)
                return response;
        }
    }

    private static bool SpeaksHttp2(Stream stream) => stream is SslStream secure && secure.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;

    private static DialledStream Below(Stream stream) => new(stream, (stream is OriginTlsStream secure ? secure.Transport : stream) as SocketStream);

    private async Task<DialledStream> DialAsync(bool mayAgree, CancellationToken cancellation)
    {
        var stream = await OpenAsync(mayAgree ? both : onlyHttp1, cancellation).ConfigureAwait(false);
        if (!SpeaksHttp2(stream))
            return Below(stream);
        LendHttp2(stream);
        return default;
    }

    // For HTTP/2; null where HTTP/1.1 was agreed on.
    private async Task<Stream?> ConnectAsync(CancellationToken cancellation)
    {
        var stream = await OpenAsync(both, cancellation).ConfigureAwait(false);
        if (key.PriorKnowledge || SpeaksHttp2(stream))
            return stream;
        speaksHttp2 = false;
        http1.Adopt(Below(stream));
        return null;
    }

    private async Task<Stream> OpenAsync(SslApplicationProtocol[] protocols, CancellationToken cancellation)
    {
        try
        {
            var (stream, _) = await pools.ConnectAsync(key, [key.Address], protocols, cancellation).ConfigureAwait(false);
            IsWarm = true;
            return stream;
        }
        catch
        {
            IsWarm = false;
            throw;
        }
    }

    private void LendHttp2(Stream stream)
    {
        speaksHttp2 = true;
        http2.Adopt(stream);
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref closed, 1) == 1)
            return;
        http1.Dispose();
        http2.Dispose();
        Opening.Dispose();
    }
}
