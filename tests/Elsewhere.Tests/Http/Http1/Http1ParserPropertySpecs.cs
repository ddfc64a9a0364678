using System.Text;
using Elsewhere.Http.Http1;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Http.Http1;

public sealed class Http1ParserPropertySpecs
{
    private static readonly byte[] Favourites = "\r\n\r\n \t:;,=\"\\0019AFaf/\0\x7f\x80\xff"u8.ToArray();
    private static readonly Http1Limits Limits = new();
    private static readonly Http1Limits Small = new() { RequestLine = 40, Head = 90, Fields = 3, ChunkLine = 12, ChunkExtensions = 20, Body = 30 };

    [Property(MaxTest = 1500)]
    public void P1_P2_P3_any_chunking_of_any_mutation_gives_the_same_verdict_and_the_same_bytes(int seed)
    {
        var random = new Random(seed);
        var bytes = Mutated(random);
        foreach (var limits in new[] { Limits, Small })
        {
            var whole = ParserRun.Of(limits, bytes);
            Assert.Equal(whole, ParserRun.Of(limits, bytes.Chunk(1)));
            for (var i = 0; i < 4; i++)
                Assert.Equal(whole, ParserRun.Of(limits, ParserRun.Cut(bytes, random)));
        }
    }

    [Fact]
    public void P3_of_all_bytes_only_those_of_a_token_make_a_name_and_no_control_character_a_value()
    {
        for (var i = 0; i < 256; i++)
        {
            var token = char.IsAsciiLetterOrDigit((char)i) || "!#$%&'*+-.^_`|~".Contains((char)i, StringComparison.Ordinal);
            Assert.Equal(token || i == ':', Passes($"X{(char)i}Y: z"));
            Assert.Equal(token, Passes($"{(char)i}XY: z"));
            Assert.Equal(i is not (< 32 or 127) || i == '\t', Passes($"XY: a{(char)i}z"));
            Assert.Equal(i is not (< 32 or 127) || i == '\t', Passes($"XY: z{(char)i}"));
        }

        static bool Passes(string line) => ParserRun.Of(Limits, Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n")).Requests == 1;
    }

    [Fact]
    public void P2_every_byte_of_a_chunked_body_that_is_not_data_counts()
    {
        const string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        var bytes = Encoding.Latin1.GetBytes(head + "3\r\nabc\r\n0\r\n\r\n");
        for (var at = head.Length; at < bytes.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])bytes.Clone();
                changed[at] = (byte)value;
                var run = ParserRun.Of(Limits, changed);
                var data = at - head.Length is >= 3 and <= 5;
                Assert.Equal(data || value == bytes[at], run is { Requests: 1, Refusal: "", Between: true });
            }
        }
    }

    [Fact]
    public void A_request_in_one_piece_costs_no_memory()
    {
        var bytes = "POST /orders?x=1 HTTP/1.1\r\nHost: payments.shop\r\nUser-Agent: x/1.0\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray();
        var parser = new Http1Parser(Limits);
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (var at = 0; !parser.IsAtEnd;)
            {
                _ = parser.Next(bytes.AsSpan(at), out var taken);
                at += taken;
            }

            parser.StartNext();
        }
    }

    /// <summary>One or two cases of the corpus behind each other, with some bytes changed, added, taken out or doubled.</summary>
    internal static byte[] Mutated(Random random)
    {
        var cases = Http1Corpus.All.Where(c => c.Bytes.Length is > 0 and < 500).ToArray();
        var bytes = new List<byte>(cases[random.Next(cases.Length)].Bytes);
        if (random.Next(2) == 0)
            bytes.InsertRange(0, cases[random.Next(cases.Length)].Bytes);
        for (var i = random.Next(4); i > 0; i--)
        {
            var at = random.Next(bytes.Count);
            var value = random.Next(4) == 0 ? (byte)random.Next(256) : Favourites[random.Next(Favourites.Length)];
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = value;
                    break;
                case 1:
                    bytes.Insert(at, value);
                    break;
                case 2 when bytes.Count > 1:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(40), bytes.Count - at)));
                    break;
            }
        }

        return [.. bytes];
    }
}
