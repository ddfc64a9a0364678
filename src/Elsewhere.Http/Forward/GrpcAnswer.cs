using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Elsewhere.Http.Forward;

/// <summary>
/// The gateway's own answers to gRPC clients: a response that is nothing but trailers, in the header ("Trailers-Only" of gRPC over HTTP/2). A client that gets a status of HTTP
/// maps it itself, and shows its number alone.
/// </summary>
internal static class GrpcAnswer
{
    private const int Unknown = 2, Internal = 13, Unavailable = 14;

    /// <summary>Whether a request is a call of gRPC: <c>application/grpc</c>, <c>application/grpc+proto</c> and its like by HTTP/2; not <c>application/grpc-web</c>, which is HTTP.</summary>
    public static bool IsFor(GatewayExchange exchange)
    {
        const string type = "application/grpc";
        var content = exchange.Request.Headers.ContentType.ToString();
        return exchange.IsHttp2 && content.StartsWith(type, StringComparison.OrdinalIgnoreCase) && (content.Length == type.Length || content[type.Length] is '+' or ';' or ' ');
    }

    /// <summary>Writes the header of the answer; it has no body.</summary>
    /// <param name="headers">The header of the response.</param>
    /// <param name="status">HTTP's status code of the error.</param>
    /// <param name="message">What is wrong, for people.</param>
    public static void Write(IHeaderDictionary headers, int status, string message)
    {
        headers.ContentType = "application/grpc";
        headers["grpc-status"] = StatusOf(status).ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = Encode(message);
    }

    /// <summary>As gRPC's own table maps statuses of HTTP (http-grpc-status-mapping), so that clients retry what they would retry.</summary>
    internal static int StatusOf(int status) => status switch
    {
        400 => Internal,
        429 or 502 or 503 or 504 => Unavailable,
        _ => Unknown,
    };

    // Percent-encoded but for the visible characters of ASCII and the space.
    internal static string Encode(string message)
    {
        var text = new StringBuilder(message.Length + 8);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= 0x20 and <= 0x7e and not (byte)'%')
                text.Append((char)octet);
            else
                text.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return text.ToString();
    }
}
