using System.Runtime.CompilerServices;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Pooled;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>The way of an origin's response to the client.</summary>
internal static class ResponsePassage
{
    /// <summary>Passes it on.</summary>
    /// <param name="exchange">The request that it answers.</param>
    /// <param name="response">The response.</param>
    /// <param name="rules">What is mapped.</param>
    /// <param name="decision">What becomes of its body.</param>
    /// <param name="facts">What of the request decides about the response.</param>
    /// <param name="patience">How long everybody has.</param>
    /// <returns>How its body ended. Where that is broken, its end has not been sent; and nothing at all has been if the response has not started.</returns>
    [AsyncMethodBuilder(typeof(PooledValueTask<>))]
    public static async ValueTask<BodyOutcome> PassOnAsync(
        GatewayExchange exchange, OriginResponse response, RewriteRules rules, BodyDecision decision, RequestFacts facts, Patience patience)
    {
        var coding = decision.MayChange
            ? AcceptEncoding.ForClient(System.Text.Encoding.Latin1.GetBytes(exchange.Request.Headers.AcceptEncoding.ToString()), preferCoded: false)
            : null;
        var asking = exchange.Request.Headers.Origin;
        var context = new Exchange(
            decision.MayChange, facts.Revalidated && response.Status == StatusCodes.Status304NotModified, asking.Count == 0 ? null : asking.ToString());
        ResponseHead.Write(exchange, response, rules, context, coding);
        if (decision.Verdict == BodyVerdict.HeadOfRewritten || HttpMethods.IsHead(exchange.Request.Method))
            return BodyOutcome.Complete;
        var chunks = Trailers.Frame(exchange);
        var target = chunks ?? exchange.Body.Writer;
        var ended = BodyOutcome.Complete;
        if (decision.Verdict != BodyVerdict.Rewrite)
        {
            await ResponseBody.CopyAsync(response, target, patience).ConfigureAwait(false);
        }
        else
        {
            using var rewriter = new CodedBodyRewriter(
                new BodyRewriter(rules.Map, UrlDirection.ToClient, decision.Text!), decision.Codings, coding, DecodeLimits.Default);
            ended = await ResponseBody.RewriteAsync(response, rewriter, target, patience).ConfigureAwait(false);
            if (BodyReports.IsBroken(ended))
                return ended;
        }

        Trailers.Copy(response, exchange, chunks, rules, context);
        if (chunks is not null)
            await ResponseBody.TakenAsync(chunks.EndAsync(patience.Token), patience).ConfigureAwait(false);
        else if (!exchange.IsHttp2)
            // The server sends what ends a body, and nothing ends one of known length.
            await ResponseBody.FlushAsync(target, patience).ConfigureAwait(false);
        else if (!patience.HasRoom)
            await ResponseBody.EndAsync(exchange, patience).ConfigureAwait(false);
        return ended;
    }
}
