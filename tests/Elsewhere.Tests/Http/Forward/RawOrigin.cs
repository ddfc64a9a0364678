using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>One request as it came over the wire, and the connection to answer on.</summary>
internal sealed class RawRequest(string head, NetworkStream stream)
{
    public string Head => head;

    public NetworkStream Stream => stream;

    public string Line => head[..head.IndexOf("\r\n", StringComparison.Ordinal)];

    /// <summary>The value of a field; null if it did not come.</summary>
    public string? Field(string name) => head.Split("\r\n").Skip(1)
        .Where(line => line.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()).FirstOrDefault();

    public async Task<byte[]> BodyAsync()
    {
        if (Field("Content-Length") is { } length)
        {
            var body = new byte[int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
            await stream.ReadExactlyAsync(body);
            return body;
        }

        if (Field("Transfer-Encoding") is null)
            return [];
        using var all = new MemoryStream();
        while (true)
        {
            var size = Convert.ToInt32(await LineAsync(), 16);
            var chunk = new byte[size + 2];
            await stream.ReadExactlyAsync(chunk);
            if (size == 0)
                return all.ToArray();
            all.Write(chunk, 0, size);
        }
    }

    public Task SendAsync(string bytes) => stream.WriteAsync(Encoding.Latin1.GetBytes(bytes)).AsTask();

    private async Task<string> LineAsync()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one);
            if (one[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)one[0]);
        }
    }
}

/// <summary>An origin that answers with the very bytes that a test says.</summary>
internal sealed class RawOrigin : IDisposable
{
    private readonly TcpListener listener;
    private readonly Func<RawRequest, Task> answer;
    private readonly Action? closed;
    private readonly ConcurrentQueue<RawRequest> requests = new();
    private readonly ConcurrentBag<TcpClient> clients = [];
    private int connections;

    public RawOrigin(Func<RawRequest, Task> answer)
        : this(answer, new IPEndPoint(IPAddress.Loopback, 0))
    {
    }

    /// <summary>Listens at an address of the test's choice.</summary>
    /// <param name="answer">What it answers.</param>
    /// <param name="at">Where.</param>
    /// <param name="closed">Told of each connection that the other side closed.</param>
    public RawOrigin(Func<RawRequest, Task> answer, IPEndPoint at, Action? closed = null)
    {
        this.answer = answer;
        this.closed = closed;
        listener = new TcpListener(at);
        listener.Start(1024);
        _ = AcceptAsync();
    }

    /// <summary>Answers every request with these bytes.</summary>
    public RawOrigin(string answer)
        : this(request => request.SendAsync(answer))
    {
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}";

    public IReadOnlyList<RawRequest> Requests => [.. requests];

    public int Connections => Volatile.Read(ref connections);

    /// <summary>An answer with a body of this length.</summary>
    public static string Answer(string body, string type = "application/octet-stream", string fields = "", string status = "200 OK") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\n{fields}Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}";

    public void Dispose()
    {
        listener.Dispose();
        foreach (var client in clients)
            client.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref connections);
                clients.Add(client);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                client.NoDelay = true;
                var stream = client.GetStream();
                while (await HeadAsync(stream) is { } head)
                {
                    var request = new RawRequest(head, stream);
                    requests.Enqueue(request);
                    await answer(request);
                }

                closed?.Invoke();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // The gateway has closed the connection.
        }
    }

    private static async Task<string?> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (head.Length < 4 || head.ToString(head.Length - 4, 4) != "\r\n\r\n")
        {
            if (await stream.ReadAsync(one) == 0)
                return null;
            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
