using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class TagFilterTests
{
    private static readonly UrlMap Map = RewriteCorpus.Map("https://api.example -> http://payments");

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void R9_a_tag_of_exactly_the_longest_length_is_looked_at_and_one_byte_more_passes(int above, bool changed)
    {
        const string Begin = "<script src=/a.js integrity=sha256-x data-x=\"";
        var tag = Begin + new string('y', TagFilter.LongestTag - Begin.Length - 2 + above) + "\">";
        foreach (var size in (int[])[1, 7, 1000, 4096, 10_000])
        {
            var actual = Rewrite("<p>" + tag + "<p>", size);
            Assert.Equal(changed, actual.Contains("data-elsewhere-integrity", StringComparison.Ordinal));
            Assert.Equal("<p>" + tag + "<p>", actual.Replace("data-elsewhere-", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void R9_any_chunking_of_many_tags_gives_the_same_bytes()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 300; i++)
            text.Append(i % 5 == 0 ? "<script src=\"/a.js\" integrity=\"sha256-x\">" : "<p>text < more</p><link href=//api.example/x integrity=sha256-y>");
        var whole = Rewrite(text.ToString(), int.MaxValue);
        Assert.Equal(300, whole.Split("data-elsewhere-").Length - 1);
        foreach (var size in (int[])[1, 2, 3, 5, 17, 100, 1023, 4095, 4096, 4097, 9000])
            Assert.Equal(whole, Rewrite(text.ToString(), size));
    }

    [Fact]
    public void R5_an_attribute_without_end_passes_with_bounded_memory()
    {
        var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
        var output = new ArrayBufferWriter<byte>();
        rewriter.Write("<script src=\"/a.js\" integrity=\"sha256-"u8, output);
        for (var i = 0; i < 1000; i++)
        {
            rewriter.Write(Encoding.ASCII.GetBytes(new string('x', 999)), output);
            Assert.InRange(rewriter.Held, 0, rewriter.LongestHold);
        }

        rewriter.Complete(output);
        Assert.Equal(38 + 999_000, output.WrittenCount);
    }

    private static string Rewrite(string text, int size)
    {
        var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
        var output = new ArrayBufferWriter<byte>();
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(size, bytes.Length - at);
            rewriter.Write(bytes.AsSpan(at, length), output);
            at += length;
        }

        rewriter.Complete(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
