using System.Net.Http.Headers;
using System.Text;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Forward;

/// <summary>Makes the head of the client's response of the origin's.</summary>
internal static class ResponseHead
{
    /// <summary>Decides about the body.</summary>
    public static BodyDecision Decide(GatewayExchange exchange, HttpResponseMessage response, RewriteRules rules)
    {
        if (!rules.Bodies)
            return new BodyDecision(BodyVerdict.Off, null, []);
        var content = response.Content.Headers.NonValidated;
        return BodyRewritePolicy.Decide(new ResponseFacts
        {
            Status = (int)response.StatusCode,
            IsHead = HttpMethods.IsHead(exchange.Request.Method),
            ContentType = Find(content, "Content-Type"),
            ContentEncoding = Find(content, "Content-Encoding"),
            ContentRange = Find(content, "Content-Range"),
            CacheControl = Find(response.Headers.NonValidated, "Cache-Control"),
            RequestCacheControl = Encoding.Latin1.GetBytes(exchange.Request.Headers.CacheControl.ToString()),
        });
    }

    /// <summary>Writes status and fields.</summary>
    /// <param name="exchange">The client's.</param>
    /// <param name="response">The origin's.</param>
    /// <param name="rules">How it is mapped.</param>
    /// <param name="context">What the body does to the fields.</param>
    /// <param name="coding">How a mapped body is coded for the client; null for not at all.</param>
    public static void Write(GatewayExchange exchange, HttpResponseMessage response, RewriteRules rules, in Exchange context, ContentCoding? coding)
    {
        exchange.EndInterims();
        exchange.Response.StatusCode = (int)response.StatusCode;
        exchange.Response.ReasonPhrase = response.ReasonPhrase;
        var connection = response.Headers.NonValidated.TryGetValues("Connection", out var listed) ? new StringValues([.. listed]) : StringValues.Empty;
        Copy(exchange, response.Headers.NonValidated, connection, rules, context, coding);
        Copy(exchange, response.Content.Headers.NonValidated, connection, rules, context, coding);
        exchange.AnnounceEnd();
    }

    private static void Copy(
        GatewayExchange exchange, HttpHeadersNonValidated fields, StringValues connection, RewriteRules rules, in Exchange context, ContentCoding? coding)
    {
        var target = exchange.Response.Headers;
        foreach (var (name, values) in fields)
        {
            if (HopByHop.IsResponseField(name) || HopByHop.IsListed(connection, name))
                continue;
            if (context.BodyMayChange && name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                if (coding is { } used)
                    target.ContentEncoding = Encoding.ASCII.GetString(ContentCodings.NameOf(used));
                continue;
            }

            var rule = HeaderRules.ForResponse(name);
            if (rule is null)
            {
                target[name] = values.Count == 1 ? values.ToString() : new StringValues([.. values]);
                continue;
            }

            foreach (var value in values)
            {
                if (FieldValue.Map(value, rule, rules, context, exchange.Scratch) is { } mapped)
                    target.Append(name, mapped);
            }
        }
    }

    private static byte[] Find(HttpHeadersNonValidated fields, string name) =>
        fields.TryGetValues(name, out var values) ? Encoding.Latin1.GetBytes(values.Count == 1 ? values.ToString() : string.Join(", ", values)) : [];
}
