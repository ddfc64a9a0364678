using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Elsewhere.Http.Http1;
using Elsewhere.Model;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>
/// The gateway's own answers: a problem document (RFC 9457) for clients that take JSON, a status of gRPC for its clients, else text; all name the side that is at fault, what to
/// do, and the code that the documentation explains.
/// </summary>
internal static class ErrorAnswer
{
    /// <summary>Answers, if nothing of a response has been sent; else breaks off.</summary>
    public static async Task SendAsync(GatewayExchange exchange, Refusal refusal, Patience patience)
    {
        if (exchange.Response.HasStarted)
        {
            exchange.Abort();
            return;
        }

        exchange.EndInterims();
        exchange.Error = refusal.Error;
        var error = refusal.Error;
        var alias = exchange.Alias;
        var grpc = GrpcAnswer.IsFor(exchange);
        var json = !grpc && AcceptField.PrefersJson(Encoding.Latin1.GetBytes(exchange.Request.Headers.Accept.ToString()));
        var body = grpc ? [] : json ? Json(refusal, alias) : Text(refusal, alias);
        var headers = exchange.Response.Headers;
        headers.Clear();
        exchange.Response.StatusCode = grpc ? StatusCodes.Status200OK : error.Status;
        exchange.Response.ReasonPhrase = null;
        if (grpc)
        {
            GrpcAnswer.Write(headers, error.Status, $"{error.Title}: {refusal.Detail} ({error.Code})");
        }
        else
        {
            headers.ContentType = json ? "application/problem+json" : "text/plain; charset=utf-8";
            headers.ContentLength = body.Length;
        }

        headers.CacheControl = "no-store";
        headers["Elsewhere-Error"] = error.Code;
        if (refusal.RetryAfter > 0)
            headers.RetryAfter = refusal.RetryAfter.ToString(CultureInfo.InvariantCulture);
        if (error == GatewayError.NoTunnel || error == GatewayError.NoTrace)
            headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

        exchange.AnnounceEnd();

        // The rest of a body is not waited for (RFC 9112 section 9.6); HTTP/2 has streams for that.
        if (exchange.HasBody && !exchange.IsHttp2)
            headers.Connection = "close";
        if (body.Length == 0 || HttpMethods.IsHead(exchange.Request.Method))
            return;
        patience.Wrote(body.Length);
        await ResponseBody.TakenAsync(exchange.Body.Writer.WriteAsync(body, patience.Token), patience).ConfigureAwait(false);
        if (exchange.IsHttp2 && !patience.HasRoom)
            await ResponseBody.EndAsync(exchange, patience).ConfigureAwait(false);
    }

    private static string SideOf(ErrorSide side) => side switch { ErrorSide.Client => "client", ErrorSide.Origin => "origin", ErrorSide.Elsewhere => "elsewhere" };

    private static string RemedyOf(GatewayError error, ObjectKey? alias) => alias is { } key ? error.Remedy.Replace("ALIAS", key.ToString(), StringComparison.Ordinal) : error.Remedy;

    private static byte[] Text(Refusal refusal, ObjectKey? alias) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{refusal.Error.Status} {refusal.Error.Title}\n{refusal.Detail}\n-> {RemedyOf(refusal.Error, alias)}\n{(alias is { } key ? $"alias: {key}, " : "")}side: {SideOf(refusal.Error.Side)}, code: {refusal.Error.Code}\n"));

    private static byte[] Json(Refusal refusal, ObjectKey? alias)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("type"u8, $"urn:elsewhere:error:{refusal.Error.Code}");
        json.WriteString("title"u8, refusal.Error.Title);
        json.WriteNumber("status"u8, refusal.Error.Status);
        json.WriteString("detail"u8, refusal.Detail);
        json.WriteString("code"u8, refusal.Error.Code);
        json.WriteString("side"u8, SideOf(refusal.Error.Side));
        json.WriteString("remedy"u8, RemedyOf(refusal.Error, alias));
        if (alias is { } key)
            json.WriteString("alias"u8, key.ToString());
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
