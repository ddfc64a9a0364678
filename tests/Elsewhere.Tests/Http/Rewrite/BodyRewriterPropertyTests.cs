using System.Buffers;
using System.Text;
using Elsewhere.Http.Rewrite;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Http.Rewrite;

public sealed class BodyRewriterPropertyTests
{
    private static readonly string[] Words =
    [
        "https", "http", "ws", "HTTPS", ":", "//", "/", "\\/", "\\/\\/", "%2F", "%2f%2f", "%252F", "%3A", "&#x2F;", "&#47;", "&colon;", "&", "\\u002f", "\\x2f", "\\", "%", "%2", "%25",
        "api.example", "API.example", "cdn.api.example", "api", ".", "example", "x", "-", "@", "me:pw@", ":443", ":8443", ":", "/base", "/basement", "\"", "'", " ", "\n", "<a href=",
        "(", ",", ";", "=", "xmlns=\"", "\u201d", "\u3001", "\u2014", "\\2f ", "\\3a ", "\\2f", "\\00002f", "\\u002d", "<meta http-equiv=content-security-policy content=\"", "https: ", "<script integrity=sha256-a src=\"", ">", "[2001:db8::1]", "%5b2001%3adb8%3a%3a1%5d", "\u00fc", "h", "w", "//api.example", "https://api.example", "https%3A%2F%2Fapi.example", "https:\\/\\/api.example\\/base",
    ];

    private static readonly UrlMap Map = RewriteCorpus.Map(
        "https://api.example/base -> http://payments",
        "https://cdn.api.example -> http://assets.shop",
        "http://api.example:8443 -> https://other:9443",
        "https://[2001:db8::1] -> http://[fd00::1]:81",
        "https://example -> https://ex.api.example");

    [Property(MaxTest = 2000)]
    public void R1_any_chunking_of_any_text_gives_the_same_bytes(int seed)
    {
        var random = new Random(seed);
        var text = RandomText(random, random.Next(60));
        var whole = Rewrite(text);
        Assert.Equal(Show(whole), Show(Rewrite([.. text.Select(b => new[] { b })])));
        for (var i = 0; i < 5; i++)
            Assert.Equal(Show(whole), Show(Rewrite(CodedBodyRewriterTests.RandomChunks(text, random))));
        for (var split = 0; split <= text.Length; split++)
            Assert.Equal(Show(whole), Show(Rewrite(text[..split], text[split..])));
    }

    [Property(MaxTest = 60)]
    public void R1_long_texts_in_large_chunks_give_the_same_bytes(int seed)
    {
        var random = new Random(seed);
        var text = RandomText(random, 3000);
        var whole = Rewrite(text);
        for (var i = 0; i < 5; i++)
        {
            var chunks = new List<byte[]>();
            for (var at = 0; at < text.Length;)
            {
                var length = Math.Min(text.Length - at, random.Next(1, 8000));
                chunks.Add(text[at..(at + length)]);
                at += length;
            }

            Assert.Equal(Show(whole), Show(Rewrite([.. chunks])));
        }
    }

    [Property(MaxTest = 2000)]
    public void R14_mapping_twice_gives_what_mapping_once_gives_for_any_text(int seed)
    {
        var random = new Random(seed);
        var once = Rewrite(RandomText(random, random.Next(60)));
        Assert.Equal(Show(once), Show(Rewrite(once)));
    }

    [Property(MaxTest = 200)]
    public void R6_bytes_outside_of_urls_never_change(byte[] bytes)
    {
        // Without a host of the map, whatever bytes come go out.
        Assert.Equal(bytes, Rewrite(bytes));
        byte[] around = [.. bytes, .. " https://cdn.api.example/ "u8, .. bytes];
        byte[] expected = [.. bytes, .. " http://assets.shop/ "u8, .. bytes];
        Assert.Equal(expected, Rewrite(around));
    }

    [Fact]
    public void R6_no_byte_of_utf_16_is_changed_even_if_nobody_said_that_it_is()
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32])
        {
            byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes("<a href=\"https://cdn.api.example/x\">")];
            Assert.Equal(bytes, Rewrite(bytes));
        }
    }

    [Fact]
    public void R6_a_letter_that_is_half_of_a_character_begins_no_scheme()
    {
        byte[] text = [0x83, .. "https://cdn.api.example/"u8];
        var output = new ArrayBufferWriter<byte>();
        var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, new BodyText(BodyKind.Html, LettersMayBeTrailBytes: true));
        rewriter.Write(text, output);
        rewriter.Complete(output);
        Assert.Equal(text, output.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData("shift_jis", "8ca9|82e6", true)]
    [InlineData("shift_jis", "b6b7b8", true)]
    [InlineData("shift_jis", "8ca9b6", true)]
    [InlineData("shift_jis", "83", false)]
    [InlineData("shift_jis", "8ca983", false)]
    [InlineData("shift_jis", "955c83", false)]
    [InlineData("shift_jis", "955c", true)]
    [InlineData("gbk", "c7eb|bcfb", true)]
    [InlineData("gbk", "c7ebbc", false)]
    [InlineData("big5", "a4fb", true)]
    [InlineData("big5", "a4fba4", false)]
    [InlineData("utf-8", "e8a78b", true)]
    public void R6_a_url_right_behind_a_character_is_mapped_unless_its_letter_is_half_of_one(string charset, string before, bool mapped)
    {
        var text = BodyRewritePolicy.Decide(new ResponseFacts { ContentType = Encoding.ASCII.GetBytes($"text/html; charset={charset}") }).Text!;
        var start = Convert.FromHexString(before.Replace("|", "", StringComparison.Ordinal));
        byte[] body = [.. "<p>"u8, .. start, .. "https://cdn.api.example/"u8];
        byte[] expected = [.. "<p>"u8, .. start, .. mapped ? "http://assets.shop/"u8 : "https://cdn.api.example/"u8];
        for (var split = 0; split <= body.Length; split++)
        {
            var output = new ArrayBufferWriter<byte>();
            var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, text);
            rewriter.Write(body.AsSpan(0, split), output);
            rewriter.Write(body.AsSpan(split), output);
            rewriter.Complete(output);
            Assert.Equal(expected, output.WrittenSpan.ToArray());
        }
    }

    [Theory]
    [InlineData(95)]
    [InlineData(96)]
    [InlineData(97)]
    [InlineData(500)]
    public void R6_any_split_of_a_long_word_of_two_byte_characters_gives_the_same(int length)
    {
        var text = new BodyText(BodyKind.Html, LettersMayBeTrailBytes: true);
        byte[] body = [.. Enumerable.Repeat((byte)0xc7, length), .. "https://cdn.api.example/"u8];
        byte[]? whole = null;
        foreach (var split in Enumerable.Range(0, body.Length))
        {
            var output = new ArrayBufferWriter<byte>();
            var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, text);
            rewriter.Write(body.AsSpan(0, split), output);
            rewriter.Write(body.AsSpan(split), output);
            rewriter.Complete(output);
            Assert.Equal(whole ??= output.WrittenSpan.ToArray(), output.WrittenSpan.ToArray());
        }
    }

    [Theory]
    [InlineData('a')]
    [InlineData('/')]
    [InlineData('\\')]
    [InlineData('%')]
    [InlineData('&')]
    [InlineData('h')]
    [InlineData('@')]
    [InlineData(':')]
    [InlineData('0')]
    public void R5_memory_is_bounded_whatever_comes(char letter)
    {
        var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
        var output = new ArrayBufferWriter<byte>();
        foreach (var prefix in (string[])["", "https://", "https://x@", "\"//", "https%3A%2F%2F", "https://api.example", "https://cdn.api.example:", "https://api.example/base"])
        {
            rewriter.Write(Encoding.ASCII.GetBytes(" " + prefix), output);
            for (var i = 0; i < 200; i++)
            {
                rewriter.Write(Encoding.ASCII.GetBytes(new string(letter, 1 + (i % 40))), output);
                Assert.InRange(rewriter.Held, 0, rewriter.LongestHold);
            }
        }

        Assert.InRange(rewriter.LongestHold, 1, 2048 + TagFilter.LongestTag);
    }

    [Fact]
    public void Nothing_is_allocated_per_chunk()
    {
        var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var chunk = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<a href=\"https://cdn.api.example/x\">some text</a> ", 100)) + "<a href=\"https://cdn.api");
        for (var i = 0; i < 50; i++)
        {
            output.ResetWrittenCount();
            rewriter.Write(chunk, output);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 50; i++)
        {
            output.ResetWrittenCount();
            rewriter.Write(chunk, output);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Hundreds_of_hosts_are_all_found()
    {
        var pairs = Enumerable.Range(0, 500).Select(i => $"https://host{i}.region{i % 7}.example -> http://alias{i}").ToArray();
        var map = RewriteCorpus.Map(pairs);
        var text = string.Concat(Enumerable.Range(0, 500).Select(i => $"https://HOST{i}.region{i % 7}.example/ https://host{i}.region{(i + 1) % 7}.example/ "));
        var expected = string.Concat(Enumerable.Range(0, 500).Select(i => $"http://alias{i}/ https://host{i}.region{(i + 1) % 7}.example/ "));
        var output = new ArrayBufferWriter<byte>();
        BodyRewriter.RewriteAll(map.ToClient, ScanFlags.None, Encoding.ASCII.GetBytes(text), output);
        Assert.Equal(expected, Encoding.ASCII.GetString(output.WrittenSpan));
    }

    private static byte[] RandomText(Random random, int words)
    {
        var text = new StringBuilder();
        for (var i = 0; i < words; i++)
            text.Append(Words[random.Next(Words.Length)]);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Show(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static byte[] Rewrite(params byte[][] chunks)
    {
        var rewriter = new BodyRewriter(Map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
        var output = new ArrayBufferWriter<byte>();
        foreach (var chunk in chunks)
            rewriter.Write(chunk, output);
        rewriter.Complete(output);
        return output.WrittenSpan.ToArray();
    }
}
