using Elsewhere.Dns;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Resolver;

public sealed class UpstreamResolverSpecs
{
    private const string Soa = "test. 300 SOA ns.test. admin.test. 1 1800 900 604800 60";

    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task An_answer_comes_as_the_upstream_sent_it()
    {
        await using var upstream = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1", "www.test. 300 A 192.0.2.2");
        await using var resolver = Resolver(upstream);
        var reply = await AskAsync(resolver, "www.test.", "A");
        Assert.NotNull(reply);
        Assert.Equal(Rcode.NoError, reply.Rcode);
        Assert.True(reply.Authoritative);
        Assert.Equal(["www.test. 300 A 192.0.2.1", "www.test. 300 A 192.0.2.2"], ZoneText.Lines(reply.Answer));
        var query = Assert.Single(upstream.Queries);
        Assert.True(query.Edns);
        Assert.False(query.Tcp);
    }

    [Fact]
    public async Task TTLs_count_down_and_end()
    {
        await using var upstream = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver(upstream);
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test.", "A"))!.Answer));
        time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test.", "A"))!.Answer));
        time.Advance(TimeSpan.FromSeconds(100));
        var cached = (await AskAsync(resolver, "WWW.test.", "A"))!;
        Assert.Equal(["WWW.test. 200 A 192.0.2.1"], ZoneText.Lines(cached.Answer));
        Assert.Single(upstream.Queries);
        time.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test.", "A"))!.Answer));
        Assert.Equal(2, upstream.Queries.Count);
    }

    [Fact]
    public async Task A_denial_lives_as_long_as_the_SOA_minimum_says()
    {
        await using var upstream = ScriptedUpstream.Serving(Soa, "www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver(upstream);
        foreach (var (name, type, rcode) in new[] { ("no.test.", "A", Rcode.NXDomain), ("www.test.", "AAAA", Rcode.NoError) })
        {
            var denied = (await AskAsync(resolver, name, type))!;
            Assert.Equal(rcode, denied.Rcode);
            Assert.Empty(denied.Answer);
            Assert.Equal(["test. 60 SOA ns.test. admin.test. 1 1800 900 604800 60"], ZoneText.Lines(denied.Authority));
            time.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal(["test. 1 SOA ns.test. admin.test. 1 1800 900 604800 60"], ZoneText.Lines((await AskAsync(resolver, name, type))!.Authority));
            Assert.Equal(1, upstream.CountOf(name));
            time.Advance(TimeSpan.FromSeconds(1));
            await AskAsync(resolver, name, type);
            Assert.Equal(2, upstream.CountOf(name));
        }
    }

    [Fact]
    public async Task A_denial_without_a_SOA_record_is_not_kept()
    {
        await using var upstream = ScriptedUpstream.Start(_ => new Response { Rcode = Rcode.NXDomain });
        await using var resolver = Resolver(upstream);
        await AskAsync(resolver, "no.test.", "A");
        await AskAsync(resolver, "no.test.", "A");
        Assert.Equal(2, upstream.Queries.Count);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_comes_over_TCP()
    {
        var lines = Enumerable.Range(1, 200).Select(i => $"big.test. 300 A 198.51.100.{i}").ToArray();
        await using var upstream = ScriptedUpstream.Start(query => Response.Of(query.Tcp ? lines : lines[..10]) with { Truncated = !query.Tcp });
        await using var resolver = Resolver(upstream);
        var reply = await AskAsync(resolver, "big.test.", "A");
        Assert.Equal(lines, ZoneText.Lines(reply!.Answer));
        Assert.Equal([false, true], upstream.Queries.Select(query => query.Tcp));
    }

    [Fact]
    public async Task A_server_without_EDNS_is_asked_without()
    {
        await using var upstream = ScriptedUpstream.Start(query => query.Edns ? new Response { Rcode = Rcode.FormErr } : Response.Of($"{query.Name} 300 A 192.0.2.1"));
        await using var resolver = Resolver(upstream);
        Assert.Single((await AskAsync(resolver, "a.test.", "A"))!.Answer);
        Assert.Single((await AskAsync(resolver, "b.test.", "A"))!.Answer);
        Assert.Equal([true, false, false], upstream.Queries.Select(query => query.Edns));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_flags_of_a_reply_are_kept_but_for_AA_from_the_cache_unless_wanted(bool keep)
    {
        await using var upstream = ScriptedUpstream.Start(query => [Flagged(query)]);
        await using var resolver = Resolver(upstream, options => options with { KeepAuthoritative = keep });
        foreach (var authoritative in new[] { true, keep })
        {
            var reply = (await AskAsync(resolver, "www.test.", "A"))!;
            Assert.Equal((authoritative, true, true), (reply.Authoritative, reply.RecursionAvailable, reply.AuthenticatedData));
        }

        Assert.Single(upstream.Queries);

        static byte[] Flagged(ScriptedQuery query)
        {
            var message = Response.Of("www.test. 300 A 192.0.2.1").To(query);
            message[3] |= 0xa0;
            return message;
        }
    }

    [Fact]
    public async Task Who_asks_the_same_at_the_same_time_shares_one_query()
    {
        using var gate = new ManualResetEventSlim();
        await using var upstream = ScriptedUpstream.Start(query =>
        {
            gate.Wait();
            return Response.Of($"{query.Name} 0 A 192.0.2.1");
        });
        await using var resolver = Resolver(upstream, options => options with { AttemptTimeout = TimeSpan.FromMinutes(1), QueryTimeout = TimeSpan.FromMinutes(1) });
        var asked = Enumerable.Range(0, 50).Select(_ => AskAsync(resolver, "www.test.", "A").AsTask()).ToArray();
        gate.Set();
        Assert.All(await Task.WhenAll(asked), reply => Assert.Single(reply!.Answer));
        Assert.Single(upstream.Queries);
    }

    [Fact]
    public async Task The_waiting_of_one_may_end_without_the_others()
    {
        using var gate = new ManualResetEventSlim();
        await using var upstream = ScriptedUpstream.Start(query =>
        {
            gate.Wait();
            return Response.Of($"{query.Name} 300 A 192.0.2.1");
        });
        await using var resolver = Resolver(upstream, options => options with { AttemptTimeout = TimeSpan.FromMinutes(1), QueryTimeout = TimeSpan.FromMinutes(1) });
        using var impatient = new CancellationTokenSource();
        var first = resolver.QueryAsync(DnsName.Parse("www.test."), RecordType.A, RecordClass.In, impatient.Token).AsTask();
        var second = AskAsync(resolver, "www.test.", "A").AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.Set();
        Assert.Single((await second)!.Answer);
    }

    [Fact]
    public async Task What_is_asked_often_is_renewed_before_it_ends()
    {
        await using var upstream = ScriptedUpstream.Serving("www.test. 100 A 192.0.2.1");
        await using var resolver = Resolver(upstream);
        await AskAsync(resolver, "www.test.", "A");
        await AskAsync(resolver, "www.test.", "A");
        time.Advance(TimeSpan.FromSeconds(95));
        Assert.Equal(["www.test. 5 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test.", "A"))!.Answer));
        await Eventually.TrueAsync(() => upstream.Queries.Count == 2, "it is renewed");
    }

    [Fact]
    public async Task Localhost_is_this_machine_and_asks_nobody()
    {
        await using var upstream = ScriptedUpstream.Serving();
        await using var resolver = Resolver(upstream);
        Assert.Equal(["api.localhost. 3600 A 127.0.0.1"], ZoneText.Lines((await AskAsync(resolver, "api.localhost.", "A"))!.Answer));
        Assert.Equal(["localhost. 3600 AAAA ::1"], ZoneText.Lines((await AskAsync(resolver, "localhost.", "AAAA"))!.Answer));
        Assert.Empty((await AskAsync(resolver, "localhost.", "MX"))!.Answer);
        Assert.Empty(upstream.Queries);
    }

    [Fact]
    public async Task Random_case_that_a_server_does_not_repeat_leads_to_TCP_and_is_left_off_then()
    {
        await using var upstream = ScriptedUpstream.Start(query => Response.Of($"{query.Name} 300 A 192.0.2.1") with
        {
            Question = [.. DnsName.Parse(query.Name.ToString().ToLowerInvariant()).Wire, 0, 1, 0, 1],
        });
        await using var resolver = Resolver(upstream, options => options with { RandomiseCase = true });
        const string Long = "www.abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.test.";
        Assert.Equal([$"{Long} 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, Long, "A"))!.Answer));
        Assert.Equal([false, true], upstream.Queries.Select(query => query.Tcp));
        Assert.NotEqual(Long, upstream.Queries.First().Name.ToString());
        await AskAsync(resolver, "second." + Long, "A");
        Assert.Equal("second." + Long, upstream.Queries.Last().Name.ToString());
        Assert.False(upstream.Queries.Last().Tcp);
    }

    [Fact]
    public async Task Random_case_does_not_show_in_the_answer()
    {
        await using var upstream = ScriptedUpstream.Start(query => Response.Of($"{query.Name} 300 CNAME x.{query.Name}", $"x.{query.Name} 300 A 192.0.2.1"));
        await using var resolver = Resolver(upstream, options => options with { RandomiseCase = true });
        var reply = await AskAsync(resolver, "www.Example.test.", "A");
        Assert.Equal(["www.Example.test. 300 CNAME x.www.Example.test.", "x.www.Example.test. 300 A 192.0.2.1"], ZoneText.Lines(reply!.Answer));
    }

    private static ValueTask<UpstreamReply?> AskAsync(UpstreamResolver resolver, string name, string type) =>
        resolver.QueryAsync(DnsName.Parse(name), ZoneText.TypeOf(type), RecordClass.In, CancellationToken.None);

    private UpstreamResolver Resolver(ScriptedUpstream upstream, Func<UpstreamOptions, UpstreamOptions>? change = null)
    {
        var options = new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false };
        return new UpstreamResolver(change is null ? options : change(options), time);
    }
}
