using System.Net;
using Elsewhere.Dns;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Resolver;

public sealed class OriginTrackerSpecs : IAsyncDisposable
{
    private static readonly DnsName Api = DnsName.Parse("api.test.");

    private readonly FakeTimeProvider time = new();
    private readonly Lock gate = new();
    private readonly List<OriginAddresses> published = [];
    private ScriptedUpstream? upstream;
    private UpstreamResolver? resolver;
    private OriginTracker? tracker;

    public async ValueTask DisposeAsync()
    {
        await (tracker?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (resolver?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (upstream?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task A_new_name_is_resolved_at_once_in_both_families()
    {
        Start(query => ScriptedUpstream.Answer(query, "api.test. 300 CNAME edge.test.", "edge.test. 20 A 192.0.2.2", "edge.test. 40 AAAA 2001:db8::1", "edge.test. 20 A 192.0.2.1"));
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1 192.0.2.2 2001:db8::1");
        var state = tracker.Current.Find(Api)!;
        Assert.Equal(TimeSpan.FromSeconds(20), state.Ttl);
        Assert.Equal(time.GetUtcNow(), state.ResolvedAt);
        Assert.Null(state.Problem);
    }

    [Fact]
    public async Task U1_a_changed_address_is_there_within_a_second_after_its_TTL()
    {
        Start(query => ScriptedUpstream.Answer(query, "api.test. 30 A 192.0.2.1"));
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1");
        upstream!.Change(query => ScriptedUpstream.Answer(query, "api.test. 30 A 192.0.2.2"));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("192.0.2.1", Addresses(Api));
        time.Advance(TimeSpan.FromSeconds(2));
        await SeesAsync(Api, "192.0.2.2");
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(30, 30)]
    [InlineData(86400, 300)]
    public void U1_TTLs_are_clamped_and_spread(int ttl, int expected)
    {
        var good = new FamilyAnswer(FamilyOutcome.Addresses, [IPAddress.Loopback], TimeSpan.FromSeconds(ttl));
        var none = new FamilyAnswer(FamilyOutcome.NoData, [], TimeSpan.FromSeconds(60));
        var options = new OriginTrackerOptions();
        foreach (var jitter in new[] { 0, 0.5, 1 })
        {
            var record = OriginRecord.New(Api).Next(good, none, time.GetUtcNow(), jitter, options);
            Assert.Equal(TimeSpan.FromSeconds(expected), record.State.Ttl);
            Assert.InRange(record.Again - record.State.Ttl, TimeSpan.FromSeconds(0.01 * jitter), TimeSpan.FromSeconds(0.75 * jitter));
        }
    }

    [Theory]
    [InlineData("NXDOMAIN", "the name does not exist (NXDOMAIN)")]
    [InlineData("NODATA", "the name has no address")]
    public async Task U3_denied_addresses_are_held_for_60_seconds(string kind, string problem)
    {
        Start(query => ScriptedUpstream.Answer(query, "api.test. 30 A 192.0.2.1"));
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1");
        upstream!.Change(_ => kind == "NODATA" ? Response.NoData("test. 5 SOA a. b. 1 2 3 4 5") : Response.NXDomain("test. 5 SOA a. b. 1 2 3 4 5"));
        time.Advance(TimeSpan.FromSeconds(31));
        await EventuallyAsync(() => State(Api).Problem is not null, "the denial shows");
        var deniedAt = time.GetUtcNow();
        Assert.Equal($"{problem}; its last addresses are kept until {deniedAt.AddSeconds(60).UtcDateTime:HH:mm:ss} UTC", State(Api).Problem);
        for (var seconds = 0; seconds < 55; seconds += 6)
        {
            time.Advance(TimeSpan.FromSeconds(6));
            Assert.Equal("192.0.2.1", Addresses(Api));
        }

        await EventuallyAsync(() => State(Api).Addresses.IsEmpty, "the addresses are gone", () => time.Advance(TimeSpan.FromSeconds(1)));
        Assert.InRange(time.GetUtcNow() - deniedAt, TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(30));
        Assert.Equal(problem, State(Api).Problem);
        upstream.Change(query => ScriptedUpstream.Answer(query, "api.test. 30 A 192.0.2.9"));
        await EventuallyAsync(() => Addresses(Api) == "192.0.2.9", "it comes back", () => time.Advance(TimeSpan.FromSeconds(1)));
        Assert.Null(State(Api).Problem);
    }

    [Theory]
    [InlineData("SERVFAIL", "the DNS servers answer with an error (SERVFAIL); its last addresses are kept")]
    [InlineData("silence", "no DNS server answers; its last addresses are kept")]
    [InlineData("loop", "its chain of CNAMEs loops or does not end; its last addresses are kept")]
    public async Task U3_where_servers_fail_addresses_are_held_for_ever(string kind, string problem)
    {
        Start(query => ScriptedUpstream.Answer(query, "api.test. 30 A 192.0.2.1"), patient: kind != "silence");
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1");
        upstream!.Change(query => kind switch
        {
            "SERVFAIL" => new Response { Rcode = Rcode.ServFail },
            "loop" => Response.Of("api.test. 30 CNAME api.test."),
            _ => null,
        });
        for (var hours = 0; hours < 48; hours++)
        {
            time.Advance(TimeSpan.FromHours(1));
            Assert.Equal("192.0.2.1", Addresses(Api));
        }

        await EventuallyAsync(() => State(Api).Problem == problem, "the failure shows", () => time.Advance(TimeSpan.FromSeconds(1)));
        Assert.Equal("192.0.2.1", Addresses(Api));
        upstream.Change(query => ScriptedUpstream.Answer(query, "api.test. 30 A 192.0.2.9"));
        await EventuallyAsync(() => Addresses(Api) == "192.0.2.9", "it comes back", () => time.Advance(TimeSpan.FromSeconds(1)));
        Assert.Null(State(Api).Problem);
    }

    [Fact]
    public async Task U3_one_family_that_fails_leaves_the_other_alone()
    {
        Start(query => query.Type == RecordType.Aaaa ? new Response { Rcode = Rcode.ServFail } : Response.Of($"{query.Name} 30 A 192.0.2.1"));
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1");
        Assert.Null(State(Api).Problem);
    }

    [Fact]
    public void U4_addresses_that_rotate_linger()
    {
        var options = new OriginTrackerOptions();
        var none = new FamilyAnswer(FamilyOutcome.NoData, [], TimeSpan.FromSeconds(60));
        var pool = Enumerable.Range(1, 20).Select(i => IPText.Parse($"192.0.2.{i}")).ToArray();
        var random = new Random(4);
        var record = OriginRecord.New(Api);
        var now = time.GetUtcNow();
        var lastSeen = new Dictionary<IPAddress, DateTimeOffset>();
        for (var round = 0; round < 500; round++)
        {
            random.Shuffle(pool);
            var two = pool[..2].ToSeq();
            var before = record.State;
            record = record.Next(new FamilyAnswer(FamilyOutcome.Addresses, two, TimeSpan.FromSeconds(5)), none, now, 0, options);
            Assert.Equal(two.ToHashSet(), record.State.Addresses.ToHashSet());
            Assert.Empty(record.State.Addresses.Intersect(record.State.Lingering));
            foreach (var address in before.Addresses.Concat(before.Lingering).Except(record.State.Addresses).Except(record.State.Lingering))
                Assert.True(now - lastSeen[address] >= TimeSpan.FromSeconds(60), "drained although it was answered within the last minute");
            foreach (var address in two)
                lastSeen[address] = now;
            now += record.Again;
        }
    }

    [Fact]
    public async Task U4_the_same_addresses_in_another_order_change_nothing()
    {
        var turn = 0;
        Start(query => query.Type == RecordType.Aaaa ? Response.NoData("test. 5 SOA a. b. 1 2 3 4 5")
            : Interlocked.Increment(ref turn) % 2 == 0 ? Response.Of("api.test. 5 A 192.0.2.1", "api.test. 5 A 192.0.2.2") : Response.Of("api.test. 5 A 192.0.2.2", "api.test. 5 A 192.0.2.1"));
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1 192.0.2.2");
        int count;
        lock (gate)
            count = published.Count;
        var asked = Volatile.Read(ref turn);
        await EventuallyAsync(() => Volatile.Read(ref turn) > asked + 5, "it is asked again and again", () => time.Advance(TimeSpan.FromSeconds(6)));
        lock (gate)
            Assert.Equal(count, published.Count);
    }

    [Fact]
    public async Task One_name_that_does_not_resolve_costs_only_itself()
    {
        Start(query => query.Name == DnsName.Parse("bad.test.") ? null : Response.Of(query.Type == RecordType.A ? [$"{query.Name} 30 A 192.0.2.1"] : []), options => options with { MaxConcurrent = 2 }, patient: false);
        var names = Enumerable.Range(0, 200).Select(i => DnsName.Parse($"n{i}.test.")).ToArray();
        tracker!.Track([DnsName.Parse("bad.test."), .. names]);
        await EventuallyAsync(() => names.All(name => tracker.Current.Find(name)?.Addresses.Count == 1), "all others resolve", () => time.Advance(TimeSpan.FromMilliseconds(51)));
    }

    [Fact]
    public async Task Ten_thousand_names_are_resolved_and_published_in_few_steps()
    {
        Start(query => Response.Of(query.Type == RecordType.A ? [$"{query.Name} 300 A 192.0.2.1"] : []), options => options with { PublishInterval = TimeSpan.FromHours(1) });
        var names = Enumerable.Range(0, 10_000).Select(i => DnsName.Parse($"n{i}.cluster.local.")).ToArray();
        tracker!.Track(names);
        await EventuallyAsync(() => tracker.Current.All.Count(state => state.Addresses.Count == 1) == names.Length, "all are resolved");
        lock (gate)
            Assert.InRange(published.Count, 1, 5);
        Assert.Empty(upstream!.Queries);
    }

    [Fact]
    public async Task D20_names_of_the_cluster_are_not_asked_outside()
    {
        Start(query => query.Name == Api ? Response.Of("api.test. 30 CNAME web.shop.svc.cluster.local.") : null);
        var web = DnsName.Parse("web.shop.svc.cluster.local.");
        var gone = DnsName.Parse("kubernetes.default.svc.cluster.local.");
        tracker!.Track([web, gone, Api, DnsName.Parse("localhost.")]);
        await SeesAsync(web, "127.96.0.1");
        await SeesAsync(Api, "127.96.0.1");
        await SeesAsync(DnsName.Parse("localhost."), "127.0.0.1 ::1");
        await EventuallyAsync(() => State(gone).Problem == "the name does not exist (NXDOMAIN)", "a name that the cluster does not have is denied");
        Assert.All(upstream!.Queries, query => Assert.Equal(Api, query.Name));
    }

    [Fact]
    public async Task A_name_that_is_no_longer_tracked_is_forgotten_and_not_asked_for()
    {
        Start(query => ScriptedUpstream.Answer(query, "api.test. 5 A 192.0.2.1", "other.test. 5 A 192.0.2.2"));
        var other = DnsName.Parse("other.test.");
        tracker!.Track([Api, other]);
        await SeesAsync(Api, "192.0.2.1");
        await SeesAsync(other, "192.0.2.2");
        tracker.Track([other]);
        await EventuallyAsync(
            () =>
            {
                lock (gate)
                    return published[^1].Find(Api) is null;
            },
            "it is published without the name",
            () => time.Advance(TimeSpan.FromMilliseconds(51)));
        var before = upstream!.CountOf("api.test.");
        var others = upstream.CountOf("other.test.");
        await EventuallyAsync(() => upstream.CountOf("other.test.") > others + 4, "the other one is asked for again", () => time.Advance(TimeSpan.FromSeconds(6)));
        Assert.Equal(before, upstream.CountOf("api.test."));
    }

    [Fact]
    public async Task Resolving_now_passes_the_cache()
    {
        Start(query => ScriptedUpstream.Answer(query, "api.test. 300 A 192.0.2.1"));
        tracker!.Track([Api]);
        await SeesAsync(Api, "192.0.2.1");
        upstream!.Change(query => ScriptedUpstream.Answer(query, "api.test. 300 A 192.0.2.2", "new.test. 300 A 192.0.2.3"));
        Assert.Equal("192.0.2.2", Text((await tracker.ResolveNowAsync(Api, CancellationToken.None)).Addresses));
        Assert.Equal("192.0.2.2", Addresses(Api));
        Assert.Equal("192.0.2.3", Text((await tracker.ResolveNowAsync(DnsName.Parse("new.test."), CancellationToken.None)).Addresses));
        Assert.Null(tracker.Current.Find(DnsName.Parse("new.test.")));
    }

    private static string Text(Seq<IPAddress> addresses) => string.Join(' ', (IEnumerable<IPAddress>)addresses);

    // patient: the clock may run while an answer is under way, and no time-out shall depend on how fast this machine is.
    private void Start(Func<ScriptedQuery, Response?> script, Func<OriginTrackerOptions, OriginTrackerOptions>? change = null, bool patient = true)
    {
        upstream = ScriptedUpstream.Start(script);
        var upstreamOptions = new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false, LocalZones = [DnsName.Parse("cluster.local.")] };
        var never = TimeSpan.FromDays(20);
        resolver = new UpstreamResolver(patient ? upstreamOptions with { QueryTimeout = never, AttemptTimeout = never, HedgeAfter = never } : upstreamOptions, time);
        var zone = DnsName.Parse("cluster.local.");
        var kubernetes = DnsName.Parse("kubernetes.default.svc.cluster.local.");
        var options = new OriginTrackerOptions
        {
            Local = name => !name.IsSubdomainOf(zone) ? null : name == kubernetes ? new LocalName([]) : new LocalName([IPText.Parse("127.96.0.1")]),
        };
        tracker = new OriginTracker(resolver, change is null ? options : change(options), time, next =>
        {
            lock (gate)
                published.Add(next);
        });
    }

    private OriginState State(DnsName name) => tracker!.Current.Find(name)!;

    private string Addresses(DnsName name) => Text(State(name).Addresses);

    // What is published lags behind by the interval of publication, so the clock goes on a little.
    private Task SeesAsync(DnsName name, string addresses) => EventuallyAsync(
        () =>
        {
            lock (gate)
                return published.Count > 0 && published[^1].Find(name) is { } state && Text(state.Addresses) == addresses;
        },
        $"{name} is published with {addresses}",
        () => time.Advance(TimeSpan.FromMilliseconds(10)));

    private static Task EventuallyAsync(Func<bool> condition, string what, Action? between = null) => Eventually.TrueAsync(condition, what, between);
}
