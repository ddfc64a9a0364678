using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class EntityTagTests
{
    private static readonly RewriteRules Rules = new(RewriteCorpus.Map("https://api.example -> http://payments"));
    private static readonly RewriteRules Others = new(RewriteCorpus.Map("https://api.example -> http://pay"));

    [Theory]
    [InlineData("\"abc\"")]
    [InlineData("W/\"abc\"")]
    [InlineData("\"\"")]
    [InlineData("\"a~b.s\"")]
    [InlineData("\"a,b c\"")]
    public void R7_a_validator_of_a_mapped_body_is_weak_and_marked_and_comes_back_as_it_was(string tag)
    {
        var marked = Mark(tag, Rules);
        Assert.StartsWith("W/\"", marked, StringComparison.Ordinal);
        Assert.NotEqual(tag, marked);
        Assert.Equal(tag, HeaderCorpusTests.Apply(true, "If-None-Match", marked, Rules, default));
        Assert.Equal(tag, HeaderCorpusTests.Apply(true, "If-Range", marked, Rules, default));
        Assert.True(EntityTags.IsMarked(Encoding.UTF8.GetBytes(marked), Rules));
    }

    [Fact]
    public void R7_a_validator_of_another_map_goes_to_the_origin_as_it_is_and_so_matches_nothing()
    {
        var marked = Mark("\"abc\"", Others);
        Assert.NotEqual(Mark("\"abc\"", Rules), marked);
        Assert.Equal(marked, HeaderCorpusTests.Apply(true, "If-None-Match", marked, Rules, default));
        Assert.False(EntityTags.IsMarked(Encoding.UTF8.GetBytes(marked), Rules));
    }

    [Fact]
    public void R7_lists_of_validators_are_restored_one_by_one()
    {
        var value = $"\"x\", {Mark("\"abc\"", Rules)},{Mark("W/\"d\"", Rules)}, *";
        var output = new ArrayBufferWriter<byte>();
        Assert.True(EntityTags.Restore(Encoding.UTF8.GetBytes(value), Rules, output));
        Assert.Equal("\"x\", \"abc\",W/\"d\", *", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("Wed, 09 Jun 2021 10:18:14 GMT")]
    [InlineData("\"abc")]
    [InlineData("W/")]
    [InlineData("")]
    public void R7_what_is_no_validator_stays(string value) =>
        Assert.Equal(value, HeaderCorpusTests.Apply(true, "If-None-Match", value, Rules, default));

    [Fact]
    public void R7_a_304_has_the_validator_that_the_client_asked_with()
    {
        Assert.Equal(Mark("\"abc\"", Rules), HeaderCorpusTests.Apply(false, "ETag", "\"abc\"", Rules, new Exchange(false, Revalidated: true)));
        Assert.Equal("\"abc\"", HeaderCorpusTests.Apply(false, "ETag", "\"abc\"", Rules, new Exchange(false)));
    }

    [Fact]
    public void R8_a_range_of_a_mapped_body_is_not_asked_for()
    {
        Assert.Null(HeaderCorpusTests.Apply(true, "Range", "bytes=0-9", Rules, new Exchange(false, Revalidated: true)));
        Assert.Equal("bytes=0-9", HeaderCorpusTests.Apply(true, "Range", "bytes=0-9", Rules, default));
    }

    private static string Mark(string tag, RewriteRules rules) => HeaderCorpusTests.Apply(false, "ETag", tag, rules, new Exchange(true))!;
}
