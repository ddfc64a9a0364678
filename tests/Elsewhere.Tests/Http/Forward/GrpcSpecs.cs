using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Calls of gRPC through the gateway.</summary>
public sealed class GrpcSpecs
{
    private static readonly TimeSpan deadline = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(GatewayRig.Plain)]
    [InlineData(GatewayRig.Secure)]
    public async Task P24_messages_go_both_ways_in_turn_and_trailers_come_last(int port)
    {
        await using var origin = await KestrelOrigin.StartAsync(TalkAsync, HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));
        using var turns = new Turns();
        using var ask = Call(port, turns);

        using var answer = await rig.Client("shop/grpc", port).SendAsync(ask, HttpCompletionOption.ResponseHeadersRead);
        var body = await answer.Content.ReadAsStreamAsync();
        for (var i = 0; i < 3; i++)
        {
            await turns.SayAsync($"{i}");
            Assert.Equal($"<{i}>", await ReadAsync(body, 3));
        }

        turns.End();
        Assert.Equal("", await ReadAsync(body, 1));
        Assert.Equal(HttpVersion.Version20, answer.Version);
        Assert.Equal("7", Assert.Single(answer.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task P18_P24_an_answer_of_trailers_alone_stays_one_and_a_deadline_goes_on_untouched()
    {
        await using var origin = await KestrelOrigin.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.Headers["grpc-status"] = "5";
                context.Response.Headers["x-timeout"] = context.Request.Headers["grpc-timeout"];
                return Task.CompletedTask;
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));

        using var answer = await rig.Client("shop/grpc").SendAsync(Call(GatewayRig.Plain, new ByteArrayContent([])));

        Assert.Equal("5", Assert.Single(answer.Headers.GetValues("grpc-status")));
        Assert.Equal("29999m", Assert.Single(answer.Headers.GetValues("x-timeout")));
        Assert.Empty(answer.TrailingHeaders);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task P24_a_call_that_the_client_gives_up_is_given_up_at_the_origin()
    {
        var (begun, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                context.RequestAborted.Register(gone.SetResult);
                begun.SetResult();
                await gone.Task;
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));
        using var cancel = new CancellationTokenSource();

        var call = rig.Client("shop/grpc").SendAsync(Call(GatewayRig.Plain, new ByteArrayContent([1])), cancel.Token);
        await begun.Task.WaitAsync(deadline);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await gone.Task.WaitAsync(deadline);
    }

    [Fact]
    public async Task P24_a_call_that_the_origin_gives_up_is_given_up_at_the_client()
    {
        await using var origin = await KestrelOrigin.StartAsync(
            async context =>
            {
                await context.Response.WriteAsync("<0>");
                await context.Response.Body.FlushAsync();
                if (await context.Request.Body.ReadAsync(new byte[1]) == 1)
                    context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResetFeature>()!.Reset(8);
            },
            HttpProtocols.Http2);
        await using var rig = await GatewayRig.StartAsync(GatewayRig.H2c("shop/grpc", origin.Port));
        using var turns = new Turns();
        using var ask = Call(GatewayRig.Plain, turns);
        using var answer = await rig.Client("shop/grpc").SendAsync(ask, HttpCompletionOption.ResponseHeadersRead);
        var body = await answer.Content.ReadAsStreamAsync();
        Assert.Equal("<0>", await ReadAsync(body, 3));

        await turns.SayAsync("x");

        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(body, 1).WaitAsync(deadline));
    }

    private static HttpRequestMessage Call(int port, HttpContent content)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, $"{(port == GatewayRig.Secure ? "https" : "http")}://grpc/pkg.Service/Method")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        message.Headers.TE.ParseAdd("trailers");
        message.Headers.Add("grpc-timeout", "29999m");
        content.Headers.ContentType = new("application/grpc");
        return message;
    }

    private static async Task TalkAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.FlushAsync();
        var buffer = new byte[100];
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer)) > 0)
            await context.Response.WriteAsync($"<{Encoding.ASCII.GetString(buffer, 0, count)}>");
        context.Response.AppendTrailer("grpc-status", "7");
    }

    private static async Task<string> ReadAsync(Stream body, int length)
    {
        using var limit = new CancellationTokenSource(deadline);
        var buffer = new byte[length];
        return Encoding.ASCII.GetString(buffer, 0, await body.ReadAtLeastAsync(buffer, length, throwOnEndOfStream: false, limit.Token));
    }
}
