using System.Net;
using Elsewhere.Http.Forward.Origin;
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
        using (var request = new HttpRequestMessage(HttpMethod.Get, new Uri(raw.Url)))
        using (var response = await pool.SendAsync(request, CancellationToken.None))
            Assert.Equal("old", await response.Content.ReadAsStringAsync());
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
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(raw.Url));
            using (var response = await pool.SendAsync(request, CancellationToken.None))
                await response.Content.ReadAsStringAsync();
            pool.Leave();
        }

        Assert.Equal(1, raw.Connections);
    }
}
