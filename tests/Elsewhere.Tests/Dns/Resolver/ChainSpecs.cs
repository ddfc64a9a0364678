using Elsewhere.Dns;
using Elsewhere.Model;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Resolver;

/// <summary>Chains of CNAMEs that upstream servers send.</summary>
public sealed class ChainSpecs
{
    [Fact]
    public async Task D19_a_chain_that_a_server_leaves_open_is_followed()
    {
        // This server answers one step at a time.
        await using var upstream = ScriptedUpstream.Serving("a.test. 300 CNAME b.test.", "b.test. 200 CNAME c.test.", "c.test. 100 A 192.0.2.1");
        await using var resolver = Resolver(upstream);
        var reply = await AskAsync(resolver, "a.test.");
        Assert.Equal(Rcode.NoError, reply!.Rcode);
        Assert.Equal(["a.test. 300 CNAME b.test.", "b.test. 200 CNAME c.test.", "c.test. 100 A 192.0.2.1"], ZoneText.Lines(reply.Answer));
        Assert.Equal(3, upstream.Queries.Count);
    }

    [Fact]
    public async Task D19_a_chain_that_dangles_says_so_of_its_end()
    {
        await using var upstream = ScriptedUpstream.Serving("a.test. 300 CNAME b.test.");
        await using var resolver = Resolver(upstream);
        var reply = await AskAsync(resolver, "a.test.");
        Assert.Equal(Rcode.NXDomain, reply!.Rcode);
        Assert.Equal(["a.test. 300 CNAME b.test."], ZoneText.Lines(reply.Answer));
        Assert.Single(reply.Authority);
    }

    [Theory]
    [InlineData("a.test. 300 CNAME a.test.")]
    [InlineData("a.test. 300 CNAME b.test.", "b.test. 300 CNAME a.test.")]
    [InlineData("a.test. 300 CNAME b.test.", "b.test. 300 CNAME c.test.", "c.test. 300 CNAME b.test.")]
    public async Task D19_a_loop_ends_in_SERVFAIL_with_what_was_found(params string[] zone)
    {
        foreach (var stepwise in new[] { true, false })
        {
            await using var upstream = stepwise ? ScriptedUpstream.Serving(zone) : ScriptedUpstream.Start(_ => Response.Of(zone));
            await using var resolver = Resolver(upstream);
            var reply = await AskAsync(resolver, "a.test.");
            Assert.Equal(Rcode.ServFail, reply!.Rcode);
            Assert.Equal(zone, ZoneText.Lines(reply.Answer));
        }
    }

    [Fact]
    public async Task D19_two_halves_of_a_loop_asked_at_once_do_not_wait_for_each_other()
    {
        await using var upstream = ScriptedUpstream.Serving("a.test. 0 CNAME b.test.", "b.test. 0 CNAME a.test.");
        await using var resolver = Resolver(upstream);
        for (var i = 0; i < 20; i++)
        {
            var replies = await Task.WhenAll(AskAsync(resolver, "a.test.").AsTask(), AskAsync(resolver, "b.test.").AsTask());
            Assert.All(replies, reply => Assert.True(reply is null or { Rcode: Rcode.ServFail }));
        }
    }

    [Theory]
    [InlineData(8, false, Rcode.NoError)]
    [InlineData(9, false, Rcode.ServFail)]
    [InlineData(20, false, Rcode.ServFail)]
    [InlineData(16, true, Rcode.NoError)]
    [InlineData(17, true, Rcode.ServFail)]
    public async Task D19_a_chain_is_followed_so_far_and_no_further(int steps, bool inOneReply, int rcode)
    {
        string[] zone = [.. Enumerable.Range(0, steps).Select(i => $"n{i}.test. 300 CNAME n{i + 1}.test."), $"n{steps}.test. 300 A 192.0.2.1"];
        await using var upstream = inOneReply ? ScriptedUpstream.Start(_ => Response.Of(zone)) : ScriptedUpstream.Serving(zone);
        await using var resolver = Resolver(upstream);
        var reply = await AskAsync(resolver, "n0.test.");
        Assert.Equal(rcode, reply!.Rcode);
        Assert.Equal(rcode == Rcode.NoError ? steps + 1 : inOneReply ? 16 : 9, reply.Answer.Count);
    }

    [Fact]
    public async Task D20_a_chain_that_leads_into_the_cluster_is_not_followed_outside()
    {
        await using var upstream = ScriptedUpstream.Serving("a.test. 300 CNAME kubernetes.default.svc.cluster.local.", "b.test. 300 CNAME localhost.");
        await using var resolver = Resolver(upstream);
        Assert.Equal(["a.test. 300 CNAME kubernetes.default.svc.cluster.local."], ZoneText.Lines((await AskAsync(resolver, "a.test."))!.Answer));
        Assert.Equal(["b.test. 300 CNAME localhost."], ZoneText.Lines((await AskAsync(resolver, "b.test."))!.Answer));
        Assert.Equal(2, upstream.Queries.Count);
    }

    [Fact]
    public async Task A_question_for_the_CNAME_itself_is_not_followed()
    {
        await using var upstream = ScriptedUpstream.Serving("a.test. 300 CNAME b.test.", "b.test. 300 A 192.0.2.1");
        await using var resolver = Resolver(upstream);
        var reply = await resolver.QueryAsync(DnsName.Parse("a.test."), RecordType.Cname, RecordClass.In, CancellationToken.None);
        Assert.Equal(["a.test. 300 CNAME b.test."], ZoneText.Lines(reply!.Answer));
        Assert.Single(upstream.Queries);
    }

    private static ValueTask<UpstreamReply?> AskAsync(UpstreamResolver resolver, string name) =>
        resolver.QueryAsync(DnsName.Parse(name), RecordType.A, RecordClass.In, CancellationToken.None);

    private static UpstreamResolver Resolver(ScriptedUpstream upstream) =>
        new(new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false, LocalZones = [DnsName.Parse("cluster.local.")] }, new FakeTimeProvider());
}
