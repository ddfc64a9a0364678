using Elsewhere.Http.Http1Client;

namespace Elsewhere.Tests.Http.Http1Client;

/// <summary>What an answer of HTTP/1.1 means, and which have no meaning.</summary>
public sealed class AnswerSpecs
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    [Theory]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "200 OK|Content-Length=4|[body]|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK|Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\n\r\nto the end", "200 OK|[to the end]|closed")]
    [InlineData("GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 |Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 |Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.1 999 What?\r\nContent-Length: 0\r\n\r\n", "999 What?|Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK|Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 No Content|[]|kept")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", "204 No Content|Content-Length=4|[]|kept")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n", "304 Not Modified|Content-Length=4|[]|kept")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "200 OK|Content-Length=4|[]|kept")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK|Transfer-Encoding=chunked|[]|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nX:\t a \t\r\nX: b\r\ny:\r\nContent-Length: 0\r\n\r\n", "200 OK|X=a|X=b|y=|Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nX: \u00e4\r\nContent-Length: 0\r\n\r\n", "200 OK|X=\u00e4|Content-Length=0|[]|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\none\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", "200 OK|Transfer-Encoding=Chunked|[one0123456789]|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 7\r\nContent-Length: 9\r\n\r\n", "200 OK|Transfer-Encoding=chunked|[x]|X-Sum=7|kept")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", "200 OK|Content-Length=0|Connection=Close|[]|closed")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, close\r\n\r\n", "200 OK|Content-Length=0|Connection=x, close|[]|closed")]
    [InlineData("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=0\r\n\r\n", "200 OK|Content-Length=0|Keep-Alive=timeout=0|[]|closed")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 OK|Content-Length=1|[x]|closed")]
    [InlineData("GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx", "200 OK|Content-Length=1|Connection=keep-alive|[x]|kept")]
    public void An_answer_has_one_meaning(string method, string answer, string meaning) => Assert.Equal(meaning, AnswerRun.Of(answer, method));

    [Theory]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "103|Link=</a.css>|102|204 No Content|[]|kept")]
    [InlineData("HTTP/1.1 199 What\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "LengthAndCoding")]
    [InlineData("HTTP/1.1 199 What\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "199|Content-Length=5|204 No Content|[]|kept")]
    public void P8_interim_answers_are_handed_over_as_they_come(string answer, string meaning) => Assert.Equal(meaning, AnswerRun.Of(answer));

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "StatusLineMalformed")]
    [InlineData("\x16\x03\x01", "StatusLineMalformed")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("http/1.1 200 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/2 200 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.x 200 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1 2x0 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1 +20 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1 20\r\n\r\n", "StatusLineMalformed")]
    [InlineData("HTTP/1.1 200 OK\n\n", "BareLineFeed")]
    [InlineData(Ok + "A: b\nC: d\r\n\r\n", "BareLineFeed")]
    [InlineData(Ok + "A: b\rC: d\r\n\r\n", "BareCarriageReturn")]
    [InlineData(Ok + "A: b\0\r\n\r\n", "ControlByte")]
    [InlineData(Ok + "A: b\x7f\r\n\r\n", "ControlByte")]
    [InlineData(Ok + " A: b\r\n\r\n", "FoldedLine")]
    [InlineData(Ok + "A: b\r\n\tc\r\n\r\n", "FoldedLine")]
    [InlineData(Ok + "A b\r\n\r\n", "FieldWithoutColon")]
    [InlineData(Ok + "A : b\r\n\r\n", "SpaceBeforeColon")]
    [InlineData(Ok + ": b\r\n\r\n", "FieldNameMalformed")]
    [InlineData(Ok + "A(: b\r\n\r\n", "FieldNameMalformed")]
    [InlineData(Ok + "A B: c\r\n\r\n", "FieldNameMalformed")]
    [InlineData(Ok + "\u00e4: c\r\n\r\n", "FieldNameMalformed")]
    [InlineData(Ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nevil", "LengthRepeated")]
    [InlineData(Ok + "Content-Length: 3\r\nContent-Length: 3\r\n\r\none", "LengthRepeated")]
    [InlineData(Ok + "Content-Length: 3, 3\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length: +3\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length: -1\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length: 0x3\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length: 03\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length:\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length: 99999999999999999999\r\n\r\none", "LengthMalformed")]
    [InlineData(Ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "LengthAndCoding")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "LengthAndCoding")]
    [InlineData(Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", "CodingUnknown")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "CodingUnknown")]
    [InlineData(Ok + "Transfer-Encoding: identity\r\n\r\n", "CodingUnknown")]
    [InlineData(Ok + "Transfer-Encoding: \vchunked\r\n\r\n", "ControlByte")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "CodingInOldVersion")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n", "SwitchUnasked")]
    [InlineData("", "Closed")]
    [InlineData("HTTP/1.1 2", "CutOff")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le", "CutOff")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n", "103|CutOff")]
    public void P1_P3_P26_an_answer_that_could_be_read_in_two_ways_is_refused_by_name(string answer, string fault) => Assert.Equal(fault, AnswerRun.Of(answer));

    [Theory]
    [InlineData("3\r\non", "CutOff")]
    [InlineData("3\r\none\r\n", "CutOff")]
    [InlineData("3\r\none\r\n0\r\n", "CutOff")]
    [InlineData("\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("3x\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("0x3\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("+3\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData(" 3\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("80000000\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("3 \r\none\r\n0\r\n\r\n", "ChunkSizeMalformed")]
    [InlineData("3;\r\none\r\n0\r\n\r\n", "ChunkExtensionMalformed")]
    [InlineData("3;a=\"\r\none\r\n0\r\n\r\n", "ChunkExtensionMalformed")]
    [InlineData("3\none\r\n0\r\n\r\n", "BareLineFeed")]
    [InlineData("3;a\n\r\none\r\n0\r\n\r\n", "BareLineFeed")]
    [InlineData("3\rone\r\n0\r\n\r\n", "BareCarriageReturn")]
    [InlineData("3\r\noneX\r\n0\r\n\r\n", "ChunkEndMissing")]
    [InlineData("3\r\none\n0\r\n\r\n", "ChunkEndMissing")]
    [InlineData("3\r\none\rX0\r\n\r\n", "ChunkEndMissing")]
    [InlineData("0\r\nA : b\r\n\r\n", "SpaceBeforeColon")]
    [InlineData("0\r\n A: b\r\n\r\n", "FoldedLine")]
    [InlineData("0\r\nA: b\n\r\n", "BareLineFeed")]
    public void P2_a_body_in_chunks_that_could_be_read_in_two_ways_breaks_off(string body, string fault) =>
        Assert.EndsWith(fault, AnswerRun.Of($"{Ok}Transfer-Encoding: chunked\r\n\r\n{body}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK\r\n\r\n", "[one]|closed")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\nx", "[]|closed")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\n\r\nx", "[]|closed")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n", "[]|closed")]
    public void P26_bytes_behind_an_answer_end_the_connection(string answer, string end) => Assert.EndsWith(end, AnswerRun.Of(answer), StringComparison.Ordinal);

    [Fact]
    public void P4_a_switch_is_taken_only_to_what_was_asked_for()
    {
        const string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n\r\n";
        Assert.StartsWith("101 Switching Protocols|", AnswerRun.Of(answer, upgrade: "chat"), StringComparison.Ordinal);
        Assert.StartsWith("101 Switching Protocols|", AnswerRun.Of(answer, upgrade: "h2c, chat"), StringComparison.Ordinal);
        Assert.Equal("SwitchUnasked", AnswerRun.Of(answer, upgrade: "websocket"));
        Assert.Equal("SwitchUnasked", AnswerRun.Of("HTTP/1.1 101 Switching Protocols\r\n\r\n", upgrade: "chat"));
        Assert.Equal("200 OK|Content-Length=0|[]|kept", AnswerRun.Of(Ok + "Content-Length: 0\r\n\r\n", upgrade: "chat"));
    }

    [Fact]
    public void P25_each_limit_has_a_last_byte_that_passes_and_a_first_that_does_not()
    {
        var limits = new AnswerLimits { Head = 60, Fields = 2, ChunkLine = 8, ChunkExtensions = 10 };
        string Head(int length) => $"HTTP/1.1 204 No Content\r\nX: {new string('x', length - 32)}\r\n\r\n";
        Assert.EndsWith("kept", AnswerRun.Of(Head(60), limits: limits), StringComparison.Ordinal);
        Assert.Equal("HeadTooLarge", AnswerRun.Of(Head(61), limits: limits));
        Assert.Equal("HeadTooLarge", AnswerRun.Of("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 No\r\n\r\n", limits: limits)[^12..]);
        Assert.EndsWith("kept", AnswerRun.Of("HTTP/1.1 204 No\r\nA: b\r\nC: d\r\n\r\n", limits: limits), StringComparison.Ordinal);
        Assert.Equal("TooManyFields", AnswerRun.Of("HTTP/1.1 204 No\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", limits: limits));

        const string chunked = "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n";
        Assert.EndsWith("kept", AnswerRun.Of(chunked + "1;345678\r\nx\r\n0\r\n\r\n", limits: limits), StringComparison.Ordinal);
        Assert.EndsWith("ChunkExtensionMalformed", AnswerRun.Of(chunked + "1;3456789\r\nx\r\n0\r\n\r\n", limits: limits), StringComparison.Ordinal);
        Assert.EndsWith("kept", AnswerRun.Of(chunked + "1;aaaa\r\nx\r\n0;aaaa\r\n\r\n", limits: limits), StringComparison.Ordinal);
        Assert.EndsWith("ChunkExtensionMalformed", AnswerRun.Of(chunked + "1;aaaa\r\nx\r\n0;aaaaa\r\n\r\n", limits: limits), StringComparison.Ordinal);
        Assert.EndsWith("kept", AnswerRun.Of(chunked + "0\r\nA: 890123\r\n\r\n", limits: limits with { Head = chunked.Length + 13 }), StringComparison.Ordinal);
        Assert.EndsWith("HeadTooLarge", AnswerRun.Of(chunked + "0\r\nA: 8901234\r\n\r\n", limits: limits with { Head = chunked.Length + 13 }), StringComparison.Ordinal);
    }
}
