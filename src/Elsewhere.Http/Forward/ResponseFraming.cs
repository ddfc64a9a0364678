using System.Net;

namespace Elsewhere.Http.Forward;

/// <summary>What of an origin's answer has two meanings, and the framework takes all the same.</summary>
internal static class ResponseFraming
{
    /// <summary>Lets pass what has one.</summary>
    /// <exception cref="HttpRequestException">
    /// It switches protocols unasked, which would make a tunnel of the client's connection; has both a length and a coding (RFC 9112 section 6.3), or a coding that
    /// is not chunked alone.
    /// </exception>
    public static void Check(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            throw Invalid("it switches protocols without being asked");
        if (!response.Headers.NonValidated.TryGetValues("Transfer-Encoding", out var codings))
            return;
        if (response.Content.Headers.NonValidated.Contains("Content-Length"))
            throw Invalid("it has both Content-Length and Transfer-Encoding");
        if (codings.Count != 1 || !codings.ToString().Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            throw Invalid("its Transfer-Encoding is not chunked");
    }

    private static HttpRequestException Invalid(string why) => new(HttpRequestError.InvalidResponse, why);
}
