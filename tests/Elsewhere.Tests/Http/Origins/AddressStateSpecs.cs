using Elsewhere.Http.Origins;
using static Elsewhere.Tests.Http.Origins.OriginKit;

namespace Elsewhere.Tests.Http.Origins;

public sealed class AddressStateSpecs
{
    [Fact]
    public void A_failed_connect_ejects_at_once_and_a_connection_of_our_own_brings_it_back()
    {
        var state = StateOf(Origin("a"));
        state.Failed(AddressFailure.Connect, 0, "203.0.113.1:80: connection refused");
        Assert.Equal(AddressHealth.Unreachable, state.Health);
        Assert.Equal("203.0.113.1:80: connection refused", state.Status.Reason);

        state.Reached();
        Assert.True(state.IsUp);
        Assert.Null(state.Status.Reason);
    }

    [Theory]
    [InlineData(AddressFailure.GatewayStatus)]
    [InlineData(AddressFailure.Reset)]
    [InlineData(AddressFailure.Timeout)]
    public void Wrong_answers_eject_at_the_fifth_in_a_row(AddressFailure failure)
    {
        var state = StateOf(Origin("a"));
        state.Fail(failure, 4);
        state.Succeeded();
        state.Fail(failure, 4);
        Assert.True(state.IsUp);

        state.Fail(failure);
        Assert.Equal(AddressHealth.Failing, state.Health);
    }

    [Fact]
    public void U11_after_its_time_one_request_tries_it_and_the_others_keep_away()
    {
        var state = StateOf(Origin("a"));
        state.Fail(AddressFailure.GatewayStatus, 5, now: 0);

        Assert.False(state.TryHalfOpen(Second - 1));
        Assert.True(state.TryHalfOpen(Second));
        Assert.False(state.TryHalfOpen(Second));

        state.Succeeded();
        Assert.True(state.IsUp);
    }

    [Fact]
    public void Each_ejection_in_a_row_is_longer_up_to_thirty_seconds_and_requests_under_way_do_not_count()
    {
        var state = StateOf(Origin("a"));
        long now = 0;
        state.Fail(AddressFailure.GatewayStatus, 5, now);
        for (var n = 1; n <= 40; n++)
        {
            state.Fail(AddressFailure.GatewayStatus, 10, now);
            var wait = Math.Min(n, 30) * Second;
            Assert.False(state.TryHalfOpen(now + wait - 1));
            now += wait;
            Assert.True(state.TryHalfOpen(now));
            state.Fail(AddressFailure.GatewayStatus, 1, now);
        }
    }

    [Fact]
    public void The_check_of_the_manifest_needs_its_thresholds_in_a_row_either_way()
    {
        var state = StateOf(Origin("a"), check: HttpCheck(healthy: 2, unhealthy: 3));
        Check("no", "no", "", "no", "no");
        Assert.True(state.IsUp);
        Check("no");
        Assert.Equal(AddressHealth.CheckFails, state.Health);
        Check("", "no", "");
        Assert.False(state.IsUp);
        Check("");
        Assert.True(state.IsUp);

        void Check(params ReadOnlySpan<string> results)
        {
            foreach (var result in results)
                state.Checked(result.Length == 0 ? null : result);
        }
    }

    [Fact]
    public void Answers_do_not_overrule_the_check_of_the_manifest()
    {
        var state = StateOf(Origin("a"), check: HttpCheck(unhealthy: 1));
        state.Checked("GET /healthz answered 500");
        state.Succeeded();

        Assert.Equal(AddressHealth.CheckFails, state.Health);
    }

    [Fact]
    public void A_check_that_asks_for_a_path_brings_back_what_answered_wrongly()
    {
        var state = StateOf(Origin("a"), check: HttpCheck());
        state.Fail(AddressFailure.GatewayStatus, 5);
        state.Checked(null);

        Assert.True(state.IsUp);
    }

    [Fact]
    public void Each_change_is_told_once()
    {
        var told = new List<AddressHealth>();
        var state = StateOf(Origin("a"), changed: s => told.Add(s.Health));
        state.Fail(AddressFailure.Connect, 3);
        state.Reached();
        state.Reached();
        state.Succeeded();

        Assert.Equal([AddressHealth.Unreachable, AddressHealth.Up], told);
    }
}
