using Elsewhere.Http.Origins;
using Elsewhere.Model;
using static Elsewhere.Tests.Http.Origins.OriginKit;

namespace Elsewhere.Tests.Http.Origins;

public sealed class RequestLimitSpecs
{
    [Fact]
    public void Without_limits_everything_passes()
    {
        var limit = Limit(RateLimitView.None);

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Equal(LimitVerdict.Allowed, limit.Enter(0, out var _, out var _)));
        Assert.Equal(0, limit.InFlight);
    }

    [Fact]
    public void The_burst_passes_at_once_and_the_request_above_it_does_not()
    {
        var limit = Limit(new RateLimitView(10, 3, 0));
        Assert.Equal(3, Allowed(limit, 10, now: 0));

        Assert.Equal(LimitVerdict.OverRate, limit.Enter(Second / 10 - 1, out var _, out var retryAfter));
        Assert.Equal(1, retryAfter);
        Assert.Equal(LimitVerdict.Allowed, limit.Enter(Second / 10, out var _, out var _));
    }

    [Fact]
    public void Without_a_burst_one_second_s_worth_may_come_at_once()
    {
        Assert.Equal(10, Allowed(Limit(new RateLimitView(10, 0, 0)), 100, now: 0));
    }

    [Fact]
    public void The_rate_holds_for_a_minute_of_asking_all_the_time()
    {
        var limit = Limit(new RateLimitView(100, 5, 0));
        var allowed = 0;
        for (long now = 0; now < 60 * Second; now += Second / 1000)
            allowed += limit.Enter(now, out var _, out var _) == LimitVerdict.Allowed ? 1 : 0;

        Assert.InRange(allowed, 6_000, 6_005);
    }

    [Fact]
    public void Retry_After_says_when_a_token_will_be_there()
    {
        var limit = Limit(new RateLimitView(1, 1, 0));
        limit.Enter(0, out var _, out var _);
        limit.Apply(new RateLimitView(1, 1, 0));

        Assert.Equal(LimitVerdict.OverRate, limit.Enter(0, out var _, out var retryAfter));
        Assert.Equal(1, retryAfter);
    }

    [Fact]
    public void So_many_requests_in_flight_and_no_more_until_one_ends()
    {
        var limit = Limit(new RateLimitView(0, 0, 2));
        limit.Enter(0, out var first, out var _);
        limit.Enter(0, out var _, out var _);
        Assert.Equal(LimitVerdict.OverConcurrency, limit.Enter(0, out var third, out var retryAfter));
        Assert.Equal(1, retryAfter);
        limit.Leave(third);
        Assert.Equal(2, limit.InFlight);

        limit.Leave(first);
        Assert.Equal(LimitVerdict.Allowed, limit.Enter(0, out var _, out var _));
    }

    [Fact]
    public void What_is_over_the_rate_holds_no_place_in_flight()
    {
        var limit = Limit(new RateLimitView(1, 1, 10));
        limit.Enter(0, out var first, out var _);
        limit.Enter(0, out var second, out var _);
        limit.Leave(first);
        limit.Leave(second);

        Assert.Equal(0, limit.InFlight);
    }

    [Fact]
    public void A_change_of_the_manifest_gives_nobody_a_fresh_allowance()
    {
        var limit = Limit(new RateLimitView(1, 1, 0));
        Assert.Equal(1, Allowed(limit, 5, now: 0));
        limit.Apply(new RateLimitView(1, 1, 7));

        Assert.Equal(0, Allowed(limit, 5, now: 0));
    }

    [Fact]
    public void Threads_that_come_at_once_get_no_more_than_there_is()
    {
        var limit = Limit(new RateLimitView(1000, 500, 0));
        var allowed = 0;
        Parallel.For(0, 10_000, _ =>
        {
            if (limit.Enter(0, out var _, out var _) == LimitVerdict.Allowed)
                Interlocked.Increment(ref allowed);
        });

        Assert.Equal(500, allowed);
    }

    private static RequestLimit Limit(RateLimitView view)
    {
        var limit = new RequestLimit();
        limit.Apply(view);
        return limit;
    }

    private static int Allowed(RequestLimit limit, int requests, long now) =>
        Enumerable.Range(0, requests).Count(_ => limit.Enter(now, out var _, out var _) == LimitVerdict.Allowed);
}
