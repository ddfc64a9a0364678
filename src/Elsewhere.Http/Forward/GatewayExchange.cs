using System.Buffers;
using System.Net;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Elsewhere.Http.Forward;

/// <summary>One request and its response at the client's side; used again for the next one of the same connection.</summary>
internal sealed class GatewayExchange
{
    private IFeatureCollection? features;
    private IHttpRequestFeature? request;
    private IHttpResponseFeature? response;
    private IHttpResponseBodyFeature? body;
    private IHttpRequestLifetimeFeature? lifetime;
    private ServerLife? life;
    private InterimSink? interims;
    private WatchedOutput? frames;

    public IFeatureCollection Features => features!;

    public IHttpRequestFeature Request => request!;

    public IHttpResponseFeature Response => response!;

    public IHttpResponseBodyFeature Body => body!;

    /// <summary>Cancelled when the client has gone.</summary>
    public CancellationToken Aborted => lifetime!.RequestAborted;

    /// <summary>The service address and port that the client dialled.</summary>
    public IPEndPoint Dialled { get; private set; } = new(IPAddress.Any, 0);

    /// <summary>The request target as it came, in origin form or <c>*</c>; of an absolute form, what is behind the authority.</summary>
    public string Target { get; private set; } = "";

    /// <summary>The host as the client wrote it; empty if it wrote none.</summary>
    public string Host { get; private set; } = "";

    /// <summary>Whose address the client dialled; null where it is nobody's any more.</summary>
    public ObjectKey? Alias { get; set; }

    /// <summary>What the gateway has answered itself; null as long as it has not.</summary>
    public GatewayError? Error { get; set; }

    /// <summary>The response had begun and was broken off.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The client went away before the answer.</summary>
    public bool IsGone { get; set; }

    /// <summary>What follows the header is a tunnel, which lasts as long as both sides like.</summary>
    public bool IsTunnel { get; set; }

    /// <summary>What the client got, now that it has ended.</summary>
    public RequestOutcome Outcome =>
        IsGone ? RequestOutcome.Gone
        : IsBroken ? RequestOutcome.Broken
        : Error is { } error ? error.Side switch
        {
            ErrorSide.Client => RequestOutcome.ClientFault,
            ErrorSide.Origin => RequestOutcome.OriginFault,
            ErrorSide.Elsewhere => RequestOutcome.ElsewhereFault,
        }
        : Response.StatusCode switch
        {
            < 400 => RequestOutcome.Ok,
            < 500 => RequestOutcome.OriginSaid4xx,
            _ => RequestOutcome.OriginSaid5xx,
        };

    /// <summary>Cancelled when the server is to end: what would go on for ever says goodbye.</summary>
    public CancellationToken Ending => life!.Ending;

    /// <summary>The request as the origin gets it.</summary>
    public OriginRequest Outgoing { get; } = new();

    /// <summary>Room for one field value.</summary>
    public ArrayBufferWriter<byte> Scratch { get; } = new(256);

    /// <summary>Frames a body of HTTP/1.1 whose length is not known.</summary>
    public ChunkedWriter Chunks => field ??= new();

    /// <summary>Tells this request from others that use the same object.</summary>
    public int Number { get; private set; }

    /// <summary>The final response has not begun; to be looked at under <see cref="InterimGate"/>.</summary>
    public bool TakesInterims { get; private set; }

    /// <summary>Held while an interim response is written, so that none comes behind the final one.</summary>
    public Lock InterimGate { get; } = new();

    /// <summary>How fields are mapped between the origin that is being asked and the client.</summary>
    public RewriteRules? Rules { get; set; }

    /// <summary>Passes an interim answer of the origin on to the client.</summary>
    public Action<int, FieldLines> PassOn => field ??= (status, fields) => (interims ??= new InterimSink(this, Rules!)).Write(status, fields.Pairs());

    /// <summary>The times of the request.</summary>
    public Patience? Patience { get; set; }

    /// <summary>What the request has tried.</summary>
    public Tries Tries { get; } = new();

    /// <summary>What broke while the body was read from the client; null if nothing did.</summary>
    public Exception? ClientError { get; set; }

    /// <summary>Whether any byte of the body was read from the client.</summary>
    public bool BodyRead { get; set; }

    /// <summary>Whether the request has, or may have, a body.</summary>
    public bool HasBody => Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    /// <summary>Whether the request came by HTTP/2.</summary>
    public bool IsHttp2 => HttpProtocol.IsHttp2(Request.Protocol);

    /// <summary>The frames that go to a client of HTTP/2; null for others. One object serves the streams of one connection.</summary>
    public WatchedOutput? Frames => IsHttp2 ? frames ??= Features.Get<WatchedOutput>() : null;

    /// <summary>The number of the stream of HTTP/2; 0 of other versions.</summary>
    public int Stream => Features.Get<IHttp2StreamIdFeature>()?.StreamId ?? 0;

    /// <summary>Says that the connection ends with this response, if it does: HTTP/2 has GOAWAY for that, which the server sends itself.</summary>
    public void AnnounceEnd()
    {
        if (life!.IsEnding && !IsHttp2)
            Response.Headers.Connection = "close";
    }

    /// <summary>The final response begins.</summary>
    public void EndInterims()
    {
        lock (InterimGate)
            TakesInterims = false;
    }

    public GatewayExchange Begin(IFeatureCollection collection, ServerLife server, MinDataRate rate)
    {
        life = server;
        features = collection;
        request = collection.GetRequiredFeature<IHttpRequestFeature>();
        response = collection.GetRequiredFeature<IHttpResponseFeature>();
        body = collection.GetRequiredFeature<IHttpResponseBodyFeature>();
        lifetime = collection.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        var connection = collection.GetRequiredFeature<IHttpConnectionFeature>();
        if (connection.LocalPort != Dialled.Port || !Dialled.Address.Equals(connection.LocalIpAddress))
            Dialled = new IPEndPoint(connection.LocalIpAddress!, connection.LocalPort);
        Target = TargetOf(request.RawTarget);
        Host = request.Headers.Host.ToString();
        if (Host.Length == 0 && HttpProtocol.IsHttp10(request.Protocol))
            request.Headers.Host = Host = HostOf(request.RawTarget) ?? Dialled.ToString();
        if (collection.Get<IHttpMinResponseDataRateFeature>() is { } limit && !IsHttp2)
            limit.MinDataRate = rate;
        Alias = null;
        Error = null;
        IsBroken = IsGone = IsTunnel = false;
        ClientError = null;
        BodyRead = false;
        interims = null;
        lock (InterimGate)
            (Number, TakesInterims) = (Number + 1, true);
        return this;
    }

    public void End()
    {
        EndInterims();
        features = null;
        request = null;
        response = null;
        body = null;
        lifetime = null;
    }

    /// <summary>Ends the response so that nobody takes it for complete: a reset stream, or a connection that breaks off.</summary>
    public void Abort()
    {
        const int internalError = 2;
        IsBroken = true;
        if (Features.Get<IHttpResetFeature>() is { } stream)
            stream.Reset(internalError);
        else
            lifetime!.Abort();
    }

    // RFC 9112 section 3.3: a request of HTTP/1.0 may leave out whom it asks; the address that was dialled is one alias'.
    private static string? HostOf(string raw)
    {
        var scheme = raw.StartsWith('/') ? -1 : raw.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return null;
        var rest = raw.AsSpan(scheme + 3);
        var end = rest.IndexOfAny('/', '?');
        return (end < 0 ? rest : rest[..end]).ToString();
    }

    // RFC 9112 section 3.2.2: http://host/path; an empty path is "/".
    private static string TargetOf(string raw)
    {
        if (raw.StartsWith('/') || raw == "*")
            return raw;
        var scheme = raw.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return raw.Length == 0 ? "/" : raw;
        var end = raw.AsSpan(scheme + 3).IndexOfAny('/', '?');
        if (end < 0)
            return "/";
        var rest = raw[(scheme + 3 + end)..];
        return rest.StartsWith('/') ? rest : $"/{rest}";
    }
}
