using System.Globalization;
using System.Text;

namespace Elsewhere.Http.Http1;

/// <summary>Writes the answer to a request that was refused: an RFC 9457 problem for those who accept JSON, text otherwise.</summary>
internal static class RefusalResponse
{
    internal static byte[] Of(Http1RefusalText text, RequestHead head, DateTimeOffset now)
    {
        var body = head.AcceptsJson
            ? $$"""{"type":"about:blank","title":"{{text.Title}}","status":{{text.Status}},"detail":"{{text.Detail}}","side":"client","code":"{{text.Code}}"}"""
            : $"{text.Status} {text.Title}\n\n{text.Detail}\nSide: client\nCode: {text.Code}\n";
        var type = head.AcceptsJson ? "application/problem+json" : "text/plain; charset=utf-8";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {text.Status} {text.Title}\r\n"
            + $"Date: {now.ToString("r", CultureInfo.InvariantCulture)}\r\n"
            + "Connection: close\r\n"
            + $"Content-Type: {type}\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n"
            + (head.IsHead ? "" : body));
    }
}
