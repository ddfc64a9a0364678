using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Http1Client;

namespace Elsewhere.Http.Forward.Origin;

/// <summary>The origin agreed on HTTP/1.1 where HTTP/2 was expected; the connection is with those of HTTP/1.1.</summary>
internal sealed class Http1AgreedException : IOException;

/// <summary>Speaks HTTP/2 with one address of an origin, by the framework's client. What it connects to speaks HTTP/2 already.</summary>
internal sealed class Http2Client : IDisposable
{
    // Twice what Envoy takes by default.
    private const int MostHeaderKilobytes = 128;
    private readonly HttpMessageInvoker invoker;

    // What ends before it answers may have been open for long (U7).
    private volatile bool hasAnswered;

    /// <summary>Connects nowhere until there is a request.</summary>
    /// <param name="priorKnowledge">Whether it is spoken in clear.</param>
    /// <param name="connect">Opens a connection.</param>
    public Http2Client(bool priorKnowledge, Func<CancellationToken, ValueTask<Stream>> connect)
    {
        IsClear = priorKnowledge;
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
            // The handler would speak TLS by the name in the Host field; a stream that is secure already is taken as it is.
            ConnectCallback = (_, cancellation) => connect(cancellation),
        });
    }

    private bool IsClear { get; }

    /// <summary>Whether it failed since HTTP/1.1 was agreed on: nothing was sent.</summary>
    public static bool IsRefusal(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is Http1AgreedException)
                return true;
        }

        return false;
    }

    /// <summary>Sends a request; returns when the header of the response is there.</summary>
    public async ValueTask<OriginResponse> SendAsync(OriginRequest request, CancellationToken cancellation)
    {
        var message = MessageOf(request);
        try
        {
            var response = await invoker.SendAsync(message, cancellation).ConfigureAwait(false);
            hasAnswered = true;
            return new Http2Response(message, response);
        }
        catch (Exception e)
        {
            message.Dispose();
            if (IsEnd(e))
                throw new AnswerException(AnswerFault.Closed, hasAnswered, e);
            throw;
        }
    }

    // The connection has ended, in order or not: by GOAWAY with NO_ERROR, which the framework's client tells of as a fault once it has begun anew too often, by a FIN that
    // overtook that, or by a reset.
    private static bool IsEnd(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case OriginConnectException or Http1AgreedException:
                    return false;
                case HttpProtocolException { ErrorCode: 0 } or SocketException:
                case HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded }:
                case IOException and not HttpIOException:
                    return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => invoker.Dispose();

    private HttpRequestMessage MessageOf(OriginRequest request)
    {
        var uri = new Uri($"{(IsClear ? "http" : "https")}://{request.Authority}{request.Target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(request.Method), uri) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (request.Body is { } body)
            message.Content = new ClientContent(body);
        else if (request.SaysEmpty)
            message.Content = new NoContent();
        foreach (var (name, value) in request.Fields)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        message.Headers.ExpectContinue = request is { Body: not null, ExpectsContinue: true } ? true : null;
        return message;
    }

    /// <summary>A body as the framework's client wants it: nothing is kept, and nothing is waited for.</summary>
    private sealed class ClientContent(RequestBody body) : HttpContent
    {
        /// <inheritdoc/>
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        /// <inheritdoc/>
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            body.Begun?.Invoke();
            while (true)
            {
                var reading = body.Reader.ReadAsync(cancellationToken);

                // The client pauses: what came goes out, since somebody may wait for an answer to it.
                if (!reading.IsCompleted)
                    await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                System.IO.Pipelines.ReadResult read;
                try
                {
                    read = await reading.ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    body.Failed?.Invoke(e);
                    throw;
                }

                if (read.IsCanceled)
                    throw new OperationCanceledException();
                foreach (var piece in read.Buffer)
                    await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
                body.Moved?.Invoke();
                body.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }

        /// <inheritdoc/>
        protected override bool TryComputeLength(out long length)
        {
            // Where the client says how long it is, that field is the length.
            length = 0;
            return false;
        }
    }

    /// <summary>No body, for the sake of the fields that describe one, and so that what may not be repeated is not (U7).</summary>
    private sealed class NoContent : HttpContent
    {
        /// <inheritdoc/>
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;

        /// <inheritdoc/>
        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return true;
        }
    }
}
