using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Elsewhere.Http.Connect;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Network;
using Elsewhere.Tests.Http.Forward;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Http.Http1Client;

/// <summary>Which connection carries which request, over real sockets.</summary>
public sealed class Http1PoolSpecs
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_connection_that_was_used_last_is_used_next()
    {
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer($"{((IPEndPoint)request.Stream.Socket.RemoteEndPoint!).Port}")));
        using var rig = new Rig(origin.Port);
        var first = await rig.AskAsync();
        var second = await rig.AskAsync();
        var one = await Rig.ReadAsync(first);
        var two = await Rig.ReadAsync(second);

        Assert.NotEqual(one, two);
        for (var i = 0; i < 3; i++)
            Assert.Equal(two, await rig.GetAsync());
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")]
    public async Task P26_U7_a_connection_that_ends_or_speaks_while_it_is_idle_is_closed(string unasked)
    {
        var go = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        using var origin = new RawOrigin(async request =>
        {
            await request.SendAsync(RawOrigin.Answer("good"));
            await go.Task;
            if (unasked.Length == 0)
                request.Stream.Socket.Shutdown(SocketShutdown.Send);
            else
                await request.SendAsync(unasked);
            Assert.Equal(0, await request.Stream.ReadAsync(new byte[1]));
            gone.TrySetResult();
        });
        using var rig = new Rig(origin.Port);
        Assert.Equal("good", await rig.GetAsync());
        Assert.Equal(1, rig.Pool.IdleCount);

        go.SetResult();

        await gone.Task.WaitAsync(Deadline);
        Assert.Equal(0, rig.Pool.IdleCount);
        Assert.Equal("good", await rig.GetAsync());
        Assert.Equal(2, origin.Connections);
    }

    [Theory]
    [InlineData("", 60)]
    [InlineData("Keep-Alive: timeout=5\r\n", 4)]
    [InlineData("Keep-Alive: max=3, timeout=1\r\n", 0.5)]
    [InlineData("Keep-Alive: timeout=900\r\n", 60)]
    public async Task A_connection_is_kept_as_long_as_we_and_the_origin_want_it(string fields, double seconds)
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x", fields: fields));
        var time = new FakeTimeProvider();
        using var rig = new Rig(origin.Port, time);
        await rig.GetAsync();

        time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
        rig.Pool.Trim();
        Assert.Equal(1, rig.Pool.IdleCount);
        time.Advance(TimeSpan.FromSeconds(0.2));
        await rig.GetAsync();
        Assert.Equal(2, origin.Connections);

        time.Advance(TimeSpan.FromSeconds(seconds + 0.1));
        rig.Pool.Trim();
        Assert.Equal(0, rig.Pool.IdleCount);
    }

    [Fact]
    public async Task An_answer_that_was_not_read_to_its_end_ends_its_connection()
    {
        using var origin = new RawOrigin(RawOrigin.Answer(new string('x', 100_000)));
        using var rig = new Rig(origin.Port);
        await (await rig.AskAsync()).DisposeAsync();

        Assert.Equal(0, rig.Pool.IdleCount);
        Assert.Equal(100_000, (await rig.GetAsync()).Length);
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task U8_who_waits_for_a_connection_takes_one_that_another_gives_back()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        var dialled = new ConcurrentQueue<TaskCompletionSource>();
        using var rig = new Rig(origin.Port, beforeDial: () =>
        {
            var gate = new TaskCompletionSource();
            dialled.Enqueue(gate);
            return gate.Task;
        });
        var waiting = Enumerable.Range(0, 5).Select(_ => rig.GetAsync()).ToArray();
        Assert.Equal(5, dialled.Count);

        Assert.True(dialled.TryDequeue(out var first));
        first.SetResult();

        await Task.WhenAll(waiting).WaitAsync(Deadline);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task A_connection_that_does_not_come_about_fails_one_request_and_no_other()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        var tries = 0;
        using var rig = new Rig(origin.Port, beforeDial: () => Interlocked.Increment(ref tries) == 1
            ? Task.FromException(new OriginConnectException(OriginFailure.Refused, "no"))
            : Task.CompletedTask);

        await Assert.ThrowsAsync<OriginConnectException>(rig.GetAsync);
        Assert.Equal("x", await rig.GetAsync());
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_the_connection_to_the_next()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        var gate = new TaskCompletionSource();
        using var rig = new Rig(origin.Port, beforeDial: () => gate.Task);
        using var impatient = new CancellationTokenSource();
        var given = rig.Pool.RentAsync(isFresh: false, isHttp1: false, impatient.Token).AsTask();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        gate.SetResult();

        Assert.Equal("x", await rig.GetAsync());
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task U2_a_pool_that_is_given_up_closes_what_is_idle_and_what_comes_back()
    {
        var closed = 0;
        using var origin = new RawOrigin(request => request.SendAsync(RawOrigin.Answer("x")), new IPEndPoint(IPAddress.Loopback, 0), () => Interlocked.Increment(ref closed));
        var rig = new Rig(origin.Port);
        var late = await rig.AskAsync();
        await rig.GetAsync();

        rig.Dispose();
        Assert.Equal("x", await Rig.ReadAsync(late));

        using var limit = new CancellationTokenSource(Deadline);
        while (Volatile.Read(ref closed) < 2)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_request_is_written_anew_and_whatever_could_end_a_line_in_it_is_refused()
    {
        using var origin = new RawOrigin(RawOrigin.Answer("x"));
        using var rig = new Rig(origin.Port);
        await rig.GetAsync(request =>
        {
            request.Method = "PURGE";
            request.Target = "/a?b=%0d%0a";
            request.Fields.Add("X-One", "1");
            request.Fields.Add("Host", "other.example");
            request.Fields.Add("X-Latin", "\u00fc");
            request.SaysEmpty = true;
        });
        Assert.Equal(
            "PURGE /a?b=%0d%0a HTTP/1.1\r\nHost: other.example\r\nX-One: 1\r\nX-Latin: \u00fc\r\nContent-Length: 0\r\n\r\n", Assert.Single(origin.Requests).Head);

        foreach (var bad in new[] { "\r", "\n", "\0", "\r\nX: y", "\x7f" })
        {
            await Assert.ThrowsAsync<FieldRefusedException>(() => rig.GetAsync(request => request.Fields.Add("X-One", $"1{bad}")));
            await Assert.ThrowsAsync<FieldRefusedException>(() => rig.GetAsync(request => request.Fields.Add($"X{bad}", "1")));
            await Assert.ThrowsAsync<FieldRefusedException>(() => rig.GetAsync(request => request.Target = $"/{bad}"));
            await Assert.ThrowsAsync<FieldRefusedException>(() => rig.GetAsync(request => request.Method = $"GET{bad}"));
            await Assert.ThrowsAsync<FieldRefusedException>(() => rig.GetAsync(request => request.Authority = $"a{bad}"));
        }

        await Assert.ThrowsAsync<FieldRefusedException>(() => rig.GetAsync(request => request.Target = "/a b"));
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task Answers_of_any_length_arrive_whole_whichever_way_they_are_framed()
    {
        var random = new Random(7);
        var body = new string([.. Enumerable.Range(0, 300_000).Select(_ => (char)random.Next(256))]);
        using var origin = new RawOrigin(async request =>
        {
            if (request.Line.Contains("length", StringComparison.Ordinal))
            {
                await request.SendAsync(RawOrigin.Answer(body));
            }
            else if (request.Line.Contains("chunks", StringComparison.Ordinal))
            {
                await request.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (var at = 0; at < body.Length;)
                {
                    var size = Math.Min(body.Length - at, random.Next(1, random.Next(2) == 0 ? 10 : 50_000));
                    await request.SendAsync($"{size:x}\r\n{body.Substring(at, size)}\r\n");
                    at += size;
                }

                await request.SendAsync("0\r\n\r\n");
            }
            else
            {
                await request.SendAsync($"HTTP/1.1 200 OK\r\n\r\n{body}");
                request.Stream.Close();
            }
        });
        using var rig = new Rig(origin.Port);
        foreach (var way in new[] { "/length", "/chunks", "/length", "/end", "/chunks" })
            Assert.True(body == await rig.GetAsync(request => request.Target = way), way);
        Assert.Equal(2, origin.Connections);
    }

    private sealed class Rig : IDisposable
    {
        public Rig(int port, TimeProvider? time = null, Func<Task>? beforeDial = null) =>
            Pool = new Http1Pool(
                async (_, cancellation) =>
                {
                    if (beforeDial is not null)
                        await beforeDial();
                    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    var stream = await Networks.Default.ConnectAsync(socket, new IPEndPoint(IPAddress.Loopback, port), cancellation);
                    return new DialledStream(stream, stream);
                },
                mayAgree: false, AnswerLimits.Default, time ?? TimeProvider.System);

        public Http1Pool Pool { get; }

        public async Task<OriginResponse> AskAsync(Action<OriginRequest>? change = null)
        {
            var request = new OriginRequest { Authority = "origin.example" };
            change?.Invoke(request);
            var connection = await Pool.RentAsync(isFresh: false, isHttp1: false, CancellationToken.None);
            return await connection!.Exchange.SendAsync(request, CancellationToken.None);
        }

        public static async Task<string> ReadAsync(OriginResponse response)
        {
            await using (response)
            {
                var body = new StringBuilder();
                while (await response.NextAsync(CancellationToken.None) is { IsEmpty: false } piece)
                    body.Append(Encoding.Latin1.GetString(piece.Span));
                return body.ToString();
            }
        }

        public Task<string> GetAsync() => GetAsync(null);

        public async Task<string> GetAsync(Action<OriginRequest>? change) => await ReadAsync(await AskAsync(change));

        public void Dispose() => Pool.Dispose();
    }
}
