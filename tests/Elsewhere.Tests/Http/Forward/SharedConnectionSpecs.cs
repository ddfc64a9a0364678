using System.Net;
using Elsewhere.Model;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Many requests of many clients on one HTTP/2 connection to an origin.</summary>
public sealed class SharedConnectionSpecs
{
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task P14_a_client_that_does_not_read_holds_nobody_up()
    {
        long sent = 0;
        var over = new TaskCompletionSource();
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                if (context.Request.Path != "/endless")
                {
                    await context.Response.WriteAsync("ok");
                    return;
                }

                var piece = new byte[64 * 1024];
                try
                {
                    while (!context.RequestAborted.IsCancellationRequested)
                    {
                        await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                        Interlocked.Add(ref sent, piece.Length);
                    }
                }
                catch (OperationCanceledException)
                {
                    // The client is gone.
                }

                over.TrySetResult();
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(H2c(origin.Port));
        using var idle = rig.Client("shop/grpc");
        using var endless = await idle.GetAsync("http://grpc/endless", HttpCompletionOption.ResponseHeadersRead);

        using var busy = rig.Client("shop/grpc");
        var answers = await Task.WhenAll(Enumerable.Range(0, 99).Select(_ => busy.GetStringAsync("http://grpc/")));

        Assert.All(answers, static answer => Assert.Equal("ok", answer));
        Assert.False(over.Task.IsCompleted, "the answer that nobody reads has ended");
        Assert.InRange(Interlocked.Read(ref sent), 1, 64 << 20);
        endless.Dispose();
        idle.Dispose();
        await over.Task.WaitAsync(deadline);
    }

    [Fact]
    public async Task P15_an_origin_that_takes_one_stream_on_a_connection_gets_more_connections()
    {
        const int together = 5;
        var inFlight = 0;
        var all = new TaskCompletionSource();
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                if (Interlocked.Increment(ref inFlight) == together)
                    all.SetResult();
                await all.Task.WaitAsync(deadline);
                await context.Response.WriteAsync("ok");
            },
            HttpProtocols.Http2,
            limits: static limits => limits.Http2.MaxStreamsPerConnection = 1);
        await using var rig = await GatewayRig.StartAsync(H2c(origin.Port));
        using var client = rig.Client("shop/grpc");

        var answers = await Task.WhenAll(Enumerable.Range(0, together).Select(_ => client.GetStringAsync("http://grpc/")));

        Assert.All(answers, static answer => Assert.Equal("ok", answer));
    }

    [Fact]
    public async Task P15_a_connection_that_the_origin_says_goodbye_on_fails_no_request()
    {
        var (count, connections) = (0, new HashSet<string>());
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                lock (connections)
                    connections.Add(context.Connection.Id);

                // By GOAWAY: what is on the connection may end there, and nothing more begins.
                if (Interlocked.Increment(ref count) % 10 == 0)
                    context.Features.GetRequiredFeature<IConnectionLifetimeNotificationFeature>().RequestClose();
                await context.Response.WriteAsync("ok");
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(H2c(origin.Port));
        using var client = rig.Client("shop/grpc");

        var answers = new List<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancellation) =>
        {
            using var answer = await client.GetAsync("http://grpc/", cancellation);
            var body = await answer.Content.ReadAsStringAsync(cancellation);
            lock (answers)
                answers.Add(body);
        });

        Assert.True(answers.TrueForAll(static answer => answer == "ok"), string.Join('\n', answers.Where(static answer => answer != "ok")));
        Assert.Equal(200, answers.Count);
        Assert.InRange(connections.Count, 5, 200);
    }

    [Theory]
    [InlineData("GET", HttpStatusCode.OK, 3)]
    [InlineData("POST", HttpStatusCode.BadGateway, 2)]
    public async Task U7_a_connection_that_answered_before_and_ends_instead_of_answering_is_no_failure_of_what_may_be_repeated(string method, HttpStatusCode status, int asked)
    {
        var count = 0;
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                if (Interlocked.Increment(ref count) == 2)
                    context.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
                else
                    await context.Response.WriteAsync("ok");
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(H2c(origin.Port));
        using var client = rig.Client("shop/grpc");
        Assert.Equal("ok", await client.GetStringAsync("http://grpc/"));

        using var request = new HttpRequestMessage(new HttpMethod(method), "http://grpc/");
        using var answer = await client.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(asked, count);
    }

    private static AliasView H2c(int port) => GatewayRig.Alias("shop/grpc", $"http://127.0.0.1:{port}") with
    {
        Ports = [new("grpc", GatewayRig.Plain, Protocol.Tcp, "", "kubernetes.io/h2c")],
    };
}
