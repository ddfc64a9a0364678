using Elsewhere.Http.Origins;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;
using static Elsewhere.Tests.Http.Origins.OriginKit;

namespace Elsewhere.Tests.Http.Origins;

public sealed class RetriesSpecs
{
    private static readonly RetriesView Everything =
        new(3, [RetryCondition.ConnectFailure, RetryCondition.RefusedStream, RetryCondition.Reset, RetryCondition.RetriableStatus]);

    [Theory]
    [InlineData("GET", TryOutcome.NotConnected, RetryVerdict.Retry)]
    [InlineData("POST", TryOutcome.NotConnected, RetryVerdict.Retry)]
    [InlineData("POST", TryOutcome.Refused, RetryVerdict.Retry)]
    [InlineData("GET", TryOutcome.Reset, RetryVerdict.NotAskedFor)]
    [InlineData("GET", TryOutcome.RetriableStatus, RetryVerdict.NotAskedFor)]
    [InlineData("GET", TryOutcome.TimedOut, RetryVerdict.NotAskedFor)]
    [InlineData("GET", TryOutcome.IdleConnectionClosed, RetryVerdict.Retry)]
    [InlineData("PUT", TryOutcome.IdleConnectionClosed, RetryVerdict.Retry)]
    [InlineData("POST", TryOutcome.IdleConnectionClosed, RetryVerdict.NotRepeatable)]
    [InlineData("PATCH", TryOutcome.IdleConnectionClosed, RetryVerdict.NotRepeatable)]
    [InlineData("BREW", TryOutcome.IdleConnectionClosed, RetryVerdict.NotRepeatable)]
    [InlineData("get", TryOutcome.IdleConnectionClosed, RetryVerdict.NotRepeatable)]
    [InlineData("GET", TryOutcome.ResponseBegun, RetryVerdict.TooLate)]
    public void By_default_only_what_did_nothing_is_repeated(string method, TryOutcome outcome, RetryVerdict expected) =>
        Assert.Equal(expected, Retries.Decide(RetriesView.Default, method, BodyProgress.None, outcome, 1, replayed: false));

    [Fact]
    public void U7_a_method_that_may_not_be_repeated_is_sent_again_only_if_nothing_was_done_whatever_the_manifest_asks_for()
    {
        foreach (var method in new[] { "POST", "PATCH", "CONNECT", "PROPPATCH" })
        {
            foreach (var body in Enum.GetValues<BodyProgress>())
            {
                foreach (var outcome in Enum.GetValues<TryOutcome>())
                {
                    var again = Retries.Decide(Everything, method, body, outcome, 1, replayed: false) == RetryVerdict.Retry;
                    Assert.Equal(outcome is TryOutcome.NotConnected or TryOutcome.Refused && body != BodyProgress.Gone, again);
                }
            }
        }
    }

    [Fact]
    public void U7_what_ended_on_an_idle_connection_is_replayed_once_even_without_retries()
    {
        var none = new RetriesView(0, []);

        Assert.Equal(RetryVerdict.Retry, Retries.Decide(none, "GET", BodyProgress.None, TryOutcome.IdleConnectionClosed, 1, replayed: false));
        Assert.Equal(RetryVerdict.NotAskedFor, Retries.Decide(none, "GET", BodyProgress.None, TryOutcome.IdleConnectionClosed, 2, replayed: true));
    }

    [Theory]
    [InlineData(BodyProgress.None, RetryVerdict.Retry)]
    [InlineData(BodyProgress.Unread, RetryVerdict.Retry)]
    [InlineData(BodyProgress.Kept, RetryVerdict.Retry)]
    [InlineData(BodyProgress.Gone, RetryVerdict.BodyGone)]
    public void A_body_that_is_gone_cannot_be_sent_again(BodyProgress body, RetryVerdict expected) =>
        Assert.Equal(expected, Retries.Decide(Everything, "PUT", body, TryOutcome.Reset, 1, replayed: false));

    [Theory]
    [InlineData(1, false, RetryVerdict.Retry)]
    [InlineData(3, false, RetryVerdict.Retry)]
    [InlineData(4, false, RetryVerdict.NoTryLeft)]
    [InlineData(4, true, RetryVerdict.Retry)]
    [InlineData(5, true, RetryVerdict.NoTryLeft)]
    public void Attempts_are_counted_without_the_replay(int tries, bool replayed, RetryVerdict expected) =>
        Assert.Equal(expected, Retries.Decide(Everything, "GET", BodyProgress.None, TryOutcome.RetriableStatus, tries, replayed));

    [Fact]
    public void Retries_cannot_multiply_the_load()
    {
        var budget = new RetryBudget();
        var repeated = 0;
        for (var i = 0; i < 10_000; i++)
        {
            budget.Deposit();
            if (budget.TryWithdraw(0))
                repeated++;
        }

        Assert.InRange(repeated, 2_000, 2_010);
    }

    [Fact]
    public void A_few_requests_may_always_be_repeated()
    {
        var budget = new RetryBudget();
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TryWithdraw(0)));

        Assert.False(budget.TryWithdraw(Second / 100));
        Assert.Equal(5, Enumerable.Range(0, 100).Count(_ => budget.TryWithdraw(Second / 2 + Second / 100)));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => budget.TryWithdraw(3600 * Second)));
    }

    [Fact]
    public void The_clock_counts_in_the_ticks_of_a_span_whatever_its_own_frequency()
    {
        var time = new FakeTimeProvider();
        var clock = new GatewayClock(time);
        var before = clock.Now;
        time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(3 * Second, clock.Now - before);
    }
}
