using System.Net;
using System.Net.Sockets;
using Elsewhere.Dns;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Resolver;

/// <summary>What upstream servers do wrong, and what becomes of it.</summary>
public sealed class UpstreamFaultSpecs
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task D22_the_next_server_answers_for_a_silent_one_and_is_asked_first_then()
    {
        await using var silent = ScriptedUpstream.Start(_ => (Response?)null);
        await using var good = ScriptedUpstream.Start(query => Response.Of($"{query.Name} 0 A 192.0.2.1"));
        await using var resolver = Resolver([silent.EndPoint, good.EndPoint], options => options with { HedgeAfter = TimeSpan.FromMilliseconds(20) });
        for (var i = 0; i < 10; i++)
            Assert.Single((await AskAsync(resolver, $"n{i}.test."))!.Answer);
        Assert.False(resolver.Servers[0].Healthy);
        Assert.True(resolver.Servers[1].Healthy);
        Assert.InRange(silent.Queries.Count, 2, 9);
    }

    [Fact]
    public async Task D22_a_server_that_is_back_is_found_by_a_probe()
    {
        var time = new FakeTimeProvider();
        await using var first = ScriptedUpstream.Start(_ => (Response?)null);
        await using var second = ScriptedUpstream.Start(query => Response.Of($"{query.Name} 0 A 192.0.2.2"));
        await using var resolver = new UpstreamResolver(new UpstreamOptions([first.EndPoint, second.EndPoint]) { QueryTimeout = Long, AttemptTimeout = TimeSpan.FromSeconds(2) }, time);
        for (var i = 0; resolver.Servers[0].Healthy; i++)
        {
            var asked = AskAsync(resolver, $"n{i}.test.").AsTask();
            await Eventually.TrueAsync(() => asked.IsCompleted, "the second server answers", () => time.Advance(TimeSpan.FromMilliseconds(100)));
            Assert.Equal("192.0.2.2", new IPAddress((await asked)!.Answer[0].Rdata.Span).ToString());
        }

        first.Change(query => Response.Of($"{query.Name} 0 A 192.0.2.1"));
        await Eventually.TrueAsync(
            () => resolver.Servers[0].Healthy,
            "the first is found again",
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                _ = AskAsync(resolver, "again.test.").AsTask();
            });
        Assert.Equal("192.0.2.1", new IPAddress((await AskAsync(resolver, "last.test."))!.Answer[0].Rdata.Span).ToString());
    }

    [Theory]
    [InlineData(Rcode.ServFail)]
    [InlineData(Rcode.Refused)]
    [InlineData(Rcode.NotImp)]
    [InlineData(Rcode.FormErr)]
    public async Task D22_an_error_of_one_server_leads_to_the_next(int rcode)
    {
        await using var bad = ScriptedUpstream.Start(_ => new Response { Rcode = rcode });
        await using var good = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver([bad.EndPoint, good.EndPoint]);
        Assert.Single((await AskAsync(resolver, "www.test."))!.Answer);
    }

    [Theory]
    [InlineData(Rcode.ServFail)]
    [InlineData(Rcode.Refused)]
    public async Task D22_an_error_of_all_servers_is_passed_on(int rcode)
    {
        await using var bad = ScriptedUpstream.Start(_ => new Response { Rcode = rcode });
        await using var resolver = Resolver([bad.EndPoint]);
        var reply = await AskAsync(resolver, "www.test.");
        Assert.Equal(rcode, reply?.Rcode ?? Rcode.ServFail);
    }

    [Fact]
    public async Task D22_NXDOMAIN_is_an_answer_and_not_an_error()
    {
        await using var first = ScriptedUpstream.Serving();
        await using var second = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver([first.EndPoint, second.EndPoint], options => options with { HedgeAfter = Long });
        Assert.Equal(Rcode.NXDomain, (await AskAsync(resolver, "www.test."))!.Rcode);
        Assert.Empty(second.Queries);
    }

    [Fact]
    public async Task D22_a_referral_from_a_server_that_does_not_recurse_leads_to_the_next()
    {
        await using var lame = ScriptedUpstream.Start(_ => new Response { Authoritative = false, Authority = ["test. 300 NS ns.test."] });
        await using var good = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver([lame.EndPoint, good.EndPoint]);
        Assert.Single((await AskAsync(resolver, "www.test."))!.Answer);
    }

    [Fact]
    public async Task D22_with_no_server_that_answers_there_is_no_answer()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var nobody = (IPEndPoint)closed.LocalEndPoint!;
        closed.Dispose();
        await using var resolver = Resolver([nobody]);
        Assert.Null(await AskAsync(resolver, "www.test."));
        await using var none = Resolver([]);
        Assert.Null(await AskAsync(none, "www.test."));
    }

    [Fact]
    public async Task D22_a_wrong_id_or_question_is_passed_over_and_the_right_one_awaited()
    {
        await using var upstream = ScriptedUpstream.Start(query =>
        {
            var forged = Response.Of($"{query.Name} 300 A 203.0.113.66");
            byte[] otherName = [.. DnsName.Parse("bank.test.").Wire, 0, 1, 0, 1];
            byte[] otherType = [.. query.Name.Wire, 0, 28, 0, 1];
            byte[] otherClass = [.. query.Name.Wire, 0, 1, 0, 3];
            var asQuery = forged.To(query);
            asQuery[2] &= 0x7f;
            return
            [
                (forged with { Id = (ushort)(query.Id + 1) }).To(query),
                (forged with { Question = otherName }).To(query),
                (forged with { Question = otherType }).To(query),
                (forged with { Question = otherClass }).To(query),
                asQuery,
                [],
                [1, 2, 3],
                Response.Of($"{query.Name} 300 A 192.0.2.1").To(query),
            ];
        });
        await using var resolver = Resolver([upstream.EndPoint]);
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
        Assert.Single(upstream.Queries);
    }

    [Fact]
    public async Task D22_an_answer_from_another_address_is_not_taken()
    {
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, System.Net.Sockets.ProtocolType.Udp);
        stranger.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var upstream = ScriptedUpstream.Start(query =>
        {
            stranger.SendTo(Response.Of($"{query.Name} 300 A 203.0.113.66").To(query), query.From);
            return Response.Of($"{query.Name} 300 A 192.0.2.1");
        });
        await using var resolver = Resolver([upstream.EndPoint]);
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
    }

    [Fact]
    public async Task D22_a_flood_of_guesses_moves_the_question_to_TCP()
    {
        await using var upstream = ScriptedUpstream.Start(query => query.Tcp
            ? [Response.Of($"{query.Name} 300 A 192.0.2.1").To(query)]
            : Enumerable.Range(1, 40).Select(i => (Response.Of($"{query.Name} 300 A 203.0.113.66") with { Id = (ushort)(query.Id + i) }).To(query)));
        await using var resolver = Resolver([upstream.EndPoint]);
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
        Assert.True(upstream.Queries.Last().Tcp);
    }

    [Fact]
    public async Task D22_an_answer_that_cannot_be_read_leads_to_the_next_server()
    {
        await using var broken = ScriptedUpstream.Start(query => (IEnumerable<byte[]>)[Response.Of("www.test. 300 A 192.0.2.9").To(query)[..^20]]);
        await using var good = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver([broken.EndPoint, good.EndPoint]);
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
    }

    [Fact]
    public async Task D22_a_cut_TCP_answer_leads_to_the_next_server()
    {
        await using var broken = ScriptedUpstream.Start(query => query.Tcp ? [[1]] : [(Response.Of() with { Truncated = true }).To(query)]);
        await using var good = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = Resolver([broken.EndPoint, good.EndPoint]);
        Assert.Equal(["www.test. 300 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
    }

    [Fact]
    public async Task D22_ids_and_ports_are_new_and_random_for_each_query()
    {
        await using var upstream = ScriptedUpstream.Start(query => Response.Of($"{query.Name} 0 A 192.0.2.1"));
        await using var resolver = Resolver([upstream.EndPoint]);
        for (var i = 0; i < 200; i++)
            await AskAsync(resolver, "www.test.");
        var queries = upstream.Queries.ToArray();
        Assert.True(queries.Select(query => query.Id).Distinct().Count() > 180, "ids repeat");
        Assert.True(queries.Select(query => query.From.Port).Distinct().Count() > 150, "ports repeat");
        var steps = queries.Zip(queries.Skip(1), (one, next) => next.From.Port - one.From.Port).Distinct().Count();
        Assert.True(steps > 100, "ports follow a pattern");
    }

    [Fact]
    public async Task D22_more_questions_than_allowed_are_not_sent()
    {
        await using var silent = ScriptedUpstream.Start(_ => (Response?)null);
        await using var resolver = Resolver([silent.EndPoint], options => options with { MaxInFlight = 3, HedgeAfter = Long });
        var waiting = Enumerable.Range(0, 3).Select(i => AskAsync(resolver, $"n{i}.test.").AsTask()).ToArray();
        Assert.Null(await AskAsync(resolver, "one-more.test."));
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        var shared = AskAsync(resolver, "n0.test.").AsTask();
        silent.Change(query => Response.Of($"{query.Name} 0 A 192.0.2.1"));
        Assert.False(shared.IsCompleted);
    }

    [Fact]
    public async Task D22_while_servers_are_down_answers_outlive_their_TTL_for_a_while()
    {
        var time = new FakeTimeProvider();
        await using var upstream = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = new UpstreamResolver(new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false, MaxStale = TimeSpan.FromHours(1) }, time);
        await AskAsync(resolver, "www.test.");
        upstream.Change(query => new Response { Rcode = Rcode.ServFail });
        time.Advance(TimeSpan.FromSeconds(301));
        Assert.Equal(["www.test. 30 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
        time.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal(["www.test. 30 A 192.0.2.1"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
        time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(Rcode.ServFail, (await AskAsync(resolver, "www.test."))!.Rcode);
        upstream.Change(query => Response.Of($"{query.Name} 300 A 192.0.2.2"));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["www.test. 300 A 192.0.2.2"], ZoneText.Lines((await AskAsync(resolver, "www.test."))!.Answer));
    }

    [Fact]
    public async Task D22_a_slow_server_is_not_waited_for_where_something_stale_is_left()
    {
        var time = new FakeTimeProvider();
        await using var upstream = ScriptedUpstream.Serving("www.test. 300 A 192.0.2.1");
        await using var resolver = new UpstreamResolver(
            new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false, QueryTimeout = Long, AttemptTimeout = Long, HedgeAfter = Long }, time);
        await AskAsync(resolver, "www.test.");
        using var gate = new ManualResetEventSlim();
        upstream.Change(query =>
        {
            gate.Wait();
            return Response.Of($"{query.Name} 300 A 192.0.2.2");
        });
        time.Advance(TimeSpan.FromSeconds(301));
        var asked = AskAsync(resolver, "www.test.").AsTask();
        await Eventually.TrueAsync(() => asked.IsCompleted, "the stale answer comes", () => time.Advance(TimeSpan.FromMilliseconds(200)));
        Assert.Equal(["www.test. 30 A 192.0.2.1"], ZoneText.Lines((await asked)!.Answer));
        gate.Set();
        await Eventually.TrueAsync(() => AskAsync(resolver, "www.test.").AsTask() is { IsCompletedSuccessfully: true, Result: { } reply } && reply.Answer[0].Rdata.Span[3] == 2, "the refresh in the background ends");
    }

    [Fact]
    public async Task D22_a_failure_is_remembered_for_a_second()
    {
        var time = new FakeTimeProvider();
        await using var upstream = ScriptedUpstream.Start(_ => new Response { Rcode = Rcode.ServFail });
        await using var resolver = new UpstreamResolver(new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false }, time);
        await AskAsync(resolver, "www.test.");
        var sent = upstream.Queries.Count;
        Assert.Null(await AskAsync(resolver, "www.test."));
        Assert.Equal(sent, upstream.Queries.Count);
        upstream.Change(query => Response.Of($"{query.Name} 300 A 192.0.2.1"));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single((await AskAsync(resolver, "www.test."))!.Answer);
    }

    [Fact]
    public async Task D23_a_server_that_forwards_to_us_is_found_and_left_out()
    {
        UpstreamResolver? self = null;
        await using var loop = ScriptedUpstream.Start(query =>
        {
            var reply = self!.QueryAsync(query.Name, query.Type, query.Class, CancellationToken.None).AsTask();
            return reply.IsCompletedSuccessfully ? new Response { Rcode = reply.Result?.Rcode ?? Rcode.ServFail } : null;
        });
        await using var good = ScriptedUpstream.Start(query => Response.Of($"{query.Name} 300 A 192.0.2.1"));
        await using var resolver = self = new UpstreamResolver(
            new UpstreamOptions([loop.EndPoint, good.EndPoint]) { QueryTimeout = Long, HedgeAfter = TimeSpan.FromMilliseconds(20) }, TimeProvider.System);
        var states = await resolver.ProbeAsync(CancellationToken.None);
        Assert.True(states[0].Looping);
        Assert.False(states[1].Looping);
        var before = loop.CountOf("www.test.");
        Assert.Single((await AskAsync(resolver, "www.test."))!.Answer);
        Assert.Equal(before, loop.CountOf("www.test."));
    }

    [Fact]
    public async Task D23_with_nobody_but_ourselves_there_is_no_answer()
    {
        UpstreamResolver? self = null;
        await using var loop = ScriptedUpstream.Start(query =>
        {
            var reply = self!.QueryAsync(query.Name, query.Type, query.Class, CancellationToken.None).AsTask();
            return reply.IsCompletedSuccessfully ? new Response { Rcode = reply.Result?.Rcode ?? Rcode.ServFail } : null;
        });
        await using var resolver = self = new UpstreamResolver(new UpstreamOptions([loop.EndPoint]) { QueryTimeout = Long, AttemptTimeout = Long, HedgeAfter = Long }, TimeProvider.System);

        // Nobody answers the first question either, and it does not wait for its time-out: its own probe comes back and ends it.
        Assert.Null(await AskAsync(resolver, "first.test."));
        Assert.True(Assert.Single(resolver.Servers).Looping);
        Assert.Null(await AskAsync(resolver, "www.test."));
        Assert.Equal(0, loop.CountOf("www.test."));
    }

    private static ValueTask<UpstreamReply?> AskAsync(UpstreamResolver resolver, string name) =>
        resolver.QueryAsync(DnsName.Parse(name), RecordType.A, RecordClass.In, CancellationToken.None);

    // Time-outs are long, so that no verdict depends on how fast this machine is; what is tested ends by an answer or an error.
    private static UpstreamResolver Resolver(IEnumerable<IPEndPoint> servers, Func<UpstreamOptions, UpstreamOptions>? change = null)
    {
        var options = new UpstreamOptions(servers.ToSeq()) { ProbeForLoops = false, QueryTimeout = Long, AttemptTimeout = Long };
        return new UpstreamResolver(change is null ? options : change(options), TimeProvider.System);
    }
}
