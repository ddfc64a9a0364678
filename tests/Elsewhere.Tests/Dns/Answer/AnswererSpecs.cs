using System.Globalization;
using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Dns.Answer;

public sealed class AnswererSpecs
{
    private static readonly DnsTable Table = Tables.Of(
        Tables.ClusterIP("web", "10.96.0.7") + Tables.Headless("few", 3) + Tables.Headless("many", 1000) + Tables.ExternalName("db", "db.example.com"));

    [Fact]
    public void D2_before_the_first_snapshot_nothing_is_denied()
    {
        var table = DnsTable.NotSynced(DnsName.Parse("cluster.local."));
        foreach (var name in (string[])["web.shop.svc.cluster.local.", "nothing.cluster.local.", "cluster.local.", "7.0.96.10.in-addr.arpa."])
        {
            var reply = Tables.Reply(table, name, "A");
            Assert.Equal(Rcode.ServFail, reply.Rcode);
            Assert.True(reply.Authority.IsEmpty, "a denial that can be kept");
        }

        Assert.Equal(Verdict.Forward, Tables.Ask(table, QueryBuilder.Bytes("example.com.", "A"), Tables.Recursive).Verdict);
    }

    [Fact]
    public void D9_nobody_can_list_what_there_is()
    {
        var any = Tables.Reply(Table, "web.shop.svc.cluster.local.", "ANY");
        Assert.Equal(Rcode.NoError, any.Rcode);
        Assert.True(any.Answer.IsEmpty);
        foreach (var type in (string[])["AXFR", "IXFR"])
        {
            foreach (var name in (string[])["cluster.local.", "in-addr.arpa.", "example.com.", "."])
                Assert.Equal(Rcode.Refused, Tables.Reply(Table, name, type).Rcode);
        }

        foreach (var name in (string[])["*.shop.svc.cluster.local.", "*.*.svc.cluster.local.", "any.any.svc.cluster.local."])
            Assert.Equal(Rcode.NXDomain, Tables.Reply(Table, name, "A").Rcode);
    }

    [Theory]
    [InlineData(null, 512)]
    [InlineData(0, 512)]
    [InlineData(512, 512)]
    [InlineData(513, 513)]
    [InlineData(1231, 1231)]
    [InlineData(1232, 1232)]
    [InlineData(1233, 1232)]
    [InlineData(65535, 1232)]
    public void D12_no_datagram_is_larger_than_the_client_or_a_path_takes(int? udpSize, int limit)
    {
        foreach (var type in (string[])["A", "SRV"])
        {
            var query = (QueryBuilder.Of("many.shop.svc.cluster.local.", type) with { UdpSize = udpSize }).ToBytes();
            var (_, octets) = Tables.Ask(Table, query);
            Assert.InRange(octets.Length, limit - 80, limit);
            var cut = DnsMessage.Read(octets);
            Assert.True(cut.Truncated);
            Assert.Equal(udpSize is not null, cut.Edns is not null);
            var whole = Tables.Reply(Table, query, DnsTransport.Tcp);
            Assert.Equal(type == "A" ? 1000 : whole.Answer.Count, whole.Answer.Count);
            Assert.Subset(whole.Answer.ToHashSet(), cut.Answer.ToHashSet());
        }
    }

    [Fact]
    public void D12_all_endpoints_of_a_thousand_come_over_TCP_with_their_targets()
    {
        var whole = Tables.Reply(Table, QueryBuilder.Bytes("_http._tcp.many.shop.svc.cluster.local.", "SRV"), DnsTransport.Tcp);
        Assert.Equal(1000, whole.Answer.Count);
        Assert.Equal(1000, whole.Answer.Select(record => record.Rdata.ToArray()).Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void A_set_that_no_message_holds_is_cut_at_the_end_of_a_record()
    {
        var table = Tables.Of(Tables.Headless("huge", 1000).Replace("name: huge-1,", "name: huge-1,", StringComparison.Ordinal) + MoreSlices("huge", 5));
        var cut = Tables.Reply(table, QueryBuilder.Bytes("huge.shop.svc.cluster.local.", "A"), DnsTransport.Tcp);
        Assert.True(cut.Truncated);
        Assert.InRange(cut.Answer.Count, 4000, 4096);
    }

    [Fact]
    public void D15_what_is_no_query_gets_no_answer_or_FORMERR()
    {
        var good = QueryBuilder.Bytes("web.shop.svc.cluster.local.", "A");
        AssertVerdict(Verdict.Drop, []);
        AssertVerdict(Verdict.Drop, good[..11]);
        AssertFormErr(good[..12]);
        AssertFormErr(good[..^1]);

        var response = (byte[])good.Clone();
        response[2] |= 0x80;
        AssertVerdict(Verdict.Drop, response);

        AssertFormErr(With(good, 5, 0));
        AssertFormErr(With(good, 5, 2));
        AssertFormErr(With(good, 7, 2));
        AssertFormErr(With(good, 9, 2));
        AssertFormErr(With(good, 11, 3));
        AssertFormErr(With(good, 11, 1));

        // The first name of a message: a pointer to itself, into the header, forward; the two label types that nobody uses.
        AssertFormErr([.. good[..12], 0xc0, 12, 0, 1, 0, 1]);
        AssertFormErr([.. good[..12], 0xc0, 0, 0, 1, 0, 1]);
        AssertFormErr([.. good[..12], 0xc0, 40, 0, 1, 0, 1]);
        AssertFormErr([.. good[..12], 0x40, 0, 0, 1, 0, 1]);
        AssertFormErr([.. good[..12], 0x80, 0, 0, 1, 0, 1]);

        // 255 octets are a name, 256 are not.
        byte[] most = [.. Enumerable.Repeat((byte[])[1, (byte)'x'], 127).SelectMany(label => label)];
        Assert.Equal(Rcode.ServFail, DnsMessage.Read(Tables.Ask(Table, [.. good[..12], .. most, 0, 0, 1, 0, 1]).Reply).Rcode);
        AssertFormErr([.. good[..12], 1, (byte)'x', .. most, 0, 0, 1, 0, 1]);
    }

    [Fact]
    public void D15_a_pointer_loop_is_refused()
    {
        var query = QueryBuilder.Bytes("web.shop.svc.cluster.local.", "A");
        query[11] = 1;
        var at = (byte)query.Length;
        AssertFormErr([.. query, 0xc0, at, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0]);
        AssertFormErr([.. query, 1, (byte)'x', 0xc0, at, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        AssertFormErr([.. query, 0xc0, (byte)(at + 4), 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        Assert.Equal(Rcode.NoError, DnsMessage.Read(Tables.Ask(Table, [.. query, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]).Reply).Rcode);
    }

    [Fact]
    public void D15_two_servers_do_not_answer_each_other()
    {
        var message = QueryBuilder.Bytes("web.shop.svc.cluster.local.", "A");
        var (verdict, reply) = Tables.Ask(Table, message);
        Assert.Equal(Verdict.Reply, verdict);
        AssertVerdict(Verdict.Drop, reply);
        var error = Tables.Ask(Table, With(message, 5, 0)).Reply;
        AssertVerdict(Verdict.Drop, error);
    }

    [Theory]
    [InlineData(0x10)]
    [InlineData(0x01)]
    [InlineData(0xff)]
    public void D17_the_question_comes_back_as_it_was(int pattern)
    {
        var name = string.Concat("few.shop.svc.cluster.local.".Select((c, i) => ((pattern >> (i % 8)) & 1) != 0 ? char.ToUpperInvariant(c) : c));
        var query = QueryBuilder.Bytes(name, "A");
        var reply = Tables.Reply(Table, query);
        Assert.Equal(query[12..], reply.Question);
        Assert.Equal(3, reply.Answer.Count);
        Assert.All(reply.Answer, record => Assert.Equal(name, record.Owner.ToString()));
    }

    [Fact]
    public void Several_addresses_take_turns()
    {
        var query = QueryBuilder.Bytes("few.shop.svc.cluster.local.", "A");
        var firsts = Enumerable.Range(0, 6).Select(turn => ZoneText.Line(Tables.Reply(Table, query, turn: (uint)turn).Answer[0])).ToArray();
        Assert.Equal(3, firsts.Distinct().Count());
        Assert.Equal(firsts[..3], firsts[3..]);
        Assert.All(Enumerable.Range(0, 6), turn => Assert.Equal(3, Tables.Reply(Table, query, turn: (uint)turn).Answer.Distinct().Count()));
    }

    [Fact]
    public void D21_a_name_that_is_missing_and_a_record_that_is_missing_are_told_apart_and_both_are_forgotten_soon()
    {
        Assert.Equal(Rcode.NoError, Tables.Reply(Table, "web.shop.svc.cluster.local.", "AAAA").Rcode);
        Assert.Equal(Rcode.NXDomain, Tables.Reply(Table, "wep.shop.svc.cluster.local.", "AAAA").Rcode);
        Assert.Equal(Rcode.NoError, Tables.Reply(Table, "shop.svc.cluster.local.", "A").Rcode);
        Assert.Equal(Rcode.NoError, Tables.Reply(Table, "svc.cluster.local.", "A").Rcode);
        var quick = DnsTable.Build(Tables.Snapshot(Tables.ClusterIP("web", "10.96.0.7")), DnsTableOptions.Default with { Ttl = 30, NegativeTtl = 5 });
        var denial = Assert.Single(Tables.Reply(quick, "wep.shop.svc.cluster.local.", "A").Authority.ToArray());
        Assert.Equal(5u, denial.Ttl);
        Assert.EndsWith(" 5", ZoneText.Line(denial), StringComparison.Ordinal);
    }

    [Fact]
    public void D24_no_answer_allocates()
    {
        byte[][] queries =
        [
            QueryBuilder.Bytes("web.shop.svc.cluster.local.", "A"),
            QueryBuilder.Bytes("wep.shop.svc.cluster.local.", "A"),
            QueryBuilder.Bytes("few.shop.svc.cluster.local.", "A"),
            QueryBuilder.Bytes("many.shop.svc.cluster.local.", "SRV"),
            QueryBuilder.Bytes("_http._tcp.web.shop.svc.cluster.local.", "SRV"),
            QueryBuilder.Bytes("7.0.96.10.in-addr.arpa.", "PTR"),
            QueryBuilder.Bytes("db.shop.svc.cluster.local.", "A"),
            QueryBuilder.Bytes("example.com.", "A"),
            (QueryBuilder.Of("web.shop.svc.cluster.local.", "A") with { UdpSize = 1232, Options = [(10, new byte[8]), (3, [])] }).ToBytes(),
            QueryBuilder.Bytes("web.shop.svc.cluster.local.", "A")[..20],
            [],
        ];
        var octets = new byte[AnswerSettings.MaxDatagram];
        byte[] client = [192, 0, 2, 1];
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Pass();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Pass()
        {
            foreach (var query in queries)
            {
                _ = Answerer.Answer(Table, query, new AnswerContext(Tables.Alone, DnsTransport.Udp, 1, client), octets, out _);
                _ = Answerer.Answer(Table, query, new AnswerContext(Tables.Recursive, DnsTransport.Udp, 1, client), octets, out _);
            }
        }
    }

    [Fact]
    public void D24_a_million_names_that_nobody_has_leave_nothing_behind()
    {
        const int Names = 1_000_000;
        var query = QueryBuilder.Bytes("00000000.shop.svc.cluster.local.", "A");
        var label = query.AsSpan(13, 8);
        var octets = new byte[AnswerSettings.MaxDatagram];
        byte[] client = [192, 0, 2, 1];
        var denied = 0;
        Ask();
        (var before, denied) = (GC.GetAllocatedBytesForCurrentThread(), 0);
        for (var name = 0; name < Names; name++)
        {
            _ = name.TryFormat(label, out _, "D8", CultureInfo.InvariantCulture);
            Ask();
        }

        Assert.Equal((before, Names), (GC.GetAllocatedBytesForCurrentThread(), denied));

        void Ask()
        {
            _ = Answerer.Answer(Table, query, new AnswerContext(Tables.Recursive, DnsTransport.Udp, 1, client), octets, out _);
            if ((octets[3] & 0xF) == (int)Rcode.NXDomain)
                denied++;
        }
    }

    private static string MoreSlices(string name, int count)
    {
        var yaml = "";
        for (var slice = 2; slice < 2 + count; slice++)
        {
            yaml += $"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{ name: {name}-{slice}, labels: {{ kubernetes.io/service-name: {name} }} }}\n"
                + "addressType: IPv4\nports: [{ name: http, port: 8080 }]\nendpoints:\n"
                + string.Concat(Enumerable.Range(0, 1000).Select(i => $"- addresses: [\"203.{slice}.{i / 250}.{(i % 250) + 1}\"]\n"));
        }

        return yaml;
    }

    private static byte[] With(byte[] message, int at, byte value)
    {
        var copy = (byte[])message.Clone();
        copy[at] = value;
        return copy;
    }

    private static void AssertVerdict(Verdict verdict, byte[] message) => Assert.Equal(verdict, Tables.Ask(Table, message).Verdict);

    private static void AssertFormErr(byte[] message)
    {
        var (verdict, reply) = Tables.Ask(Table, message);
        Assert.Equal(Verdict.Reply, verdict);
        Assert.Equal(Rcode.FormErr, DnsMessage.Read(reply).Rcode);
    }
}
