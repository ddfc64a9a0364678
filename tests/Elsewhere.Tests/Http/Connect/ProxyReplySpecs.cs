using System.Text;
using Elsewhere.Http.Connect;

namespace Elsewhere.Tests.Http.Connect;

public sealed class ProxyReplySpecs
{
    [Theory]
    [InlineData("HTTP/1.1 200 Connection established\r\n\r\n", 200)]
    [InlineData("HTTP/1.0 200 \r\n\r\n", 200)]
    [InlineData("HTTP/1.1 204\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\nX-Empty:\r\n\r\n", 407)]
    [InlineData("HTTP/1.1 503 \u00fcber\r\nA: \u00e9\tb\r\n\r\n", 503)]
    public void A_whole_head_has_a_status_however_it_comes(string text, int status)
    {
        var bytes = Encoding.Latin1.GetBytes(text + "behind it");
        var end = Encoding.Latin1.GetByteCount(text);
        for (var length = 0; length <= bytes.Length; length++)
        {
            var kind = ProxyReply.Read(bytes.AsSpan(0, length), out var found, out var headEnd);
            Assert.Equal(length < end ? ProxyReplyKind.Partial : ProxyReplyKind.Whole, kind);
            Assert.Equal(length < end ? (0, 0) : (status, end), (found, headEnd));
        }
    }

    [Theory]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 600 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200OK\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\n\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\rA: b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: b\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    public void Anything_else_is_garbled_also_byte_by_byte(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        Assert.Equal(ProxyReplyKind.Garbled, ProxyReply.Read(bytes, out _, out _));
        // What was garbled once stays so, and nothing on the way there was whole.
        var garbled = false;
        for (var length = 0; length <= bytes.Length; length++)
        {
            var kind = ProxyReply.Read(bytes.AsSpan(0, length), out _, out _);
            Assert.NotEqual(ProxyReplyKind.Whole, kind);
            Assert.False(garbled && kind != ProxyReplyKind.Garbled);
            garbled |= kind == ProxyReplyKind.Garbled;
        }
    }

    [Theory]
    [InlineData(ProxyReply.Limit - 1, ProxyReplyKind.Whole)]
    [InlineData(ProxyReply.Limit, ProxyReplyKind.Whole)]
    [InlineData(ProxyReply.Limit + 1, ProxyReplyKind.Garbled)]
    public void A_head_has_16_KiB_at_most(int length, object kind)
    {
        const string Start = "HTTP/1.1 200 OK\r\nA: ";
        var text = Start + new string('x', length - Start.Length - 4) + "\r\n\r\n";

        Assert.Equal(kind, ProxyReply.Read(Encoding.ASCII.GetBytes(text), out _, out _));
        Assert.Equal(ProxyReplyKind.Garbled, ProxyReply.Read(Encoding.ASCII.GetBytes(text.TrimEnd().PadRight(ProxyReply.Limit, 'x')), out _, out _));
    }
}
