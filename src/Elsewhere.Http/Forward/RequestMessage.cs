using System.Text;
using Elsewhere.Http.Forward.Route;
using Elsewhere.Http.Origins;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;
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
    /// <param name="exchange">The client's.</param>
    /// <param name="route">The alias.</param>
    /// <param name="rules">How it is mapped.</param>
    /// <param name="origin">Where it goes.</param>
    /// <param name="withoutRange">Whether the whole representation is asked for, since a part of it could not be mapped.</param>
    /// <param name="facts">What was learnt.</param>
    public static HttpRequestMessage Make(
        GatewayExchange exchange, LiveRoute route, RewriteRules rules, GatewayOrigin origin, bool withoutRange, out RequestFacts facts)
    {
        var incoming = exchange.Request.Headers;
        var message = new HttpRequestMessage(MethodOf(exchange.Request.Method), UriOf(exchange, rules, origin));
        if (exchange.HasBody)
            message.Content = new ClientBody(exchange);
        else if (incoming.ContentLength is not null || incoming.ContentType.Count > 0 || !Retries.IsRepeatable(exchange.Request.Method))
            // The framework sends what has no content again when a connection that had been idle ends: not what may not be repeated (U7).
            message.Content = new NoBody();
        var revalidated = IsMarked(incoming.IfNoneMatch, rules) || IsMarked(incoming.IfMatch, rules) || IsMarked(incoming.IfRange, rules);
        var hasRange = false;
        var context = new Exchange(BodyMayChange: false, revalidated);
        var connection = incoming.Connection;
        foreach (var (name, values) in incoming)
        {
            if (name.Length == 0 || name[0] == ':' || HopByHop.IsRequestField(name) || HopByHop.IsListed(connection, name) || route.Removed.Contains(name))
                continue;
            if (name.Equals("Range", StringComparison.OrdinalIgnoreCase) || name.Equals("If-Range", StringComparison.OrdinalIgnoreCase))
            {
                hasRange = true;
                if (withoutRange)
                    continue;
            }

            if (HeaderRules.ForRequest(name) is { } rule)
                AddMapped(message, name, values, rule, rules, context, exchange);
            else
                AddLines(message, name, values);
        }

        facts = new RequestFacts(revalidated, hasRange);
        AddOwn(message, exchange, route);
        return message;
    }

    /// <summary>Adds a field, whichever half of the message the framework keeps it in.</summary>
    internal static void AddLine(HttpRequestMessage message, string name, string value)
    {
        if (!message.Headers.TryAddWithoutValidation(name, value))
            message.Content?.Headers.TryAddWithoutValidation(name, value);
    }

    private static void AddOwn(HttpRequestMessage message, GatewayExchange exchange, LiveRoute route)
    {
        var incoming = exchange.Request.Headers;
        AddLine(message, "CDN-Loop", route.LoopToken);
        if (HopByHop.IsListed(incoming.TE, "trailers"))
            AddLine(message, "TE", "trailers");
        if (incoming.Expect.Count == 1 && incoming.Expect.ToString().Equals("100-continue", StringComparison.OrdinalIgnoreCase) && exchange.HasBody)
            message.Headers.ExpectContinue = true;
        foreach (var (name, value) in route.Set)
            AddLine(message, name, value);
        foreach (var (name, value) in route.Add)
            AddLine(message, name, value);
    }

    private static void AddLines(HttpRequestMessage message, string name, StringValues values)
    {
        if (values.Count == 1)
        {
            AddLine(message, name, values.ToString());
            return;
        }

        foreach (var value in values)
            AddLine(message, name, value ?? "");
    }

    private static void AddMapped(
        HttpRequestMessage message, string name, StringValues values, HeaderRule rule, RewriteRules rules, in Exchange context, GatewayExchange exchange)
    {
        foreach (var value in values)
        {
            if (FieldValue.Map(value ?? "", rule, rules, context, exchange.Scratch) is { } mapped)
                AddLine(message, name, mapped);
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

    private static HttpMethod MethodOf(string method) => method switch
    {
        "GET" => HttpMethod.Get,
        "POST" => HttpMethod.Post,
        "HEAD" => HttpMethod.Head,
        "PUT" => HttpMethod.Put,
        "DELETE" => HttpMethod.Delete,
        _ => new HttpMethod(method),
    };

    // The target goes out byte by byte as it came: decoding, dot segments and doubled slashes are the origin's to judge.
    private static Uri UriOf(GatewayExchange exchange, RewriteRules rules, GatewayOrigin origin)
    {
        var target = exchange.Target;
        if (rules.Self.BasePath.Length > 0)
        {
            exchange.Scratch.ResetWrittenCount();
            if (RequestHeaders.Target(Encoding.Latin1.GetBytes(target), rules, exchange.Scratch) == HeaderVerdict.Replaced)
                target = Encoding.Latin1.GetString(exchange.Scratch.WrittenSpan);
        }

        var authority = rules.Self.Origin;
        return new Uri(
            $"{(origin.Tls is null ? "http" : "https")}://{authority.HostAndPort}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }
}
