using System.Buffers;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Elsewhere.Http.Rewrite;
using Elsewhere.Model;

namespace Elsewhere.Bench;

/// <summary>A page of 714 KiB with 148 links to mapped origins, through the rewriter in pieces as a socket gives them; no coding, no socket.</summary>
[MemoryDiagnoser]
[MinColumn]
public class RewriteBench
{
    private const int Size = 714 * 1024;
    private const int Links = 148;
    private readonly ArrayBufferWriter<byte> output = new(2 * Size);
    private byte[] page = [];
    private BodyRewriter rewriter = null!;
    private UrlMap map = null!;

    [Params(5, 41, 201)]
    public int Hosts { get; set; }

    [Params(4096, 16 * 1024, 64 * 1024)]
    public int Piece { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        page = Page();
        var pairs = Enumerable.Range(0, Hosts).Select(i => new UrlPair(
            WebAuthority.Parse($"https://{OriginOf(i)}"), "", WebAuthority.Parse(string.Create(CultureInfo.InvariantCulture, $"http://alias-{i}"))));
        map = UrlMap.Compile(pairs.ToSeq());
        rewriter = new BodyRewriter(map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
    }

    /// <summary>The same bytes, copied as they are: what nobody can be faster than who does not keep the pieces.</summary>
    [Benchmark(Baseline = true)]
    public int Copied714KiB()
    {
        output.ResetWrittenCount();
        for (var at = 0; at < page.Length; at += Piece)
            output.Write(page.AsSpan(at, Math.Min(Piece, page.Length - at)));
        return output.WrittenCount;
    }

    /// <summary>What one more stream costs: its first piece, which is not long, is out at once.</summary>
    [Benchmark]
    public int FirstPieceOfAStream()
    {
        output.ResetWrittenCount();
        var one = new BodyRewriter(map, UrlDirection.ToClient, new BodyText(BodyKind.Html));
        one.Write("<!doctype html><title>"u8, output);
        return output.WrittenCount;
    }

    [Benchmark]
    public int Page714KiB()
    {
        output.ResetWrittenCount();
        for (var at = 0; at < page.Length; at += Piece)
            rewriter.Write(page.AsSpan(at, Math.Min(Piece, page.Length - at)), output);
        rewriter.Complete(output);
        return output.WrittenCount;
    }

    private static string OriginOf(int number) => string.Create(CultureInfo.InvariantCulture, $"svc{number}.region{number % 7}.example");

    private static byte[] Page()
    {
        var random = new Random(1);
        string[] words = ["the", "gateway", "of", "and", "service", "with", "name", "value", "section", "which", "other", "request", "element", "attribute"];
        var text = new StringBuilder("<!doctype html>\n");
        for (var links = 0; text.Length < Size;)
        {
            text.Append(CultureInfo.InvariantCulture, $"<p class=\"c{random.Next(50)}\">");
            for (var word = 0; word < 30; word++)
                text.Append(words[random.Next(words.Length)]).Append(' ');
            text.Append(CultureInfo.InvariantCulture, $"<a href=\"/section-{random.Next(1000)}\">section</a></p>\n");
            if (links < Links && text.Length > Size / (Links + 1) * (links + 1))
                text.Append(CultureInfo.InvariantCulture, $"<a href=\"https://{OriginOf(links++ % 5)}/p\">x</a>\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
