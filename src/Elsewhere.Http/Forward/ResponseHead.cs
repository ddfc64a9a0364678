using System.Text;
using Elsewhere.Http.Http1;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Rewrite;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Elsewhere.Http.Forward;

/// <summary>Makes the head of the client's response of the origin's.</summary>
internal static class ResponseHead
{
    private const int OnStack = 512;

    /// <summary>Decides about the body.</summary>
    public static BodyDecision Decide(GatewayExchange exchange, OriginResponse response, RewriteRules rules)
    {
        if (!rules.Bodies)
            return BodyRewritePolicy.No(BodyVerdict.Off);
        if (response.IsAtEnd && !HttpMethods.IsHead(exchange.Request.Method))
            return BodyRewritePolicy.No(BodyVerdict.NoBody);
        Span<byte> room = stackalloc byte[OnStack];
        return BodyRewritePolicy.Decide(new ResponseFacts
        {
            Status = response.Status,
            IsHead = HttpMethods.IsHead(exchange.Request.Method),
            ContentType = Find(response.Fields, "Content-Type", ref room),
            ContentEncoding = Find(response.Fields, "Content-Encoding", ref room),
            ContentRange = Find(response.Fields, "Content-Range", ref room),
            CacheControl = Find(response.Fields, "Cache-Control", ref room),
            RequestCacheControl = Bytes(exchange.Request.Headers.CacheControl.ToString(), ref room),
        });
    }

    /// <summary>Writes status and fields.</summary>
    /// <param name="exchange">The client's.</param>
    /// <param name="response">The origin's.</param>
    /// <param name="rules">How it is mapped.</param>
    /// <param name="context">What the body does to the fields.</param>
    /// <param name="coding">How a mapped body is coded for the client; null for not at all.</param>
    public static void Write(GatewayExchange exchange, OriginResponse response, RewriteRules rules, in Exchange context, ContentCoding? coding)
    {
        exchange.EndInterims();
        exchange.Response.StatusCode = response.Status;
        exchange.Response.ReasonPhrase = response.Reason;
        var connection = ConnectionOptions(response.Fields);
        var target = exchange.Response.Headers;
        foreach (var (name, value) in response.Fields)
        {
            if (HopByHop.IsResponseField(name) || ListField.Has(connection, name))
                continue;
            if (context.BodyMayChange && name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase))
                continue;

            if ((HeaderRules.ForResponse(name) is { } rule ? FieldValue.Map(value, rule, rules, context, exchange.Scratch) : value) is not { } mapped)
                continue;
            var before = target[name];
            target[name] = before.Count == 0 ? mapped : StringValues.Concat(before, mapped);
        }

        if (coding is { } used)
            SayCoding(target, used);
        exchange.AnnounceEnd();
    }

    // Whoever keeps the response must know that another client would get another one (RFC 9110 section 12.5.5).
    private static void SayCoding(IHeaderDictionary target, ContentCoding coding)
    {
        target.ContentEncoding = Encoding.ASCII.GetString(ContentCodings.NameOf(coding));
        if (!ListField.Has(target.Vary, "Accept-Encoding") && !ListField.Has(target.Vary, "*"))
            target.Vary = StringValues.Concat(target.Vary, "Accept-Encoding");
    }

    // The names of fields that are for one connection; close and keep-alive are none.
    private static StringValues ConnectionOptions(FieldLines fields)
    {
        var options = StringValues.Empty;
        foreach (var (name, value) in fields)
        {
            if (name.Length == 10 && name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
                && !value.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) && !value.Equals("close", StringComparison.OrdinalIgnoreCase))
            {
                options = StringValues.Concat(options, value);
            }
        }

        return options;
    }

    // All lines of a field, joined by commas.
    private static ReadOnlySpan<byte> Find(FieldLines fields, string name, ref Span<byte> room)
    {
        string? text = null;
        foreach (var line in fields)
        {
            if (line.Name.Length == name.Length && line.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                text = text is null ? line.Value : $"{text}, {line.Value}";
        }

        return text is null ? default : Bytes(text, ref room);
    }

    private static ReadOnlySpan<byte> Bytes(string text, ref Span<byte> room)
    {
        if (text.Length > room.Length)
            return Encoding.Latin1.GetBytes(text);
        var bytes = room[..Encoding.Latin1.GetBytes(text, room)];
        room = room[bytes.Length..];
        return bytes;
    }
}
