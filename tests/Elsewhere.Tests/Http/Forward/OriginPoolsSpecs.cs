using System.Net;
using System.Text;
using Elsewhere.Http.Forward.Origin;
using Elsewhere.Http.Http1Client;
using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Elsewhere.Tests.Http.Origins;

namespace Elsewhere.Tests.Http.Forward;

/// <summary>Connections to addresses that come and go.</summary>
public sealed class OriginPoolsSpecs
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task U2_a_request_that_chose_its_address_before_that_was_given_up_leaves_no_connection_behind()
    {
        var closed = new TaskCompletionSource();
        using var raw = new RawOrigin(request => request.SendAsync(RawOrigin.Answer("old")), new IPEndPoint(IPAddress.Loopback, 0), () => closed.TrySetResult());
        var origin = OriginKit.At(new IPEndPoint(IPAddress.Loopback, raw.Port));
        using var pools = new OriginPools(DialPolicy.OneMachine, TimeProvider.System);
        pools.Retain(new HashSet<(OriginKey, IPAddress)> { (OriginKey.Of(origin), IPAddress.Loopback) });
        pools.Retain(new HashSet<(OriginKey, IPAddress)>());

        var pool = await pools.EnterAsync(origin, [IPAddress.Loopback], TimeSpan.Zero, isUpgrade: false, CancellationToken.None);
        Assert.Equal("old", await GetAsync(pool, raw));
        Assert.False(closed.Task.IsCompleted);
        pool.Leave();

        await closed.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task U2_an_address_that_comes_back_keeps_its_connections()
    {
        using var raw = new RawOrigin(RawOrigin.Answer("ok"));
        var origin = OriginKit.At(new IPEndPoint(IPAddress.Loopback, raw.Port));
        var there = new HashSet<(OriginKey, IPAddress)> { (OriginKey.Of(origin), IPAddress.Loopback) };
        using var pools = new OriginPools(DialPolicy.OneMachine, TimeProvider.System);
        pools.Retain(there);
        pools.Retain(new HashSet<(OriginKey, IPAddress)>());
        pools.Retain(there);

        for (var i = 0; i < 3; i++)
        {
            var pool = await pools.EnterAsync(origin, [IPAddress.Loopback], TimeSpan.Zero, isUpgrade: false, CancellationToken.None);
            Assert.Equal("ok", await GetAsync(pool, raw));
            pool.Leave();
        }

        Assert.Equal(1, raw.Connections);
    }

    private static async Task<string> GetAsync(OriginPool pool, RawOrigin raw)
    {
        await using var response = await pool.SendAsync(new OriginRequest { Authority = $"127.0.0.1:{raw.Port}" }, CancellationToken.None);
        var body = new StringBuilder();
        while (await response.NextAsync(CancellationToken.None) is { IsEmpty: false } piece)
            body.Append(Encoding.Latin1.GetString(piece.Span));
        return body.ToString();
    }
}
