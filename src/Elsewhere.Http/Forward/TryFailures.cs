using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2Client;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>What is said, and counted, of a try that failed.</summary>
internal static class TryFailures
{
    /// <summary>Whether what the client has asked for cannot be had, and the origin is well.</summary>
    public static bool IsOfRequest(Exception e) => e is FieldRefusedException or HeadRefusedException or AnswerException { Fault: AnswerFault.NotSwitched };

    /// <summary>What a client that does not take its answer is counted as; null where it is not that.</summary>
    public static string? CodeOf(PatienceEnd end) =>
        end == PatienceEnd.Stalled ? ClientRefusals.TakesNothing : end == PatienceEnd.Slow ? ClientRefusals.ReadsTooSlowly : null;

    /// <summary>The answer that it comes to.</summary>
    /// <param name="e">Why it failed.</param>
    /// <param name="exchange">The request.</param>
    /// <param name="rules">Says who the origin is.</param>
    /// <param name="patience">Whether somebody was too slow.</param>
    public static Refusal RefusalOf(Exception e, GatewayExchange exchange, RewriteRules rules, Patience patience)
    {
        if (exchange.ClientError is BadHttpRequestException bad)
            return new Refusal(GatewayError.BadBody with { Status = bad.StatusCode }, bad.Message);
        if (e is FieldRefusedException)
            return new Refusal(GatewayError.Internal, e.Message);
        if (e is HeadRefusedException)
            return new Refusal(GatewayError.HeadTooLarge, $"{rules.Self.Origin} {e.Message}");
        return patience.End switch
        {
            PatienceEnd.None => e is InvalidOperationException ? new Refusal(GatewayError.OriginProtocol, $"{rules.Self.Origin} answers with a header field that cannot be passed on") : OriginErrors.Of(e, rules.Self.Origin),
            PatienceEnd.Request => new Refusal(GatewayError.OriginTimeout, $"{rules.Self.Origin} did not complete its answer within the time of a request"),
            PatienceEnd.Idle => new Refusal(GatewayError.OriginTimeout, $"{rules.Self.Origin} was silent for too long"),
            PatienceEnd.Stalled => new Refusal(GatewayError.BadBody, $"a client takes nothing of what {rules.Self.Origin} has answered"),
            PatienceEnd.Slow => new Refusal(GatewayError.BadBody, $"a client takes what {rules.Self.Origin} has answered more slowly than it may"),
            PatienceEnd.Forbidden => new Refusal(GatewayError.NoOrigin, $"an AliasPolicy forbids {rules.Self.Origin} since the request began"),
        };
    }
}
