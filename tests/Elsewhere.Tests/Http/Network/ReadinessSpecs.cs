using Elsewhere.Http.Network.Linux;

namespace Elsewhere.Tests.Http.Network;

/// <summary>News of a socket, between the thread that hears of it and the one that waits for it.</summary>
public sealed class ReadinessSpecs
{
    [Fact]
    public void News_that_come_before_a_wait_keep_it_from_beginning()
    {
        var readiness = default(Readiness);

        Assert.False(readiness.HasNews);
        Assert.False(readiness.Signal());
        Assert.True(readiness.HasNews);
        Assert.False(readiness.TryWait());
        readiness.Take();
        Assert.False(readiness.HasNews);
        Assert.True(readiness.TryWait());
    }

    [Fact]
    public void A_wait_is_ended_once_by_news_or_by_who_gives_up()
    {
        var readiness = default(Readiness);

        Assert.False(readiness.TryEndWait());
        Assert.True(readiness.TryWait());
        Assert.True(readiness.TryEndWait());
        Assert.False(readiness.Signal());
        readiness.Take();
        Assert.True(readiness.TryWait());
        Assert.True(readiness.Signal());
        Assert.False(readiness.TryEndWait());
        Assert.False(readiness.Signal());
    }

    [Fact]
    public async Task Nothing_is_lost_between_one_who_brings_and_one_who_takes()
    {
        var box = new Box();
        using var woken = new SemaphoreSlim(0);
        var bringing = Task.Run(() =>
        {
            for (var i = 0; i < Box.Most; i++)
            {
                Interlocked.Increment(ref box.Brought);
                if (box.Readiness.Signal())
                    woken.Release();
            }
        });

        while (box.Taken < Box.Most)
        {
            while (box.Readiness.HasNews)
            {
                box.Readiness.Take();
                box.Taken += Interlocked.Exchange(ref box.Brought, 0);
            }

            if (box.Taken < Box.Most && box.Readiness.TryWait())
                Assert.True(await woken.WaitAsync(NetworkRig.Limit));
        }

        await bringing.WaitAsync(NetworkRig.Limit);
        Assert.Equal(Box.Most, box.Taken);
    }

    private sealed class Box
    {
        public const int Most = 300_000;
        public Readiness Readiness;
        public int Brought;
        public int Taken;
    }
}
