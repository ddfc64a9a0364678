using Elsewhere.Dns;
using Elsewhere.Model;

namespace Elsewhere.Tests.Dns.Resolver;

public sealed class ReplyCacheSpecs
{
    [Fact]
    public void D24_names_that_are_asked_once_neither_grow_the_cache_nor_push_out_what_is_used()
    {
        var cache = new ReplyCache(1000, long.MaxValue);
        var used = Ask("used.test.");
        cache.Store(used, Entry("used.test."));
        for (var i = 0; i < 200_000; i++)
        {
            var name = $"n{i}.test.";
            Assert.Null(cache.Find(Ask(name)));
            cache.Store(Ask(name), Entry(name));
            if (i % 500 == 0)
                Assert.NotNull(cache.Find(used));
        }

        Assert.Equal(1000, cache.Count);
        Assert.NotNull(cache.Find(used));
        Assert.InRange(cache.Bytes, 1, 1000 * 1000);
    }

    [Fact]
    public void D24_the_octets_are_bounded_too()
    {
        var size = Entry("n100.test.").Size;
        var cache = new ReplyCache(1_000_000, size * 100);
        for (var i = 100; i < 999; i++)
            cache.Store(Ask($"n{i}.test."), Entry($"n{i}.test."));
        Assert.Equal(100, cache.Count);
        Assert.InRange(cache.Bytes, 1, size * 100);
        cache.Store(Ask("huge.test."), new CacheEntry(Reply("huge.test.", size * 100), 0, TimeSpan.FromSeconds(1), failed: false));
        Assert.Null(cache.Find(Ask("huge.test.")));
        Assert.Equal(100, cache.Count);
    }

    [Fact]
    public void What_is_stored_again_takes_the_place_of_the_old()
    {
        var cache = new ReplyCache(10, long.MaxValue);
        for (var i = 0; i < 100; i++)
            cache.Store(Ask("WWW.test."), Entry("www.test."));
        Assert.Equal(1, cache.Count);
        Assert.Equal(Entry("www.test.").Size, cache.Bytes);
    }

    [Fact]
    public void Many_threads_may_find_and_store()
    {
        var cache = new ReplyCache(100, 100_000);
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 20_000; i++)
            {
                var name = $"n{random.Next(300)}.test.";
                if (cache.Find(Ask(name)) is { } found)
                    Assert.Equal(DnsName.Parse(name), found.Reply.Answer[0].Owner);
                else
                    cache.Store(Ask(name), Entry(name));
            }
        });
        Assert.InRange(cache.Count, 1, 100);
        Assert.InRange(cache.Bytes, 1, 100_000);
    }

    private static Question Ask(string name) => new(DnsName.Parse(name), RecordType.A, RecordClass.In);

    private static CacheEntry Entry(string name) => new(Reply(name, 4), 0, TimeSpan.FromSeconds(1), failed: false);

    private static UpstreamReply Reply(string name, int octets) =>
        ParsedReply.Empty(Rcode.NoError) with { Answer = [new ResourceRecord(DnsName.Parse(name), RecordType.A, RecordClass.In, 1, new byte[octets])] };
}
