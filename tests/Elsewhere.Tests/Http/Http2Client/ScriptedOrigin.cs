using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Http2Client;
using Elsewhere.Tests.Http.Http2;

namespace Elsewhere.Tests.Http.Http2Client;

/// <summary>An origin that speaks HTTP/2 in the very frames that a test says, and the pool of connections to it.</summary>
internal sealed class ScriptedOrigin : IDisposable
{
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(30);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<RawHttp2> clients = [];
    private int connections;

    /// <summary>Listens; each connection gets settings and runs the script with its number, from 1.</summary>
    public ScriptedOrigin(Func<RawHttp2, int, Task> script, byte[]? settings = null, AnswerLimits? limits = null, bool sendsSettings = true)
    {
        listener.Start();
        _ = AcceptAsync(script, sendsSettings ? settings ?? [] : null);
        Pool = new Http2Pool(DialAsync, isSecure: false, limits ?? AnswerLimits.Default, TimeProvider.System);
    }

    public Http2Pool Pool { get; }

    public int Connections => Volatile.Read(ref connections);

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>What a request leads to: its interim answers, status, fields, body and trailers; or the name of the fault.</summary>
    public async Task<string> AskAsync(OriginRequest? request = null)
    {
        using var late = new CancellationTokenSource(deadline);
        request ??= Get();
        var meaning = new StringBuilder();
        request.Interim = (status, fields) => meaning.Append(status).Append(Text(fields)).Append('|');
        try
        {
            await using var answer = await Pool.SendAsync(request, late.Token);
            meaning.Append(answer!.Status).Append(Text(answer.Fields)).Append("|[");
            while (!answer.IsAtEnd)
                meaning.Append(Encoding.Latin1.GetString((await answer.NextAsync(late.Token)).Span));
            return meaning.Append(']').Append(Text(answer.Trailers)).ToString();
        }
        catch (AnswerException e)
        {
            return meaning.Append(e.Fault).ToString();
        }
    }

    public static OriginRequest Get(string method = "GET") => new() { Method = method, Authority = "a" };

    public static OriginRequest Post(Stream body, long? length = null) => new() { Method = "POST", Authority = "a", Body = new RequestBody(PipeReader.Create(body), length) };

    public static byte[] Answer(int stream, string body, params (string, string)[] fields) =>
    [
        .. RawHttp2.Headers(stream, RawHttp2.Fields([(":status", "200"), .. fields]), end: false),
        .. RawHttp2.Frame(FrameType.Data, Frame.EndStream, stream, Encoding.Latin1.GetBytes(body)),
    ];

    public static Task<Frame?> HeadAsync(RawHttp2 connection) => connection.ReadUntilAsync(static frame => frame.Type == FrameType.Headers);

    public void Dispose()
    {
        Pool.Dispose();
        listener.Dispose();
        foreach (var client in clients)
            client.Dispose();
    }

    private static string Text(FieldLines fields) => string.Concat(fields.Pairs().Select(static field => $"|{field.Name}={field.Value}"));

    private async Task<Stream?> DialAsync(CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(listener.LocalEndpoint, cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task AcceptAsync(Func<RawHttp2, int, Task> script, byte[]? settings)
    {
        try
        {
            while (true)
            {
                var client = await RawHttp2.AcceptAsync(await listener.AcceptSocketAsync(), settings);
                clients.Add(client);
                _ = RunAsync(script, client, Interlocked.Increment(ref connections));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The spec is over.
        }
    }

    private static async Task RunAsync(Func<RawHttp2, int, Task> script, RawHttp2 client, int number)
    {
        try
        {
            await script(client, number);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The client has gone.
        }
    }
}
