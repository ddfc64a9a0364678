using System.Net.Sockets;
using System.Security.Authentication;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Http.Forward;

/// <summary>What an exception of the origin's side means. The framework's enumerations decide, never its texts.</summary>
internal static class OriginErrors
{
    public static Refusal Of(Exception e, WebAuthority origin)
    {
        if (e is OperationCanceledException)
            return new Refusal(GatewayError.OriginTimeout, $"{origin} could not be connected to in time");
        return e is HttpRequestException { HttpRequestError: var kind } ? OfRequest(kind, e, origin) : OfInner(e, origin);
    }

    private static Refusal OfRequest(HttpRequestError kind, Exception e, WebAuthority origin) => kind switch
    {
        HttpRequestError.SecureConnectionError => new Refusal(GatewayError.OriginTls, $"{origin}: {Innermost(e)}"),
        HttpRequestError.ResponseEnded => new Refusal(GatewayError.OriginClosed, $"{origin} ended the connection before its answer was complete"),
        HttpRequestError.ConfigurationLimitExceeded => new Refusal(GatewayError.OriginHeaders, $"{origin} sends more header than is taken"),
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.VersionNegotiationError =>
            new Refusal(GatewayError.OriginProtocol, $"{origin} does not answer in HTTP: {Innermost(e)}"),
        _ => OfInner(e, origin),
    };

    private static Refusal OfInner(Exception e, WebAuthority origin)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case AuthenticationException:
                    return new Refusal(GatewayError.OriginTls, $"{origin}: {Innermost(e)}");
                case SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown }:
                    return new Refusal(GatewayError.OriginClosed, $"{origin} ended the connection");
                case SocketException { SocketErrorCode: var code }:
                    return new Refusal(GatewayError.OriginUnreachable, $"{origin} could not be connected to: {Words(code)}");
                case HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError }:
                    return new Refusal(GatewayError.OriginProtocol, $"{origin} does not answer in HTTP: {Innermost(e)}");
            }
        }

        return new Refusal(GatewayError.OriginClosed, $"{origin} ended the connection");
    }

    private static string Words(SocketError code) => code switch
    {
        SocketError.ConnectionRefused => "nothing listens there (connection refused)",
        SocketError.TimedOut => "no answer in time",
        SocketError.HostUnreachable => "no route leads there (host unreachable)",
        SocketError.NetworkUnreachable => "no route leads there (network unreachable)",
        SocketError.TooManyOpenSockets => "this process has no file descriptor left",
        _ => code.ToString(),
    };

    private static string Innermost(Exception e) => e.GetBaseException().Message;
}
