using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Elsewhere.Model;

namespace Elsewhere.Serving.Status;

/// <summary>
/// Where a running elsewhere tells how its aliases do: a socket in its state directory. Who connects and writes <c>namespace/name</c> and a line feed, or <c>*</c>, gets
/// one JSON text. Nothing can be changed by it, and no secret is in it.
/// </summary>
internal sealed class StatusSocket : IAsyncDisposable
{
    internal const string FileName = "status.sock";
    private const int LongestQuestion = 512;
    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource over = new();
    private readonly SemaphoreSlim places = new(8, 8);
    private readonly Socket socket;
    private readonly string path;
    private readonly Func<ObjectKey?, IReadOnlyList<AliasStatus>> answer;
    private readonly TimeProvider time;
    private readonly Task accepting;

    private StatusSocket(Socket socket, string path, Func<ObjectKey?, IReadOnlyList<AliasStatus>> answer, TimeProvider time)
    {
        (this.socket, this.path, this.answer, this.time) = (socket, path, answer, time);
        accepting = AcceptAsync();
    }

    /// <summary>Begins to answer.</summary>
    /// <param name="directory">The state directory.</param>
    /// <param name="answer">How an alias does, or all of them.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">It cannot: the path is too long for a socket, or the directory cannot be written to.</exception>
    internal static StatusSocket Start(string directory, Func<ObjectKey?, IReadOnlyList<AliasStatus>> answer, TimeProvider time)
    {
        var path = Path.Combine(directory, FileName);
        Socket? socket = null;
        try
        {
            // What a killed one has left; the directory is ours.
            File.Delete(path);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, Everybody);
            socket.Listen();
            return new StatusSocket(socket, path, answer, time);
        }
        catch (Exception e) when (e is SocketException or ArgumentException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Asks a running elsewhere; null if it does not tell.</summary>
    /// <param name="directory">Its state directory.</param>
    /// <param name="only">The alias; null for all.</param>
    /// <param name="cancellation">Ends the asking.</param>
    internal static async Task<IReadOnlyList<AliasStatus>?> AskAsync(string directory, ObjectKey? only, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(directory, FileName)), limit.Token).ConfigureAwait(false);
            using var stream = new NetworkStream(socket);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(only is { } key ? $"{key.Namespace}/{key.Name}\n" : "*\n"), limit.Token).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(stream, StatusJson.Default.IReadOnlyListAliasStatus, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException or ArgumentException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync().ConfigureAwait(false);
        socket.Dispose();
        await accepting.ConfigureAwait(false);
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next one deletes it.
        }
    }

    private async Task AcceptAsync()
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                await places.WaitAsync(over.Token).ConfigureAwait(false);
                _ = ServeAsync(await socket.AcceptAsync(over.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Who was asking has gone, or this is over.
                places.Release();
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            var question = new byte[LongestQuestion];
            var length = 0;
            while (length < question.Length && !question.AsSpan(0, length).Contains((byte)'\n'))
            {
                var count = await stream.ReadAsync(question.AsMemory(length), limit.Token).ConfigureAwait(false);
                if (count == 0)
                    return;
                length += count;
            }

            var text = Encoding.UTF8.GetString(question, 0, length).TrimEnd('\n');
            var statuses = text == "*" ? answer(null) : text.Split('/') is [var ns, var name] ? answer(new ObjectKey(ns, name)) : [];
            await JsonSerializer.SerializeAsync(stream, statuses, StatusJson.Default.IReadOnlyListAliasStatus, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Who was asking has gone.
        }
        finally
        {
            places.Release();
        }
    }
}

/// <summary>What goes through the socket.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<AliasStatus>))]
internal sealed partial class StatusJson : JsonSerializerContext;
