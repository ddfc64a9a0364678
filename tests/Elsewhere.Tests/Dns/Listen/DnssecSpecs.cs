using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;
using Microsoft.Extensions.Time.Testing;

namespace Elsewhere.Tests.Dns.Listen;

/// <summary>A machine's only resolver must let its validating clients validate (RFC 4035 section 3.2): server, resolver and cache together, upstream on a socket.</summary>
public sealed class DnssecSpecs
{
    private const string Soa = "test. 60 SOA ns.test. admin.test. 1 2 3 4 60";
    private const string Address = "www.test. 300 A 192.0.2.1";
    private const string AddressSignature = "www.test. 300 TYPE46 0001AA";
    private const string KeySignature = "www.test. 300 TYPE46 0030BB";
    private const string Nsec = "test. 60 TYPE47 00AA";
    private const string NsecSignature = "test. 60 TYPE46 002FAA";
    private const string Nsec3 = "abc.test. 60 TYPE50 0100";
    private const string Nsec3Signature = "abc.test. 60 TYPE46 0032AA";
    private const string SoaSignature = "test. 60 TYPE46 0006AA";

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task DO_and_CD_reach_the_upstream_as_the_client_set_them(bool dnssecOk, bool checkingDisabled)
    {
        await using var upstream = ScriptedUpstream.Start(Signed);
        await using var server = new ForwardingServer(upstream);
        var reply = await server.AskAsync("www.test.", "A", dnssecOk, checkingDisabled);
        var query = Assert.Single(upstream.Queries);
        Assert.Equal((dnssecOk, checkingDisabled), (query.DnssecOk, query.CheckingDisabled));
        Assert.Equal(checkingDisabled, (reply.Flags & 0x10) != 0);
        Assert.Equal(dnssecOk, reply.Edns!.DnssecOk);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Signatures_come_to_who_asked_for_them_and_to_nobody_else(bool signedFirst)
    {
        await using var upstream = ScriptedUpstream.Start(Signed);
        await using var server = new ForwardingServer(upstream);
        for (var round = 0; round < 2; round++)
        {
            foreach (var dnssecOk in new[] { signedFirst, !signedFirst })
            {
                var reply = await server.AskAsync("www.test.", "A", dnssecOk);
                Assert.Equal(dnssecOk ? [Address, AddressSignature] : [Address], ZoneText.Lines(reply.Answer));
            }
        }

        Assert.Equal(2, upstream.Queries.Count);
    }

    [Fact]
    public async Task Signatures_that_an_upstream_sends_unasked_are_not_passed_on()
    {
        await using var upstream = ScriptedUpstream.Start(query => query.Name == DnsName.Parse("www.test.")
            ? Response.Of(Address, AddressSignature)
            : Response.NXDomain(Soa) with { Authority = [Soa, SoaSignature, Nsec, NsecSignature] });
        await using var server = new ForwardingServer(upstream);
        Assert.Equal([Address], ZoneText.Lines((await server.AskAsync("www.test.", "A")).Answer));
        Assert.Equal([Soa], ZoneText.Lines((await server.AskAsync("no.test.", "A")).Authority));
    }

    [Fact]
    public async Task Of_the_signatures_only_those_of_the_answer_are_passed_on()
    {
        await using var upstream = ScriptedUpstream.Start(_ => Response.Of(Address, AddressSignature, KeySignature, "other.test. 300 TYPE46 0001CC"));
        await using var server = new ForwardingServer(upstream);
        Assert.Equal([Address, AddressSignature], ZoneText.Lines((await server.AskAsync("www.test.", "A", dnssecOk: true)).Answer));
    }

    [Fact]
    public async Task A_denial_comes_with_its_proof()
    {
        await using var upstream = ScriptedUpstream.Start(_ => Response.NXDomain(Soa) with
        {
            Authority = [Soa, SoaSignature, Nsec, NsecSignature, Nsec3, Nsec3Signature],
        });
        await using var server = new ForwardingServer(upstream);
        for (var round = 0; round < 2; round++)
        {
            var reply = await server.AskAsync("no.test.", "A", dnssecOk: true);
            Assert.Equal(Rcode.NXDomain, reply.Rcode);
            Assert.Equal([Soa, Nsec, Nsec3, SoaSignature, NsecSignature, Nsec3Signature], ZoneText.Lines(reply.Authority));
        }

        Assert.Single(upstream.Queries);
    }

    [Theory]
    [InlineData("DNSKEY", "www.test. 300 TYPE48 01000308AA", KeySignature)]
    [InlineData("DS", "www.test. 300 TYPE43 AABBCC", "www.test. 300 TYPE46 002BAA")]
    public async Task Keys_and_digests_are_data_as_any_other(string type, string record, string signature)
    {
        await using var upstream = ScriptedUpstream.Start(query => query.DnssecOk ? Response.Of(record, signature) : Response.Of(record));
        await using var server = new ForwardingServer(upstream);
        Assert.Equal([record], ZoneText.Lines((await server.AskAsync("www.test.", type)).Answer));
        Assert.Equal([record, signature], ZoneText.Lines((await server.AskAsync("www.test.", type, dnssecOk: true)).Answer));
    }

    [Fact]
    public async Task Each_step_of_a_chain_that_is_left_open_keeps_its_signature_and_its_proof()
    {
        const string Cname = "a.test. 300 CNAME www.test.", CnameSignature = "a.test. 300 TYPE46 0005AA";
        await using var upstream = ScriptedUpstream.Start(query => query.Name == DnsName.Parse("a.test.")
            ? Response.Of(Cname, CnameSignature) with { Authority = [Nsec, NsecSignature] }
            : Signed(query));
        await using var server = new ForwardingServer(upstream);
        var reply = await server.AskAsync("a.test.", "A", dnssecOk: true);
        Assert.Equal([Cname, CnameSignature, Address, AddressSignature], ZoneText.Lines(reply.Answer));
        Assert.Equal([Nsec, NsecSignature], ZoneText.Lines(reply.Authority));
        Assert.All(upstream.Queries, query => Assert.True(query.DnssecOk));
    }

    [Fact]
    public async Task What_an_upstream_rejects_is_no_answer_but_to_who_checks_for_himself()
    {
        await using var upstream = ScriptedUpstream.Start(query => query.CheckingDisabled ? Signed(query) : new Response { Rcode = Rcode.ServFail });
        await using var server = new ForwardingServer(upstream);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(Rcode.ServFail, (await server.AskAsync("www.test.", "A", dnssecOk: true)).Rcode);
            Assert.Equal(
                [Address, AddressSignature], ZoneText.Lines((await server.AskAsync("www.test.", "A", dnssecOk: true, checkingDisabled: true)).Answer));
        }
    }

    [Fact]
    public async Task Questions_at_the_same_time_share_an_answer_only_if_their_flags_are_the_same()
    {
        using var gate = new ManualResetEventSlim();
        await using var upstream = ScriptedUpstream.Start(query =>
        {
            gate.Wait();
            return Signed(query);
        });
        await using var server = new ForwardingServer(upstream, options => options with { AttemptTimeout = TimeSpan.FromMinutes(1), QueryTimeout = TimeSpan.FromMinutes(1) });
        var plain = server.AskAsync("www.test.", "A");
        var signed = server.AskAsync("www.test.", "A", dnssecOk: true);
        await Eventually.TrueAsync(() => server.Forwarded == 2, "both are under way");
        gate.Set();
        Assert.Equal([Address], ZoneText.Lines((await plain).Answer));
        Assert.Equal([Address, AddressSignature], ZoneText.Lines((await signed).Answer));
        Assert.Equal([false, true], upstream.Queries.Select(query => query.DnssecOk).Order());
    }

    [Fact]
    public async Task AD_comes_to_who_understands_it()
    {
        await using var upstream = ScriptedUpstream.Start(query => Signed(query) with { AuthenticatedData = true });
        await using var server = new ForwardingServer(upstream);
        Assert.Equal(0, (await server.AskAsync("www.test.", "A")).Flags & 0x20);
        Assert.Equal(0x20, (await server.AskAsync("www.test.", "A", dnssecOk: true)).Flags & 0x20);
        Assert.Equal(0x20, (await server.AskAsync("www.test.", "A", dnssecOk: true)).Flags & 0x20);
    }

    private static Response Signed(ScriptedQuery query) => query.DnssecOk ? Response.Of(Address, AddressSignature) : Response.Of(Address);

    private sealed class ForwardingServer : IAsyncDisposable
    {
        private readonly UpstreamResolver resolver;
        private readonly DnsServer server;

        public ForwardingServer(ScriptedUpstream upstream, Func<UpstreamOptions, UpstreamOptions>? change = null)
        {
            var options = new UpstreamOptions([upstream.EndPoint]) { ProbeForLoops = false };
            resolver = new UpstreamResolver(change is null ? options : change(options), new FakeTimeProvider());
            server = Servers.Start(resolver.QueryAsync);
        }

        public long Forwarded => server.Counters.Forwarded;

        public async Task<DnsMessage> AskAsync(string name, string type, bool dnssecOk = false, bool checkingDisabled = false)
        {
            var query = QueryBuilder.Of(name, type) with { UdpSize = 1232, DnssecOk = dnssecOk, CheckingDisabled = checkingDisabled };
            return DnsMessage.Read(await DnsClient.AskAsync(server.EndPoints[0], query.ToBytes()));
        }

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            await resolver.DisposeAsync();
        }
    }
}
