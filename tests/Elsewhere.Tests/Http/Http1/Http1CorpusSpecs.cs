using Elsewhere.Http.Http1;

namespace Elsewhere.Tests.Http.Http1;

public sealed class Http1CorpusSpecs
{
    private static readonly Http1Limits Limits = new();

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var one in Http1Corpus.All)
            data.Add(one.File, one.Title);
        return data;
    }

    [Fact]
    public void There_are_at_least_300_cases_each_with_a_title_of_its_own()
    {
        Assert.True(Http1Corpus.All.Count >= 300, $"{Http1Corpus.All.Count} cases");
        Assert.Empty(Http1Corpus.All.GroupBy(c => (c.File, c.Title)).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Every_refusal_that_lies_in_the_bytes_has_a_case()
    {
        var outside = new[] { Http1Refusal.None, Http1Refusal.PlainOnTlsPort, Http1Refusal.BodyTooLarge, Http1Refusal.EndedEarly, Http1Refusal.TooSlow };
        var codes = Enum.GetValues<Http1Refusal>().Except(outside).Select(r => Http1RefusalText.Of(r).Code);
        Assert.Empty(codes.Except(Http1Corpus.All.Select(c => c.Code)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void P1_P2_P3_P5_P19_what_has_two_meanings_is_refused_and_the_rest_passes(string file, string title)
    {
        var one = Http1Corpus.Find(file, title);
        var run = ParserRun.Of(Limits, one.Bytes);
        Assert.Equal((one.Passed, one.Status == 0 ? "" : $"{one.Status} {one.Code}"), (run.Requests, run.Refusal));
        if (one.Status == 0)
            Assert.Equal(!one.Waits || one.Bytes.Length == 0, run.Between);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_chunking_gives_the_same_verdict_and_the_same_bytes(string file, string title)
    {
        var one = Http1Corpus.Find(file, title);
        var whole = ParserRun.Of(Limits, one.Bytes);
        Assert.Equal(whole, ParserRun.Of(Limits, one.Bytes.Chunk(1)));
        for (var split = 0; split <= one.Bytes.Length; split += Math.Max(1, one.Bytes.Length / 500))
            Assert.Equal(whole, ParserRun.Of(Limits, one.Bytes[..split], one.Bytes[split..]));
        for (var seed = 0; seed < 5; seed++)
            Assert.Equal(whole, ParserRun.Of(Limits, ParserRun.Cut(one.Bytes, new Random(seed))));
    }
}
