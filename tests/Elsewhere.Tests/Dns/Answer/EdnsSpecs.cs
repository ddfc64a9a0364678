using Elsewhere.Dns;

namespace Elsewhere.Tests.Dns.Answer;

/// <summary>The list that ednscomp checks, and the options that are known.</summary>
public sealed class EdnsSpecs
{
    private static readonly DnsTable Table = Tables.Of(Tables.ClusterIP("web", "10.96.0.7"));
    private static readonly QueryBuilder Query = QueryBuilder.Of("web.shop.svc.cluster.local.", "A") with { UdpSize = 1232 };

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(255)]
    public void D16_another_version_is_BADVERS_with_ours(int version)
    {
        var reply = Tables.Reply(Table, (Query with { EdnsVersion = version }).ToBytes());
        Assert.Equal(Rcode.BadVers, reply.Rcode);
        Assert.Equal(0, reply.Edns!.Version);
        Assert.True(reply.Answer.IsEmpty);
    }

    [Fact]
    public void D16_unknown_options_and_flags_are_ignored_and_not_repeated()
    {
        var query = (Query with { DnssecOk = true, Options = [(100, [1, 2, 3]), (65001, []), (8, [0, 1, 24, 0, 192, 0, 2])] }).ToBytes();
        query[^26] |= 0x40;
        var reply = Tables.Reply(Table, query);
        Assert.Equal(Rcode.NoError, reply.Rcode);
        Assert.Single(reply.Answer.ToArray());
        Assert.Empty(reply.Edns!.Options);
    }

    [Fact]
    public void D16_DO_comes_back_and_nothing_else_of_the_flags()
    {
        Assert.True(Tables.Reply(Table, (Query with { DnssecOk = true }).ToBytes()).Edns!.DnssecOk);
        Assert.False(Tables.Reply(Table, Query.ToBytes()).Edns!.DnssecOk);
    }

    [Fact]
    public void D16_who_sends_no_OPT_record_gets_none() =>
        Assert.Null(Tables.Reply(Table, (Query with { UdpSize = null }).ToBytes()).Edns);

    [Fact]
    public void D16_two_OPT_records_or_one_that_is_not_at_the_root_are_FORMERR()
    {
        byte[] opt = [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0];
        var twice = (byte[])[.. Query.ToBytes(), .. opt];
        twice[11] = 2;
        Assert.Equal(Rcode.FormErr, Tables.Reply(Table, twice).Rcode);
        var named = (Query with { UdpSize = null }).ToBytes();
        named[11] = 1;
        Assert.Equal(Rcode.FormErr, Tables.Reply(Table, [.. named, 1, (byte)'x', .. opt]).Rcode);
        var half = (Query with { Options = [(100, [1, 2, 3])] }).ToBytes();
        half[^4] = 9;
        Assert.Equal(Rcode.FormErr, Tables.Reply(Table, half).Rcode);
    }

    [Fact]
    public void D16_a_cookie_is_completed_by_a_secret_bound_to_the_client()
    {
        byte[] cookie = [1, 2, 3, 4, 5, 6, 7, 8];
        var query = (Query with { Options = [(10, cookie)] }).ToBytes();
        var first = Cookie(Tables.Ask(Table, query).Reply);
        Assert.Equal(16, first.Length);
        Assert.Equal(cookie, first[..8]);
        Assert.Equal(first, Cookie(Tables.Ask(Table, query).Reply));
        Assert.NotEqual(first, Cookie(Tables.Ask(Table, query, Tables.Alone with { CookieKey0 = 99 }).Reply));
        var back = (Query with { Options = [(10, first)] }).ToBytes();
        Assert.Equal(first, Cookie(Tables.Ask(Table, back).Reply));
        foreach (var length in (int[])[0, 7, 9, 15, 41])
            Assert.Equal(Rcode.FormErr, Tables.Reply(Table, (Query with { Options = [(10, new byte[length])] }).ToBytes()).Rcode);

        static byte[] Cookie(byte[] reply) => Assert.Single(DnsMessage.Read(reply).Edns!.Options).Data;
    }

    [Fact]
    public void D16_who_asks_for_the_name_of_the_server_gets_it()
    {
        var option = Assert.Single(Tables.Reply(Table, (Query with { Options = [(3, [])] }).ToBytes()).Edns!.Options);
        Assert.Equal(3, option.Code);
        Assert.Equal("elsewhere"u8.ToArray(), option.Data);
    }

    [Fact]
    public void SipHash_gives_what_its_authors_give()
    {
        // The vector of the paper's appendix: key 00..0f, message 00..0e.
        var message = Enumerable.Range(0, 15).Select(i => (byte)i).ToArray();
        Assert.Equal(0xa129ca6149be45e5ul, SipHash.Compute(0x0706050403020100, 0x0f0e0d0c0b0a0908, message));
    }
}
