using Elsewhere.Http.Origins;
using static Elsewhere.Tests.Http.Origins.OriginKit;

namespace Elsewhere.Tests.Http.Origins;

public sealed class OriginSetSpecs
{
    [Fact]
    public void Weights_are_shares_and_exact()
    {
        var set = Set(Member("a", weight: 3), Member("b", weight: 1));

        Assert.Equal(new() { ["a"] = 300, ["b"] = 100 }, Picks(set, 400));
    }

    [Fact]
    public void Shares_are_spread_so_that_no_origin_has_a_run_of_its_own()
    {
        var set = Set(Member("a", weight: 50), Member("b", weight: 50));

        for (var i = 0; i < 10; i++)
            Assert.Equal(new() { ["a"] = 1, ["b"] = 1 }, Picks(set, 2));
    }

    [Fact]
    public void The_share_of_an_origin_that_is_down_goes_to_the_others_by_their_weights()
    {
        var down = Member("down", weight: 5);
        var set = Set(Member("a", weight: 3), down, Member("b", weight: 1));
        down.Address.Fail(AddressFailure.Connect);

        Assert.Equal(new() { ["a"] = 300, ["b"] = 100 }, Picks(set, 400));
    }

    [Fact]
    public void The_next_priority_serves_only_while_none_of_the_first_can()
    {
        var first = Member("first");
        var set = Set(Member("backup", priority: 1), first);
        Assert.Equal(new() { ["first"] = 10 }, Picks(set, 10));

        first.Address.Fail(AddressFailure.Connect);
        Assert.Equal(new() { ["backup"] = 10 }, Picks(set, 10));
        Assert.Equal(OriginVerdict.Another, Pick(set).Verdict);

        first.Address.Reached();
        Assert.Equal(new() { ["first"] = 10 }, Picks(set, 10));
    }

    [Fact]
    public void The_next_try_of_a_request_prefers_another_address()
    {
        var set = Set(Member("a"), Member("b"), Member("c", priority: 1));
        ulong tried = 0;

        string[] tries = [.. Enumerable.Range(0, 3).Select(_ => set.Pick(0, ref tried).Member!.Origin.Url.Host!.ToHostString())];

        Assert.Equal(["a", "b", "c"], tries.Order());
        Assert.Equal("c", tries[2]);
        Assert.Equal(OriginVerdict.Another, set.Pick(0, ref tried).Verdict);
    }

    [Fact]
    public void With_one_origin_only_the_next_try_goes_there_again()
    {
        var only = Member("only");
        var set = Set(only);
        ulong tried = 0;
        set.Pick(0, ref tried);

        Assert.Same(only.Address, set.Pick(0, ref tried).Member!.Address);
    }

    [Fact]
    public void Where_all_are_down_one_is_tried_anyway_first_what_can_be_connected_to()
    {
        var unreachable = Member("unreachable");
        var unwell = Member("unwell", priority: 1, check: HttpCheck(unhealthy: 1));
        var set = Set(unreachable, unwell);
        unreachable.Address.Fail(AddressFailure.Connect);
        unwell.Address.Checked("GET /healthz answered 500");

        var pick = Pick(set);

        Assert.Equal(OriginVerdict.Panic, pick.Verdict);
        Assert.Same(unwell.Address, pick.Member!.Address);
    }

    [Fact]
    public void Without_an_address_the_verdict_says_so()
    {
        Assert.Equal(new OriginPick(OriginVerdict.NoAddress, null), Pick(OriginSet.Empty));
    }

    [Fact]
    public void Answers_that_most_origins_give_eject_nobody()
    {
        var members = new[] { Member("a"), Member("b"), Member("c") };
        var set = Set(members);
        members[0].Address.Fail(AddressFailure.GatewayStatus, 5);
        Assert.Equal(new() { ["b"] = 2, ["c"] = 2 }, Picks(set, 4));

        members[1].Address.Fail(AddressFailure.GatewayStatus, 5);
        Assert.Equal(3, Picks(set, 6).Count);
    }

    [Fact]
    public void What_cannot_be_connected_to_is_left_out_however_many_they_are()
    {
        var members = new[] { Member("a"), Member("b"), Member("c") };
        var set = Set(members);
        members[0].Address.Fail(AddressFailure.Connect);
        members[1].Address.Fail(AddressFailure.Connect);

        Assert.Equal(new() { ["c"] = 4 }, Picks(set, 4));
    }

    [Fact]
    public void Picking_allocates_nothing()
    {
        var set = Set(Member("a", weight: 3), Member("b", weight: 1), Member("c", priority: 1));
        Pick(set);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Pick(set);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Threads_that_pick_at_once_keep_the_shares()
    {
        var a = Member("a", weight: 3);
        var set = Set(a, Member("b", weight: 1));
        var count = 0;
        Parallel.For(0, 4000, _ =>
        {
            if (ReferenceEquals(Pick(set).Member!.Address, a.Address))
                Interlocked.Increment(ref count);
        });

        Assert.Equal(3000, count);
    }
}
