using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class BodyCorpusTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var one in RewriteCorpus.Bodies)
            data.Add(one.File, one.Title);
        return data;
    }

    [Fact]
    public void There_are_at_least_300_cases_each_with_a_title_of_its_own()
    {
        Assert.True(RewriteCorpus.Bodies.Count >= 300, $"{RewriteCorpus.Bodies.Count} cases");
        Assert.Empty(RewriteCorpus.Bodies.GroupBy(c => (c.File, c.Title)).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void R13_every_spelling_is_mapped_and_nothing_else(string file, string title)
    {
        var one = Find(file, title);
        Assert.Equal(Encoding.UTF8.GetString(one.ExpectedBytes), Encoding.UTF8.GetString(Rewrite(one, one.InputBytes)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void R14_mapping_twice_gives_what_mapping_once_gives(string file, string title)
    {
        var one = Find(file, title);
        Assert.Equal(Encoding.UTF8.GetString(one.ExpectedBytes), Encoding.UTF8.GetString(Rewrite(one, one.ExpectedBytes)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void R1_any_split_in_two_and_byte_by_byte_gives_the_same(string file, string title)
    {
        var one = Find(file, title);
        for (var split = 0; split <= one.InputBytes.Length; split++)
            AssertSame(one, Rewrite(one, one.InputBytes[..split], one.InputBytes[split..]), $"split at {split}");
        AssertSame(one, Rewrite(one, [.. one.InputBytes.Select(b => new[] { b })]), "byte by byte");
    }

    internal static BodyText TextOf(RewriteCase one)
    {
        var decision = BodyRewritePolicy.Decide(new ResponseFacts { ContentType = Encoding.UTF8.GetBytes(one.Type) });
        return decision.Text ?? throw new InvalidOperationException($"{one.Type}: {decision.Verdict}");
    }

    internal static RewriteCase Find(string file, string title) => RewriteCorpus.Bodies.Single(c => c.File == file && c.Title == title);

    internal static byte[] Rewrite(RewriteCase one, params byte[][] chunks)
    {
        var rewriter = new BodyRewriter(one.Map, UrlDirection.ToClient, TextOf(one));
        var output = new ArrayBufferWriter<byte>();
        foreach (var chunk in chunks)
        {
            rewriter.Write(chunk, output);
            Assert.True(rewriter.Held <= rewriter.LongestHold, $"{rewriter.Held} bytes held");
        }

        rewriter.Complete(output);
        return output.WrittenSpan.ToArray();
    }

    private static void AssertSame(RewriteCase one, byte[] actual, string how)
    {
        if (!actual.AsSpan().SequenceEqual(one.ExpectedBytes))
            Assert.Fail($"{how}: expected\n{Encoding.UTF8.GetString(one.ExpectedBytes)}\nactual\n{Encoding.UTF8.GetString(actual)}");
    }
}
