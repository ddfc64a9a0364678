namespace Elsewhere.Http.Interim;

/// <summary>
/// Sends interim responses (RFC 9110 section 15.2) to the client of a connection, which the server has no means for. It is a feature of the connection; there is one
/// for each version of HTTP.
/// </summary>
internal interface IInterimWriter
{
    /// <summary>Sends the head of an interim response, if it is still in time and the client can take it. Does not wait for the client.</summary>
    /// <param name="stream">The stream of HTTP/2; without meaning in HTTP/1.1.</param>
    /// <param name="status">102 to 199: 100 is the server's to send, and 101 is a final one.</param>
    /// <param name="fields">Names and values, Latin-1, without control characters; none that frames.</param>
    /// <returns>False where it was left out.</returns>
    bool TryWrite(int stream, int status, IReadOnlyList<(string Name, string Value)> fields);
}
