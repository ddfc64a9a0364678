using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Elsewhere.Bench.Api;

/// <summary>How an API is reached.</summary>
/// <param name="Port">Where it listens, on loopback.</param>
/// <param name="Token">What a client shows.</param>
/// <param name="Certificate">What the server shows.</param>
internal sealed record ApiAccess(int Port, string Token, X509Certificate2 Certificate);

/// <summary>
/// One connection to the embedded API, as cheap as a client can be: the load must not take the processor from what is measured. HTTP/1.1, one request after
/// the other.
/// </summary>
internal sealed class ApiConnection : IDisposable
{
    private readonly ApiAccess access;
    private readonly SslStream stream;
    private byte[] buffer = new byte[1 << 16];
    private int held;

    private ApiConnection(SslStream stream, ApiAccess access) => (this.stream, this.access) = (stream, access);

    /// <summary>Connects.</summary>
    public static async Task<ApiConnection> OpenAsync(ApiAccess access)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, access.Port));
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, (_, shown, _, _) => access.Certificate.Equals(shown));
        await stream.AuthenticateAsClientAsync("localhost");
        return new(stream, access);
    }

    /// <summary>Sends a request whose answer has a known length, and reads that.</summary>
    /// <returns>The status code, and the body, which the next call overwrites.</returns>
    public async Task<(int Status, ReadOnlyMemory<byte> Body)> SendAsync(string method, string path, string contentType = "", string body = "")
    {
        await WriteAsync(method, path, contentType, body);
        int headers;
        while ((headers = buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8)) < 0)
            await MoreAsync();
        var head = Encoding.ASCII.GetString(buffer, 0, headers);
        var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        var start = headers + 4;
        const string field = "content-length: ";
        var digits = head.AsSpan(head.IndexOf(field, StringComparison.OrdinalIgnoreCase) + field.Length);
        var stop = digits.IndexOf('\r');
        var end = start + int.Parse(stop < 0 ? digits : digits[..stop], CultureInfo.InvariantCulture);
        while (held < end)
            await MoreAsync();
        var answer = buffer.AsMemory(start, end - start);
        held = 0;
        return (status, answer);
    }

    /// <summary>Sends a request of which the answer does not end, and calls back with each piece of it.</summary>
    /// <param name="path">What to watch.</param>
    /// <param name="piece">Gets everything that was not taken yet; returns how much it took.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task StreamAsync(string path, Func<ReadOnlyMemory<byte>, int> piece, CancellationToken cancellation)
    {
        await WriteAsync("GET", path, "", "");
        while (await TryMoreAsync(cancellation))
        {
            var taken = piece(buffer.AsMemory(0, held));
            buffer.AsSpan(taken, held - taken).CopyTo(buffer);
            held -= taken;
        }
    }

    public void Dispose() => stream.Dispose();

    private async Task WriteAsync(string method, string path, string contentType, string body)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {access.Token}\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
    }

    private async Task MoreAsync()
    {
        if (!await TryMoreAsync(CancellationToken.None))
            throw new IOException("the server ended the connection");
    }

    private async Task<bool> TryMoreAsync(CancellationToken cancellation)
    {
        if (held == buffer.Length)
            Array.Resize(ref buffer, 2 * held);
        var read = await stream.ReadAsync(buffer.AsMemory(held), cancellation);
        held += read;
        return read > 0;
    }
}
