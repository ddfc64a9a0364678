using System.Net.Sockets;
using System.Security.Authentication;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Http.Forward;

/// <summary>What an exception of the origin's side means. The framework's enumerations decide, never its texts.</summary>
internal static class OriginErrors
{
    public static Refusal Of(Exception e, WebAuthority origin)
    {
        if (OriginConnectException.In(e) is { } connect)
        {
            return new Refusal(
                KindOf(connect.Failure), connect.NamesOrigin ? connect.Message : $"{origin} {connect.Message}", connect.Failure == OriginFailure.Exhausted ? 1 : 0);
        }

        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is AnswerException answer)
                return new Refusal(KindOf(answer.Fault), $"{origin} {answer.Message}");
        }

        return OfInner(e, origin);
    }

    /// <summary>How far a try got.</summary>
    public static TryOutcome OutcomeOf(Exception e)
    {
        if (OriginConnectException.In(e) is not null)
            return TryOutcome.NotConnected;
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case AnswerException { Fault: AnswerFault.StreamRefused }:
                    return TryOutcome.Refused;
                case AnswerException { Fault: AnswerFault.Closed, WasIdle: true }:
                    return TryOutcome.IdleConnectionClosed;
            }
        }

        return TryOutcome.Reset;
    }

    /// <summary>Why there is no connection; none of the network's if it is something else.</summary>
    public static OriginFailure FailureOf(Exception e) => OriginConnectException.In(e)?.Failure ?? OriginFailure.Failed;

    private static GatewayError KindOf(OriginFailure failure) => failure switch
    {
        OriginFailure.NoAddress => GatewayError.OriginUnresolved,
        OriginFailure.Exhausted => GatewayError.Exhausted,
        OriginFailure.Denied or OriginFailure.ProxyDenied => GatewayError.OriginDenied,
        >= OriginFailure.TlsUnusable and not OriginFailure.TlsTimedOut => GatewayError.OriginTls,
        _ => OriginFailures.IsTimeout(failure) ? GatewayError.OriginTimeout : GatewayError.OriginUnreachable,
    };

    private static GatewayError KindOf(AnswerFault fault) => fault switch
    {
        AnswerFault.HeadTooLarge or AnswerFault.TooManyFields => GatewayError.OriginHeaders,
        AnswerFault.Closed or AnswerFault.CutOff or AnswerFault.StreamReset or AnswerFault.StreamRefused => GatewayError.OriginClosed,
        _ => GatewayError.OriginProtocol,
    };

    private static Refusal OfInner(Exception e, WebAuthority origin)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case AuthenticationException:
                    return new Refusal(GatewayError.OriginTls, $"{origin}: {Innermost(e)}");
                case SocketException:
                    return new Refusal(GatewayError.OriginClosed, $"{origin} ended the connection");
            }
        }

        return new Refusal(GatewayError.OriginClosed, $"{origin} ended the connection");
    }

    private static string Innermost(Exception e) => e.GetBaseException().Message;
}
