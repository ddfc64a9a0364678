using System.Globalization;
using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>Writes the answer to a request that was refused: an RFC 9457 problem for those who accept JSON, text otherwise.</summary>
internal static class RefusalResponse
{
    internal static byte[] Of(Http1RefusalText text, RequestHead head, DateTimeOffset now)
    {
        var body = head.AcceptsJson
            ? $$"""{"type":"urn:elsewhere:error:{{text.Code}}","title":"{{text.Title}}","status":{{text.Status}},"detail":"{{text.Detail}}","code":"{{text.Code}}","side":"client"}"""
            : $"{text.Status} {text.Title}\n{text.Detail}\nside: client, code: {text.Code}\n";
        var type = head.AcceptsJson ? "application/problem+json" : "text/plain; charset=utf-8";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {text.Status} {text.Title}\r\n"
            + $"Date: {now.ToString("r", CultureInfo.InvariantCulture)}\r\n"
            + "Connection: close\r\n"
            + "Cache-Control: no-store\r\n"
            + (text.Status == 405 ? "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" : "")
            + $"Elsewhere-Error: {text.Code}\r\n"
            + $"Content-Type: {type}\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n"
            + (head.IsHead ? "" : body));
    }
}
