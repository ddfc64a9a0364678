using System.Text;
using Elsewhere.Http.Http1Client;
using Elsewhere.Tests.Http.Http1;
using FsCheck.Xunit;

namespace Elsewhere.Tests.Http.Http1Client;

public sealed class AnswerPropertySpecs
{
    private static readonly byte[] Favourites = "\r\n\r\n \t:;,=\"\\0019AFaf/\0\x7f\x80\xff"u8.ToArray();
    private static readonly AnswerLimits Small = new() { Head = 120, Fields = 4, ChunkLine = 8, ChunkExtensions = 12 };

    private static readonly string[] Answers =
    [
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3;a=b\r\none\r\n2\r\ntw\r\n0\r\nX: y\r\nZ: z\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nServer: old\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5, max=9\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nup to the end",
    ];

    [Property(MaxTest = 1500)]
    public void P1_P2_P3_P26_any_split_of_any_mutation_gives_the_same_answer_or_the_same_fault(int seed)
    {
        var random = new Random(seed);
        var bytes = Mutated(random);
        foreach (var limits in new[] { AnswerLimits.Default, Small })
        {
            var whole = AnswerRun.Of([bytes], limits: limits);
            Assert.Equal(whole, AnswerRun.Of(bytes.Chunk(1), limits: limits));
            for (var i = 0; i < 3; i++)
                Assert.Equal(whole, AnswerRun.Of(ParserRun.Cut(bytes, random).Select(static piece => piece.ToArray()), limits: limits));
        }
    }

    [Fact]
    public void P2_every_byte_of_a_chunked_body_that_is_not_data_counts()
    {
        const string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        var bytes = Encoding.Latin1.GetBytes(head + "3\r\nabc\r\n0\r\n\r\n");
        for (var at = head.Length; at < bytes.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])bytes.Clone();
                changed[at] = (byte)value;
                var isData = at - head.Length is >= 3 and <= 5;
                Assert.Equal(isData || value == bytes[at], AnswerRun.Of([changed]).EndsWith("]|kept", StringComparison.Ordinal));
            }
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

        static bool Passes(string line) => AnswerRun.Of($"HTTP/1.1 204 No Content\r\n{line}\r\n\r\n").EndsWith("|kept", StringComparison.Ordinal);
    }

    private static byte[] Mutated(Random random)
    {
        var bytes = new List<byte>(Encoding.Latin1.GetBytes(Answers[random.Next(Answers.Length)]));
        for (var i = random.Next(4); i > 0 && bytes.Count > 0; i--)
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
                case 2:
                    bytes.RemoveAt(at);
                    break;
                default:
                    var length = Math.Min(random.Next(12), bytes.Count - at);
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
            }
        }

        return [.. bytes];
    }
}
