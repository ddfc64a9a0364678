using System.Text;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Forward;

/// <summary>What was learnt of a request while its fields were mapped.</summary>
/// <param name="Revalidated">Whether it names a validator of a mapped body.</param>
/// <param name="HasRange">Whether it asks for a part.</param>
internal readonly record struct RequestFacts(bool Revalidated, bool HasRange);

/// <summary>Makes the request for the origin of the client's: every field in the origin's terms, nothing that belongs to one connection only.</summary>
internal static class RequestMessage
{
    /// <summary>Makes it.</summary>
    /// <param name="exchange">The client's; its outgoing request is used again.</param>
    /// <param name="route">The alias.</param>
    /// <param name="rules">How it is mapped.</param>
    /// <param name="withoutRange">Whether the whole representation is asked for, since a part of it could not be mapped.</param>
    /// <param name="facts">What was learnt.</param>
    public static OriginRequest Make(GatewayExchange exchange, LiveRoute route, RewriteRules rules, bool withoutRange, out RequestFacts facts)
    {
        var incoming = exchange.Request.Headers;
        var request = exchange.Outgoing;
        request.Clear();
        request.Method = exchange.Request.Method;
        request.Target = TargetOf(exchange, rules);
        request.Authority = rules.OriginHost;
        exchange.Rules = rules;
        request.Interim = exchange.PassOn;
        if (exchange.HasBody)
            request.Body = ClientBody.Of(exchange, route);
        else
            request.SaysEmpty = incoming.ContentLength is not null || incoming.ContentType.Count > 0 || !Retries.IsRepeatable(exchange.Request.Method);
        var revalidated = IsMarked(incoming.IfNoneMatch, rules) || IsMarked(incoming.IfMatch, rules) || IsMarked(incoming.IfRange, rules);
        var hasRange = false;
        var context = new Exchange(BodyMayChange: false, revalidated);
        var connection = incoming.Connection;
        foreach (var (name, values) in incoming)
        {
            if (name.Length == 0 || name[0] == ':' || HopByHop.IsRequestField(name) || ListField.Has(connection, name) || route.Removed.Contains(name))
                continue;
            if (name.Equals("Range", StringComparison.OrdinalIgnoreCase) || name.Equals("If-Range", StringComparison.OrdinalIgnoreCase))
            {
                hasRange = true;
                if (withoutRange)
                    continue;
            }

            if (HeaderRules.ForRequest(name) is { } rule)
                AddMapped(request, name, values, rule, rules, context, exchange);
            else
                AddLines(request, name, values, exchange.IsHttp2);
        }

        facts = new RequestFacts(revalidated, hasRange);
        AddOwn(request, exchange, route);
        return request;
    }

    private static void AddOwn(OriginRequest request, GatewayExchange exchange, LiveRoute route)
    {
        var incoming = exchange.Request.Headers;
        request.Fields.Add("CDN-Loop", route.LoopToken);
        if (ListField.Has(incoming.TE, "trailers"))
            request.Fields.Add("TE", "trailers");
        // RFC 9110 section 10.1.1: HTTP/1.0 has no expectations.
        request.ExpectsContinue = exchange.HasBody && !HttpProtocol.IsHttp10(exchange.Request.Protocol) && incoming.Expect.Count == 1 && incoming.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase);
        foreach (var (name, value) in route.Set)
            request.Fields.Add(name, value);
        foreach (var (name, value) in route.Add)
            request.Fields.Add(name, value);
    }

    private static void AddLines(OriginRequest request, string name, StringValues values, bool isHttp2)
    {
        foreach (var value in values)
            request.Fields.Add(name, Trimmed(value, isHttp2));
    }

    // HTTP/1.1 has white space around a value; in HTTP/2 it would be a part of it, which none may have (RFC 9113 section 8.2.1), and some send it all the same.
    private static string Trimmed(string? value, bool isHttp2) => !isHttp2 ? value ?? "" : value?.Trim(' ', '\t') ?? "";

    private static void AddMapped(
        OriginRequest request, string name, StringValues values, HeaderRule rule, RewriteRules rules, in Exchange context, GatewayExchange exchange)
    {
        foreach (var value in values)
        {
            if (FieldValue.Map(Trimmed(value, exchange.IsHttp2), rule, rules, context, exchange.Scratch) is { } mapped)
                request.Fields.Add(name, mapped);
        }
    }

    private static bool IsMarked(StringValues values, RewriteRules rules)
    {
        foreach (var value in values)
        {
            if (rules.Bodies && EntityTags.IsMarked(Encoding.Latin1.GetBytes(value ?? ""), rules))
                return true;
        }

        return false;
    }

    // The target goes out byte by byte as it came: decoding, dot segments and doubled slashes are the origin's to judge.
    private static string TargetOf(GatewayExchange exchange, RewriteRules rules)
    {
        if (rules.Self.BasePath.Length == 0)
            return exchange.Target;
        exchange.Scratch.ResetWrittenCount();
        return RequestHeaders.Target(Encoding.Latin1.GetBytes(exchange.Target), rules, exchange.Scratch) == HeaderVerdict.Replaced
            ? Encoding.Latin1.GetString(exchange.Scratch.WrittenSpan)
            : exchange.Target;
    }
}
