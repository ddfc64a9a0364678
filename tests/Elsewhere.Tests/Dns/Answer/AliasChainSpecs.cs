using Elsewhere.Dns;
using Elsewhere.Model;
using Elsewhere.Tests.Dns.Resolver;

namespace Elsewhere.Tests.Dns.Answer;

public sealed class AliasChainSpecs
{
    private const string Zone = "shop.svc.cluster.local";

    [Theory]
    [InlineData(11, 11)]
    [InlineData(12, 0)]
    [InlineData(20, 0)]
    public void D19_a_chain_has_eleven_aliases_at_most(int length, int expected)
    {
        var yaml = Tables.ClusterIP("web", "10.96.0.7");
        for (var i = 1; i <= length; i++)
            yaml += Tables.ExternalName($"c{i}", i == length ? $"web.{Zone}" : $"c{i + 1}.{Zone}");
        var reply = Tables.Reply(Tables.Of(yaml), $"c1.{Zone}.", "A");
        Assert.Equal(Rcode.NoError, reply.Rcode);
        Assert.Equal(expected, reply.Answer.Count(record => record.Type == RecordType.Cname));
        Assert.Equal(expected == 0 ? 0 : 1, reply.Answer.Count(record => record.Type == RecordType.A));
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "x.a")]
    [InlineData("a", "b", "b", "a")]
    [InlineData("a", "b", "b", "c", "c", "b")]
    [InlineData("a", "nobody")]
    public void D19_a_chain_that_comes_back_or_leads_to_nothing_is_no_answer(params string[] pairs)
    {
        var yaml = "";
        for (var i = 0; i < pairs.Length; i += 2)
            yaml += Tables.ExternalName(pairs[i], $"{pairs[i + 1]}.{Zone}");
        var table = Tables.Of(yaml);
        foreach (var type in (string[])["A", "AAAA"])
        {
            var reply = Tables.Reply(table, $"a.{Zone}.", type);
            Assert.Equal(Rcode.NoError, reply.Rcode);
            Assert.True(reply.Answer.IsEmpty);
        }

        Assert.Single(Tables.Reply(table, $"a.{Zone}.", "CNAME").Answer.ToArray());
    }

    [Fact]
    public void An_alias_that_leads_outside_is_completed_with_what_upstream_says()
    {
        var table = Tables.Of(Tables.ExternalName("a", $"b.{Zone}") + Tables.ExternalName("b", "db.example.com"));
        var query = QueryBuilder.Bytes($"a.{Zone}.", "A");
        Assert.Equal(Verdict.Complete, Tables.Ask(table, query, Tables.Recursive).Verdict);
        Assert.Equal(new UpstreamQuestion(DnsName.Parse("db.example.com."), RecordType.A, RecordClass.In), UpstreamAnswer.QuestionOf(table, query));
        var reply = Write(table, query, Upstream(Rcode.NoError, "db.example.com. 300 A 192.0.2.10"));
        Assert.Equal(
            [$"a.{Zone}. 30 CNAME b.{Zone}.", $"b.{Zone}. 30 CNAME db.example.com.", "db.example.com. 300 A 192.0.2.10"], ZoneText.Lines(reply.Answer));
        Assert.True(reply.Authoritative);
    }

    [Fact]
    public void The_target_may_be_missing_without_the_alias_being_denied()
    {
        var table = Tables.Of(Tables.ExternalName("b", "db.example.com"));
        var reply = Write(table, QueryBuilder.Bytes($"b.{Zone}.", "A"), Upstream(Rcode.NXDomain));
        Assert.Equal(Rcode.NoError, reply.Rcode);
        Assert.Equal([$"b.{Zone}. 30 CNAME db.example.com."], ZoneText.Lines(reply.Answer));
    }

    [Fact]
    public void D22_an_upstream_that_does_not_answer_is_not_taken_for_no_address()
    {
        var table = Tables.Of(Tables.ExternalName("b", "db.example.com"));
        foreach (var upstream in (UpstreamReply?[])[null, Upstream(Rcode.ServFail), Upstream(Rcode.Refused)])
        {
            var reply = Write(table, QueryBuilder.Bytes($"b.{Zone}.", "A"), upstream);
            Assert.Equal(Rcode.ServFail, reply.Rcode);
            Assert.Equal([$"b.{Zone}. 30 CNAME db.example.com."], ZoneText.Lines(reply.Answer));
        }
    }

    [Fact]
    public void A_forwarded_answer_keeps_the_flags_that_upstream_gave_it()
    {
        var table = Tables.Of(Tables.ExternalName("b", "db.example.com"));
        var upstream = Upstream(Rcode.NXDomain) with { Authoritative = false, RecursionAvailable = true, AuthenticatedData = true };
        var plain = Write(table, QueryBuilder.Bytes("www.example.com.", "A"), upstream);
        Assert.Equal((Rcode.NXDomain, false, true, 0), (plain.Rcode, plain.Authoritative, plain.RecursionAvailable, plain.Flags & 0x20));
        var asking = Write(table, (QueryBuilder.Of("www.example.com.", "A") with { AuthenticData = true }).ToBytes(), upstream);
        Assert.Equal(0x20, asking.Flags & 0x20);
    }

    [Fact]
    public void Without_an_upstream_the_alias_is_all_there_is_to_say()
    {
        var reply = Tables.Reply(Tables.Of(Tables.ExternalName("b", "db.example.com")), $"b.{Zone}.", "A");
        Assert.Equal(Rcode.NoError, reply.Rcode);
        Assert.Equal([$"b.{Zone}. 30 CNAME db.example.com."], ZoneText.Lines(reply.Answer));
    }

    [Fact]
    public void D20_an_alias_of_another_namespaces_Service_is_that_Services_address_and_an_address_is_no_alias()
    {
        var table = Tables.Of(
            Tables.ClusterIP("web", "10.96.0.7") + Tables.ExternalName("other", $"web.{Zone}") + Tables.ExternalName("four", "192.0.2.1"));
        Assert.Equal([$"other.{Zone}. 30 CNAME web.{Zone}.", $"web.{Zone}. 30 A 10.96.0.7"], ZoneText.Lines(Tables.Reply(table, $"other.{Zone}.", "A").Answer));
        Assert.Equal(Rcode.NXDomain, Tables.Reply(table, $"four.{Zone}.", "A").Rcode);
    }

    private static UpstreamReply Upstream(int rcode, params string[] answer) =>
        new(rcode, true, false, answer.Select(ZoneText.Parse).ToSeq(), [], []);

    private static DnsMessage Write(DnsTable table, byte[] query, UpstreamReply? upstream)
    {
        var octets = new byte[AnswerSettings.MaxDatagram];
        var length = UpstreamAnswer.Write(table, query, upstream, new AnswerContext(Tables.Recursive, DnsTransport.Udp, 0, [192, 0, 2, 1]), octets);
        return DnsMessage.Read(octets.AsSpan(0, length));
    }
}
